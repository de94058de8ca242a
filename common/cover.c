/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of chunks: see cover.h.
 *
 * The ranges are sorted, not empty, and neither overlap nor touch, so both
 * their ends grow strictly and a binary search over either end is legal.
 * Every change is one splice: some neighbouring ranges are replaced by up to
 * two others. A splice gets its room first, so it changes all or nothing. */
#include "cover.h"

#include <stdlib.h>
#include <string.h>

/* The first range that ends after chunk x, or n. */
static size_t ends_after(const struct cover *cover, uint32_t x)
{
    size_t low = 0, high = cover->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (cover->range[middle].hi > x)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The first range that begins at chunk x or later, or n. */
static size_t begins_at(const struct cover *cover, uint32_t x)
{
    size_t low = 0, high = cover->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (cover->range[middle].lo >= x)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Room for so many ranges more. */
static int reserve(struct cover *cover, size_t more)
{
    const size_t wanted = cover->n + more;
    if (wanted <= cover->room)
        return 0;
    size_t room = cover->room < 8 ? 8 : 2 * cover->room;
    if (room < wanted)
        room = wanted;
    struct range *range = reallocarray(cover->range, room, sizeof *range);
    if (range == NULL)
        return -1;
    cover->range = range;
    cover->room = room;
    return 0;
}

/* Replaces the ranges i .. j - 1 by the n_with ranges in with. */
static int splice(struct cover *cover, size_t i, size_t j,
                  const struct range *with, size_t n_with)
{
    if (n_with > j - i && reserve(cover, n_with - (j - i)) != 0)
        return -1;
    for (size_t k = i; k < j; k++)
        cover->n_chunks -= cover->range[k].hi - cover->range[k].lo;
    if (j < cover->n && n_with != j - i)
        memmove(cover->range + i + n_with, cover->range + j,
                (cover->n - j) * sizeof *cover->range);
    for (size_t k = 0; k < n_with; k++) {
        cover->range[i + k] = with[k];
        cover->n_chunks += with[k].hi - with[k].lo;
    }
    cover->n = cover->n - (j - i) + n_with;
    return 0;
}

void cover_release(struct cover *cover)
{
    free(cover->range);
    *cover = COVER_EMPTY;
}

bool cover_meets(const struct cover *cover, struct range r)
{
    if (r.lo >= r.hi)
        return false;
    const size_t i = ends_after(cover, r.lo);
    return i < cover->n && cover->range[i].lo < r.hi;
}

uint32_t cover_first_missing(const struct cover *cover, uint32_t c)
{
    const size_t i = ends_after(cover, c);
    return i < cover->n && cover->range[i].lo <= c ? cover->range[i].hi : c;
}

bool cover_contains(const struct cover *cover, struct range r)
{
    if (r.lo >= r.hi)
        return true;
    const size_t i = ends_after(cover, r.lo);
    return i < cover->n && cover->range[i].lo <= r.lo &&
           cover->range[i].hi >= r.hi;
}

int cover_add(struct cover *cover, struct range r)
{
    if (r.lo >= r.hi)
        return 0;
    /* What ends at r.lo or begins at r.hi touches, and is merged too. */
    const size_t i = r.lo == 0 ? 0 : ends_after(cover, r.lo - 1);
    const size_t j = r.hi == UINT32_MAX ? cover->n : begins_at(cover, r.hi + 1);
    if (i < j) {
        if (cover->range[i].lo < r.lo)
            r.lo = cover->range[i].lo;
        if (cover->range[j - 1].hi > r.hi)
            r.hi = cover->range[j - 1].hi;
    }
    return splice(cover, i, j, &r, 1);
}

int cover_remove(struct cover *cover, struct range r)
{
    if (r.lo >= r.hi)
        return 0;
    const size_t i = ends_after(cover, r.lo);
    const size_t j = begins_at(cover, r.hi);
    if (i >= j)
        return 0;
    struct range rest[2];
    size_t n = 0;
    if (cover->range[i].lo < r.lo)
        rest[n++] = (struct range){cover->range[i].lo, r.lo};
    if (cover->range[j - 1].hi > r.hi)
        rest[n++] = (struct range){r.hi, cover->range[j - 1].hi};
    return splice(cover, i, j, rest, n);
}

/* The first chunk from x on that the cover (may be NULL) does not have. */
static uint32_t first_missing(const struct cover *cover, uint32_t x)
{
    if (cover == NULL)
        return x;
    const size_t i = ends_after(cover, x);
    return i < cover->n && cover->range[i].lo <= x ? cover->range[i].hi : x;
}

/* The first chunk from x on that the cover (may be NULL) has, at most end. */
static uint32_t first_present(const struct cover *cover, uint32_t x,
                              uint32_t end)
{
    if (cover == NULL)
        return end;
    const size_t i = ends_after(cover, x);
    if (i == cover->n || cover->range[i].lo >= end)
        return end;
    return cover->range[i].lo > x ? cover->range[i].lo : x;
}

/* How many ranges of the cover (may be NULL) meet r. */
static size_t count_in(const struct cover *cover, struct range r)
{
    if (cover == NULL)
        return 0;
    return begins_at(cover, r.hi) - ends_after(cover, r.lo);
}

int cover_add_missing(struct cover *out, struct range r, const struct cover *a,
                      const struct cover *b)
{
    if (r.lo >= r.hi)
        return 0;
    /* k ranges leave at most k + 1 gaps, each at most one range more: with
     * the room for all of them no cover_add below can fail. */
    if (reserve(out, count_in(a, r) + count_in(b, r) + 1) != 0)
        return -1;
    uint32_t x = r.lo;
    while (x < r.hi) {
        const uint32_t past = first_missing(b, first_missing(a, x));
        if (past != x) {
            x = past;
            continue;
        }
        const uint32_t end = first_present(b, x, first_present(a, x, r.hi));
        (void)cover_add(out, (struct range){x, end});
        x = end;
    }
    return 0;
}

int cover_add_common(struct cover *out, struct range r, const struct cover *a)
{
    if (r.lo >= r.hi)
        return 0;
    if (reserve(out, count_in(a, r)) != 0)
        return -1;
    for (size_t i = ends_after(a, r.lo); i < a->n && a->range[i].lo < r.hi;
         i++) {
        const struct range x = a->range[i];
        (void)cover_add(out, (struct range){x.lo > r.lo ? x.lo : r.lo,
                                            x.hi < r.hi ? x.hi : r.hi});
    }
    return 0;
}

bool cover_take(struct cover *cover, uint32_t max, struct range *r)
{
    if (cover->n == 0 || max == 0)
        return false;
    const struct range low = cover->range[0];
    const uint32_t n = low.hi - low.lo < max ? low.hi - low.lo : max;
    const struct range rest = {low.lo + n, low.hi};
    *r = (struct range){low.lo, low.lo + n};
    (void)splice(cover, 0, 1, &rest, rest.lo < rest.hi); /* does not grow */
    return true;
}

bool cover_take_last(struct cover *cover, uint32_t max, struct range *r)
{
    if (cover->n == 0 || max == 0)
        return false;
    const struct range high = cover->range[cover->n - 1];
    const uint32_t n = high.hi - high.lo < max ? high.hi - high.lo : max;
    const struct range rest = {high.lo, high.hi - n};
    *r = (struct range){high.hi - n, high.hi};
    (void)splice(cover, cover->n - 1, cover->n, &rest, rest.lo < rest.hi);
    return true;
}

bool cover_complete(const struct cover *cover, uint32_t n_chunks)
{
    if (n_chunks == 0)
        return cover->n == 0;
    return cover->n == 1 && cover->range[0].lo == 0 &&
           cover->range[0].hi == n_chunks;
}
