/* SPDX-License-Identifier: Apache-2.0 */
/* Which core each executor takes: see seat.h.
 *
 * Cores are put in one order, the fastest kind first and near each other what
 * shares a NUMA node, package, L3, L2. So whatever cores share is a stretch of
 * that order (for one kind), and to find room is to walk along it. A NUMA node
 * of c free cores seats floor(c / T) workers of T threads, whichever of its
 * cores they take; so no choice of caches costs a worker its NUMA node. */
#include "seat.h"

#include <stdbool.h>
#include <stdlib.h>

enum level { LEVEL_L2, LEVEL_L3, LEVEL_NUMA, LEVEL_PACKAGE, LEVEL_ALL };

/* A stretch [begin, end) of the order. */
struct stretch {
    uint32_t begin, end;
};

struct seating {
    const struct core *core;
    uint32_t n;
    uint32_t *order;       /* indices of cores */
    bool *taken;           /* by place in the order */
    struct stretch *unit;  /* what workers go round, kind by kind */
    uint32_t n_units;
    uint32_t *next;        /* by kind: the unit of it to try first */
};

static int compare(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_cores(const void *a, const void *b, void *arg)
{
    const struct core *core = arg;
    const uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    const struct core *x = &core[i], *y = &core[k];
    int order = compare(x->kind, y->kind);
    order = order != 0 ? order : compare(x->numa, y->numa);
    order = order != 0 ? order : compare(x->package, y->package);
    order = order != 0 ? order : compare(x->l3, y->l3);
    order = order != 0 ? order : compare(x->l2, y->l2);
    return order != 0 ? order : compare(i, k);
}

/* Do two cores of one kind share what stands for the level? Caches are looked
 * for inside a NUMA node and package. */
static bool share(const struct core *a, const struct core *b, enum level level)
{
    if (a->kind != b->kind)
        return false;
    if (level == LEVEL_ALL)
        return true;
    if (level == LEVEL_PACKAGE)
        return a->package == b->package;
    if (level == LEVEL_NUMA)
        return a->numa == b->numa;
    return a->numa == b->numa && a->package == b->package && a->l3 == b->l3
           && (level == LEVEL_L3 || a->l2 == b->l2);
}

static const struct core *at(const struct seating *s, uint32_t place)
{
    return &s->core[s->order[place]];
}

static void divide(struct seating *s, enum map_by map_by)
{
    const enum level level = map_by == MAP_NUMA ? LEVEL_NUMA
                             : map_by == MAP_SOCKET ? LEVEL_PACKAGE
                             : LEVEL_ALL;
    for (uint32_t i = 0; i < s->n; i++) {
        if (i == 0 || !share(at(s, i - 1), at(s, i), level))
            s->unit[s->n_units++] = (struct stretch){i, i};
        s->unit[s->n_units - 1].end = i + 1;
    }
}

static void take(struct seating *s, uint32_t place, uint32_t *core)
{
    s->taken[place] = true;
    *core = s->order[place];
}

/* Takes the first `threads` free cores of [begin, end). */
static void take_from(struct seating *s, struct stretch in, uint32_t threads,
                      uint32_t *core)
{
    for (uint32_t i = in.begin; threads > 0; i++)
        if (!s->taken[i]) {
            take(s, i, core++);
            threads--;
        }
}

/* Takes cores of the first group of the level in the unit that has room. */
static bool take_group(struct seating *s, struct stretch unit,
                       enum level level, uint32_t threads, uint32_t *core)
{
    uint32_t begin = unit.begin, n_free = 0;
    for (uint32_t i = unit.begin; i < unit.end; i++) {
        if (!share(at(s, begin), at(s, i), level)) {
            begin = i;
            n_free = 0;
        }
        n_free += s->taken[i] ? 0 : 1;
        if (n_free == threads) {
            take_from(s, (struct stretch){begin, i + 1}, threads, core);
            return true;
        }
    }
    return false;
}

/* What is full at the beginning of a unit need not be looked at again. */
static void skip_taken(struct seating *s, struct stretch *unit)
{
    while (unit->begin < unit->end && s->taken[unit->begin])
        unit->begin++;
}

/* Cores of one kind, in one NUMA node: units of that kind in turn. */
static bool take_alike(struct seating *s, uint32_t first, uint32_t n_units,
                       uint32_t *next, uint32_t threads, uint32_t *core)
{
    for (uint32_t i = 0; i < n_units; i++) {
        const uint32_t k = (*next + i) % n_units;
        struct stretch *unit = &s->unit[first + k];
        skip_taken(s, unit);
        for (enum level level = LEVEL_L2; level <= LEVEL_NUMA; level++)
            if (take_group(s, *unit, level, threads, core)) {
                *next = k + 1;
                return true;
            }
    }
    return false;
}

/* The same place in all kinds together. */
static bool together(const struct core *a, const struct core *b,
                     enum level level)
{
    return level == LEVEL_NUMA ? a->numa == b->numa
           : level == LEVEL_PACKAGE ? a->package == b->package : true;
}

/* Cores of any kind that have the level in common with the one at `like`. */
static bool take_mixed_like(struct seating *s, uint32_t like, enum level level,
                            uint32_t threads, uint32_t *core)
{
    uint32_t n_free = 0;
    for (uint32_t i = 0; i < s->n; i++)
        n_free += !s->taken[i] && together(at(s, like), at(s, i), level);
    if (n_free < threads)
        return false;
    for (uint32_t i = 0; threads > 0; i++)
        if (!s->taken[i] && together(at(s, like), at(s, i), level)) {
            take(s, i, core++);
            threads--;
        }
    return true;
}

/* For whom no NUMA node has room for all threads on cores of one kind. */
static void take_mixed(struct seating *s, uint32_t threads, uint32_t *core)
{
    for (enum level level = LEVEL_NUMA; level <= LEVEL_ALL; level++) {
        const struct core *tried = NULL;
        for (uint32_t i = 0; i < s->n; i++) {
            if (s->taken[i]
                || (tried != NULL && together(tried, at(s, i), level)))
                continue;
            if (take_mixed_like(s, i, level, threads, core))
                return;
            tried = at(s, i);
        }
    }
}

static void seat_worker(struct seating *s, uint32_t threads, uint32_t *core)
{
    for (uint32_t first = 0; first < s->n_units;) {
        const uint32_t kind = at(s, s->unit[first].end - 1)->kind;
        uint32_t n = 1;
        while (first + n < s->n_units
               && at(s, s->unit[first + n].end - 1)->kind == kind)
            n++;
        if (take_alike(s, first, n, &s->next[kind], threads, core))
            return;
        first += n;
    }
    take_mixed(s, threads, core);
}

/* Seats the workers for whom there are cores; then threads of the others take
 * what is free, and after that all cores again, in turn. */
static void seat_all(struct seating *s, uint32_t *core, uint32_t n_workers,
                     uint32_t threads)
{
    const uint32_t wanted = n_workers * threads;
    const uint32_t n_seated = wanted <= s->n ? n_workers : s->n / threads;
    uint32_t n = n_seated * threads;
    for (uint32_t w = 0; w < n_seated; w++)
        seat_worker(s, threads, core + w * threads);
    for (uint32_t i = 0; n < wanted && i < s->n; i++)
        if (!s->taken[i])
            take(s, i, &core[n++]);
    for (; n < wanted; n++)
        core[n] = core[n % s->n];
}

int seat_executors(uint32_t *core, uint32_t n_workers, uint32_t threads,
                   enum map_by map_by, const struct machine *machine)
{
    const uint32_t n = machine->n_cores;
    struct seating s = {
        .core = machine->core, .n = n,
        .order = calloc(n, sizeof s.order[0]),
        .taken = calloc(n, sizeof s.taken[0]),
        .unit = calloc(n, sizeof s.unit[0]),
        .next = calloc(machine->n_kinds + 1, sizeof s.next[0])};
    const bool ok = s.order != NULL && s.taken != NULL && s.unit != NULL
                    && s.next != NULL;
    for (uint32_t i = 0; ok && i < n; i++)
        s.order[i] = i;
    if (ok) {
        qsort_r(s.order, n, sizeof s.order[0], compare_cores,
                (void *)(uintptr_t)machine->core);
        divide(&s, map_by);
        seat_all(&s, core, n_workers, threads);
    }
    free(s.order);
    free(s.taken);
    free(s.unit);
    free(s.next);
    return ok ? 0 : -1;
}
