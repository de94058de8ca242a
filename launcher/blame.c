/* SPDX-License-Identifier: Apache-2.0 */
/* Strikes, solo runs, diagnosis: see blame.h. */
#include "blame.h"

#include <stdlib.h>
#include <string.h>

void blame_init(struct blame *b, uint32_t crash_limit)
{
    *b = (struct blame){.crash_limit = crash_limit};
}

void blame_release(struct blame *b)
{
    free(b->strikes);
    free(b->solo);
    *b = (struct blame){0};
}

/* Where the strikes of a chunk stand, or would stand. */
static size_t strikes_place(const struct blame *b, uint32_t chunk)
{
    size_t low = 0, high = b->n_strikes;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (b->strikes[middle].chunk < chunk)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int make_room(struct blame *b)
{
    if (b->n_strikes < b->strikes_room)
        return 0;
    const size_t room = b->strikes_room > 0 ? 2 * b->strikes_room : 8;
    struct strikes *more = realloc(b->strikes, room * sizeof *more);
    if (more == NULL)
        return -1;
    b->strikes = more;
    b->strikes_room = room;
    return 0;
}

static struct strikes *strikes_of(struct blame *b, uint32_t chunk)
{
    const size_t i = strikes_place(b, chunk);
    if (i < b->n_strikes && b->strikes[i].chunk == chunk)
        return &b->strikes[i];
    if (make_room(b) != 0)
        return NULL;
    struct strikes *s = &b->strikes[i];
    memmove(s + 1, s, (b->n_strikes++ - i) * sizeof *s);
    *s = (struct strikes){.chunk = chunk};
    return s;
}

int blame_restore(struct blame *b, const struct strikes *strikes)
{
    struct strikes *s = strikes_of(b, strikes->chunk);
    if (s == NULL)
        return -1;
    *s = *strikes;
    return 0;
}

static uint32_t attempts_of(const struct strikes *s)
{
    return s->own + s->outside + s->failed;
}

int blame_push_solo(struct blame *b, uint32_t chunk)
{
    uint32_t *more = realloc(b->solo, (b->n_solo + 1) * sizeof *more);
    if (more == NULL)
        return -1;
    b->solo = more;
    b->solo[b->n_solo++] = chunk;
    return 0;
}

int blame_strike(struct blame *b, uint32_t chunk, enum death death, bool sure,
                 uint32_t *attempts)
{
    struct strikes *s = strikes_of(b, chunk);
    if (s == NULL)
        return -1;
    if (death == DEATH_OWN)
        s->own++;
    else
        s->outside++;
    *attempts = attempts_of(s);
    const bool over = s->own >= b->crash_limit
                      || s->outside >= b->crash_limit * BLAME_OUTSIDE_FACTOR;
    if (over && sure)
        return 1;
    return blame_push_solo(b, chunk);
}

int blame_failed(struct blame *b, uint32_t chunk, uint32_t retries,
                 uint32_t *attempts)
{
    struct strikes *s = strikes_of(b, chunk);
    if (s == NULL)
        return -1;
    s->failed++;
    *attempts = attempts_of(s);
    return s->failed > retries;
}

/* The place of the first of these chunks in the queue, or n_solo. */
static size_t find_solo(const struct blame *b, uint32_t lo, uint32_t hi)
{
    size_t i = 0;
    while (i < b->n_solo && (b->solo[i] < lo || b->solo[i] >= hi))
        i++;
    return i;
}

bool blame_next_solo_of(struct blame *b, uint32_t lo, uint32_t hi,
                        uint32_t *chunk)
{
    const size_t i = find_solo(b, lo, hi);
    if (i == b->n_solo)
        return false;
    *chunk = b->solo[i];
    b->n_solo--;
    memmove(b->solo + i, b->solo + i + 1,
            (b->n_solo - i) * sizeof b->solo[0]);
    return true;
}

bool blame_next_solo(struct blame *b, uint32_t *chunk)
{
    return blame_next_solo_of(b, 0, UINT32_MAX, chunk);
}

bool blame_has_solo_of(const struct blame *b, uint32_t lo, uint32_t hi)
{
    return find_solo(b, lo, hi) < b->n_solo;
}

/* The left half first; a single item is run once more, as the proof. */
static void choose(struct diagnosis *d)
{
    d->try_begin = d->begin;
    d->try_end = d->end - d->begin > 1 ? d->begin + (d->end - d->begin) / 2
                                       : d->end;
}

void diagnosis_begin(struct diagnosis *d, uint32_t chunk, uint64_t begin,
                     uint64_t end, uint64_t now_ns)
{
    *d = (struct diagnosis){.running = true, .chunk = chunk, .begin = begin,
                            .end = end, .bad_begin = begin, .bad_end = end,
                            .deadline_ns = now_ns + DIAGNOSIS_NS};
    choose(d);
}

bool diagnosis_next(struct diagnosis *d, bool crashed, uint64_t now_ns,
                    bool *proven)
{
    const bool single = d->end - d->begin == 1;
    const bool late = now_ns > d->deadline_ns;
    *proven = single && crashed && !late;
    if (crashed && !late) {
        d->bad_begin = d->try_begin;
        d->bad_end = d->try_end;
    }
    d->running = false;
    if (single || late)
        return false;
    if (crashed)
        d->end = d->try_end;
    else
        d->begin = d->try_end;
    choose(d);
    d->running = true;
    return true;
}
