/* SPDX-License-Identifier: Apache-2.0 */
/* Sketches for quantiles: see sketch.h. */
#include "sketch.h"

#include <string.h>

#define PLACES (2 * SKETCH_OCTAVES) /* of the index */
#define INDEX_WORDS ((PLACES + 3) / 4)
#define MAX_PAGES (8192u >> 1)

/* The fewest bits whose error is at most this one. (The division by a power of
 * two does not round, whatever the rounding mode.) */
static uint32_t bits_for(double error)
{
    const uint64_t scaled = (uint64_t)(error * 0x1p50);
    uint32_t bits = 1;
    while (bits < SKETCH_MAX_BITS
           && ((UINT64_C(2) << bits) + 1) * scaled < UINT64_C(1) << 50)
        bits++;
    return bits;
}

/* Room for 128 octaves, 38 decimal orders of magnitude, with the usual 6 bits;
 * and at any rate for all octaves at level `bits`: 2 * (1 + 2097 / 2^bits). */
static uint32_t pages_for(uint32_t bits)
{
    return bits <= 6 ? 8192u >> bits : bits <= 8 ? 16384u >> bits
                                                 : 32768u >> bits;
}

uint32_t sketch_words(double error)
{
    const uint32_t bits = bits_for(error);
    return SKETCH_INDEX + INDEX_WORDS + (pages_for(bits) << bits);
}

struct sketch sketch_of(double error, const int64_t *words)
{
    int64_t *w = (int64_t *)words;
    const uint32_t bits = bits_for(error);
    return (struct sketch){.head = w, .bits = bits,
                           .index = (sketch_slot *)(w + SKETCH_INDEX),
                           .page = w + SKETCH_INDEX + INDEX_WORDS,
                           .n_pages = pages_for(bits)};
}

void sketch_init(struct sketch *s)
{
    memset(s->head, 0, (SKETCH_INDEX + INDEX_WORDS) * sizeof(int64_t));
    s->head[SKETCH_LEAST] = INT64_MAX;
    s->head[SKETCH_MOST] = INT64_MIN;
}

static int64_t *page_at(const struct sketch *s, uint32_t slot)
{
    return s->page + ((size_t)(slot - 1) << s->bits);
}

static size_t page_bytes(const struct sketch *s)
{
    return sizeof(int64_t) << s->bits;
}

/* Places of the index that the positive, or negative, numbers have. */
static uint32_t n_places(const struct sketch *s)
{
    return ((SKETCH_OCTAVES - 1) >> s->head[SKETCH_LEVEL]) + 1;
}

static void swap_pages(const struct sketch *s, uint32_t a, uint32_t b)
{
    int64_t *x = page_at(s, a), *y = page_at(s, b);
    for (uint32_t i = 0; i < UINT32_C(1) << s->bits; i++) {
        const int64_t kept = x[i];
        x[i] = y[i];
        y[i] = kept;
    }
}

/* Makes the pages stand in the order of the index; place[i] is that of page i
 * + 1. */
static void sort_pages(struct sketch *s, uint16_t place[MAX_PAGES])
{
    uint32_t n = 0;
    for (uint32_t p = 0; p < PLACES; p++)
        if (s->index[p] != 0)
            place[s->index[p] - 1] = (uint16_t)p;
    for (uint32_t p = 0; p < PLACES; p++) {
        const uint32_t slot = s->index[p];
        if (slot == 0)
            continue;
        if (slot != ++n) {
            swap_pages(s, slot, n);
            s->index[place[n - 1]] = (uint16_t)slot;
            place[slot - 1] = place[n - 1];
            s->index[p] = (uint16_t)n;
            place[n - 1] = (uint16_t)p;
        }
    }
}

void sketch_normalise(struct sketch *s)
{
    uint16_t place[MAX_PAGES];
    sort_pages(s, place);
    const size_t used = (size_t)s->head[SKETCH_USED];
    memset(s->page + (used << s->bits), 0, (s->n_pages - used) * page_bytes(s));
}

/* The place of two places together. */
static uint16_t wider_place(uint16_t place)
{
    return (uint16_t)(place < SKETCH_OCTAVES
                          ? place / 2
                          : SKETCH_OCTAVES + (place - SKETCH_OCTAVES) / 2);
}

/* Writes the counts of a page, two in one, to the half of `to` that is for
 * it. */
static void fold_page(const struct sketch *s, int64_t *to, const int64_t *page,
                      bool upper, bool is_new)
{
    int64_t kept[1 << SKETCH_MAX_BITS];
    const uint32_t half = UINT32_C(1) << (s->bits - 1);
    for (uint32_t i = 0; i < half; i++)
        kept[i] = (int64_t)((uint64_t)page[2 * i] + (uint64_t)page[2 * i + 1]);
    if (is_new)
        memset(to, 0, page_bytes(s));
    memcpy(to + (upper ? half : 0), kept, half * sizeof kept[0]);
}

/* One level more. Pages move to the front, in their order. */
static void widen(struct sketch *s)
{
    uint16_t place[MAX_PAGES];
    const uint32_t used = (uint32_t)s->head[SKETCH_USED];
    uint32_t n = 0;
    sort_pages(s, place);
    memset(s->index, 0, INDEX_WORDS * sizeof(int64_t));
    for (uint32_t i = 0; i < used; i++) {
        const uint16_t wider = wider_place(place[i]);
        const uint32_t octave = place[i] < SKETCH_OCTAVES
                                    ? place[i] : place[i] - SKETCH_OCTAVES;
        const bool is_new = s->index[wider] == 0;
        n += is_new;
        s->index[wider] = (uint16_t)n;
        fold_page(s, page_at(s, n), page_at(s, i + 1), octave % 2 != 0,
                  is_new);
    }
    s->head[SKETCH_USED] = n;
    s->head[SKETCH_LEVEL]++;
}

int64_t *sketch_open(struct sketch *s, bool negative, uint32_t octave)
{
    for (;;) {
        sketch_slot *slot = &s->index[(negative ? SKETCH_OCTAVES : 0)
                                      + (octave >> s->head[SKETCH_LEVEL])];
        if (*slot != 0)
            return page_at(s, *slot);
        if (s->head[SKETCH_USED] < (int64_t)s->n_pages) {
            *slot = (uint16_t)++s->head[SKETCH_USED];
            return memset(page_at(s, *slot), 0, page_bytes(s));
        }
        widen(s);
    }
}

static void merge_page(struct sketch *into, const struct sketch *from,
                       bool negative, uint32_t p, const int64_t *counts)
{
    const uint32_t level = (uint32_t)from->head[SKETCH_LEVEL];
    int64_t *page = sketch_open(into, negative, p << level);
    const uint32_t coarser = (uint32_t)into->head[SKETCH_LEVEL] - level;
    const uint32_t n = UINT32_C(1) << into->bits;
    page += (p & ((UINT32_C(1) << coarser) - 1)) << into->bits >> coarser;
    for (uint32_t i = 0; i < n; i++)
        page[i >> coarser] = (int64_t)((uint64_t)page[i >> coarser]
                                       + (uint64_t)counts[i]);
}

void sketch_merge(struct sketch *into, const struct sketch *from)
{
    int64_t *a = into->head;
    const int64_t *b = from->head;
    a[SKETCH_LEAST] = b[SKETCH_LEAST] < a[SKETCH_LEAST] ? b[SKETCH_LEAST]
                                                        : a[SKETCH_LEAST];
    a[SKETCH_MOST] = b[SKETCH_MOST] > a[SKETCH_MOST] ? b[SKETCH_MOST]
                                                     : a[SKETCH_MOST];
    for (int i = SKETCH_NAN; i < SKETCH_INDEX; i++)
        a[i] = (int64_t)((uint64_t)a[i] + (uint64_t)b[i]);
    while (a[SKETCH_LEVEL] < b[SKETCH_LEVEL])
        widen(into);
    for (uint32_t negative = 0; negative < 2; negative++)
        for (uint32_t p = 0; p < n_places(from); p++) {
            const uint32_t slot = from->index[negative * SKETCH_OCTAVES + p];
            if (slot != 0)
                merge_page(into, from, negative, p, page_at(from, slot));
        }
}

/* Each page in use has one place, and each place a page in use. */
static bool index_valid(const struct sketch *s)
{
    bool seen[MAX_PAGES] = {false};
    int64_t n = 0;
    for (uint32_t p = 0; p < PLACES; p++) {
        const uint32_t slot = s->index[p];
        if (slot == 0)
            continue;
        if (slot > s->head[SKETCH_USED] || seen[slot - 1]
            || p % SKETCH_OCTAVES >= n_places(s))
            return false;
        seen[slot - 1] = true;
        n++;
    }
    return n == s->head[SKETCH_USED];
}

static bool counts_valid(const int64_t *count, size_t n, uint64_t *total)
{
    for (size_t i = 0; i < n; i++) {
        *total += (uint64_t)count[i];
        if (count[i] < 0 || *total > INT64_MAX)
            return false;
    }
    return true;
}

bool sketch_valid(const struct sketch *s)
{
    const int64_t level = s->head[SKETCH_LEVEL], used = s->head[SKETCH_USED];
    uint64_t total = 0;
    return level >= 0 && level <= s->bits && used >= 0 && used <= s->n_pages
           && index_valid(s)
           && counts_valid(s->head + SKETCH_NAN, SKETCH_INDEX - SKETCH_NAN,
                           &total)
           && counts_valid(s->page, (size_t)used << s->bits, &total);
}

uint64_t sketch_total(const struct sketch *s)
{
    const size_t n = (size_t)s->head[SKETCH_USED] << s->bits;
    uint64_t total = 0;
    for (int i = SKETCH_ZERO; i < SKETCH_INDEX; i++)
        total += (uint64_t)s->head[i];
    for (size_t i = 0; i < n; i++)
        total += (uint64_t)s->page[i];
    return total;
}

/* Takes the counts of a page from *rank, from its first bucket on or from its
 * last, until one has the value of that rank: its number, else -1. */
static int32_t find_in_page(const struct sketch *s, const int64_t *page,
                            bool backwards, uint64_t *rank)
{
    const int32_t n = INT32_C(1) << s->bits;
    for (int32_t k = 0; k < n; k++) {
        const int32_t i = backwards ? n - 1 - k : k;
        if (*rank <= (uint64_t)page[i])
            return i;
        *rank -= (uint64_t)page[i];
    }
    return -1;
}

/* The same of all pages of the positive, or negative, numbers, in the order of
 * their values. */
static bool find(const struct sketch *s, bool negative, uint64_t *rank,
                 struct sketch_bucket *b)
{
    const uint32_t n = n_places(s);
    const sketch_slot *index = s->index + (negative ? SKETCH_OCTAVES : 0);
    for (uint32_t k = 0; k < n; k++) {
        const uint32_t p = negative ? n - 1 - k : k;
        const int32_t i = index[p] == 0
                              ? -1
                              : find_in_page(s, page_at(s, index[p]), negative,
                                             rank);
        if (i < 0)
            continue;
        const uint32_t bucket = p << s->bits | (uint32_t)i;
        const uint64_t one = UINT64_C(1) << sketch_bits(s);
        b->sign = negative ? -1 : 1;
        b->bits = sketch_bits(s);
        b->octave = bucket >> b->bits;
        b->leading = one | (bucket & (one - 1));
        return true;
    }
    return false;
}

struct sketch_bucket sketch_find(const struct sketch *s, uint64_t rank)
{
    struct sketch_bucket b = {.sign = -1, .infinite = true};
    if (rank <= (uint64_t)s->head[SKETCH_MINUS_INF])
        return b;
    b.infinite = false;
    rank -= (uint64_t)s->head[SKETCH_MINUS_INF];
    if (find(s, true, &rank, &b))
        return b;
    if (rank <= (uint64_t)s->head[SKETCH_ZERO])
        return (struct sketch_bucket){.sign = 0};
    rank -= (uint64_t)s->head[SKETCH_ZERO];
    if (find(s, false, &rank, &b))
        return b;
    return (struct sketch_bucket){.sign = 1, .infinite = true};
}

uint64_t sketch_number(const struct sketch_bucket *b, uint32_t n_bits)
{
    if (n_bits <= b->bits)
        return b->leading >> (b->bits - n_bits);
    const uint32_t shift = n_bits - b->bits;
    const unsigned __int128 middle =
        ((unsigned __int128)b->leading << shift) / (2 * b->leading + 1);
    return (b->leading << shift) + (uint64_t)middle;
}
