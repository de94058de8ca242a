/* SPDX-License-Identifier: Apache-2.0 */
/* Sketches for quantiles: see sketch.h. */
#include "sketch.h"

#include <string.h>

#define INDEX_WORDS ((4096 + 2 * (SKETCH_NORMAL - SKETCH_FIRST)) / 4)
#define MAX_PAGES (8192u >> 1)

/* The fewest bits whose error is at most this one. (The product with a power of
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
 * and at any rate for all groups at level `bits`, 2098 / 2^bits + 2 of each
 * sign. */
static uint32_t pages_for(uint32_t bits)
{
    return (bits <= 6 ? 8192u : bits <= 8 ? 16384u : 32768u) >> bits;
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
                           .page = w + SKETCH_INDEX + INDEX_WORDS
                                   - (1 << bits),
                           .n_pages = pages_for(bits)};
}

void sketch_init(struct sketch *s)
{
    memset(s->head, 0, (SKETCH_INDEX + INDEX_WORDS) * sizeof(int64_t));
    s->head[SKETCH_LEAST] = INT64_MAX;
    s->head[SKETCH_MOST] = INT64_MIN;
}

/* The page of that number, from 1 on. */
static int64_t *page_at(const struct sketch *s, uint32_t number)
{
    return s->page + ((size_t)number << s->bits);
}

static size_t page_bytes(const struct sketch *s)
{
    return sizeof(int64_t) << s->bits;
}

/* ---- groups: octaves that have a page together, (sign, octave >> level) - */

struct group {
    bool negative;
    uint32_t number;
};

#define EACH_GROUP(s, g)                                                       \
    for (struct group g = {false, SKETCH_FIRST >> (s)->head[SKETCH_LEVEL]};    \
         next_group(s, &g); g.number++)

/* Behind the last group of the positive numbers are the negative ones. */
static bool next_group(const struct sketch *s, struct group *g)
{
    const int64_t level = s->head[SKETCH_LEVEL];
    if (g->number <= SKETCH_LAST >> level)
        return true;
    if (g->negative)
        return false;
    *g = (struct group){true, SKETCH_FIRST >> level};
    return true;
}

static uint32_t first_octave(const struct sketch *s, struct group g)
{
    const uint32_t octave = g.number << s->head[SKETCH_LEVEL];
    return octave > SKETCH_FIRST ? octave : SKETCH_FIRST;
}

static uint32_t last_octave(const struct sketch *s, struct group g)
{
    const uint32_t octave = ((g.number + 1) << s->head[SKETCH_LEVEL]) - 1;
    return octave < SKETCH_LAST ? octave : SKETCH_LAST;
}

/* Its page, or 0. */
static uint32_t number_of(const struct sketch *s, struct group g)
{
    return (uint32_t)s->index[sketch_place(g.negative, first_octave(s, g))]
           >> s->bits;
}

static void set_number(const struct sketch *s, struct group g, uint32_t number)
{
    const uint32_t last = last_octave(s, g);
    for (uint32_t o = first_octave(s, g); o <= last; o++)
        s->index[sketch_place(g.negative, o)] = (uint16_t)(number << s->bits);
}

/* ---- pages -------------------------------------------------------------- */

static void swap_pages(const struct sketch *s, uint32_t a, uint32_t b)
{
    int64_t *x = page_at(s, a), *y = page_at(s, b);
    for (uint32_t i = 0; i < UINT32_C(1) << s->bits; i++) {
        const int64_t kept = x[i];
        x[i] = y[i];
        y[i] = kept;
    }
}

/* Makes the pages stand in the order of groups; group[i] is that of page i. */
static void sort_pages(struct sketch *s, struct group group[MAX_PAGES + 1])
{
    uint32_t n = 0;
    EACH_GROUP(s, g)
        group[number_of(s, g)] = g;
    EACH_GROUP(s, g) {
        const uint32_t number = number_of(s, g);
        if (number == 0 || number == ++n)
            continue;
        swap_pages(s, number, n);
        set_number(s, group[n], number);
        set_number(s, g, n);
        group[number] = group[n];
        group[n] = g;
    }
}

void sketch_normalise(struct sketch *s)
{
    struct group group[MAX_PAGES + 1];
    const uint32_t used = (uint32_t)s->head[SKETCH_USED];
    sort_pages(s, group);
    memset(page_at(s, used + 1), 0, (s->n_pages - used) * page_bytes(s));
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
    struct group group[MAX_PAGES + 1];
    const uint32_t used = (uint32_t)s->head[SKETCH_USED];
    uint32_t n = 0;
    sort_pages(s, group);
    memset(s->index, 0, INDEX_WORDS * sizeof(int64_t));
    s->head[SKETCH_LEVEL]++;
    for (uint32_t i = 1; i <= used; i++) {
        const struct group g = {group[i].negative, group[i].number / 2};
        const bool is_new = number_of(s, g) == 0;
        n += is_new;
        set_number(s, g, n);
        fold_page(s, page_at(s, n), page_at(s, i), group[i].number % 2 != 0,
                  is_new);
    }
    s->head[SKETCH_USED] = n;
}

int64_t *sketch_open(struct sketch *s, bool negative, uint32_t octave)
{
    for (;;) {
        const struct group g = {negative, octave >> s->head[SKETCH_LEVEL]};
        uint32_t number = number_of(s, g);
        if (number != 0)
            return page_at(s, number);
        if (s->head[SKETCH_USED] < (int64_t)s->n_pages) {
            number = (uint32_t)++s->head[SKETCH_USED];
            set_number(s, g, number);
            return memset(page_at(s, number), 0, page_bytes(s));
        }
        widen(s);
    }
}

static void merge_page(struct sketch *into, const struct sketch *from,
                       struct group g, const int64_t *counts)
{
    int64_t *page = sketch_open(into, g.negative, first_octave(from, g));
    const uint32_t coarser = (uint32_t)(into->head[SKETCH_LEVEL]
                                        - from->head[SKETCH_LEVEL]);
    const uint32_t n = UINT32_C(1) << into->bits;
    page += (g.number & ((UINT32_C(1) << coarser) - 1)) << into->bits
            >> coarser;
    for (uint32_t i = 0; i < n && coarser == 0; i++)
        page[i] = (int64_t)((uint64_t)page[i] + (uint64_t)counts[i]);
    for (uint32_t i = 0; i < n && coarser != 0; i++)
        page[i >> coarser] = (int64_t)((uint64_t)page[i >> coarser]
                                       + (uint64_t)counts[i]);
}

/* Moves *place to the first octave of the next group that has a page. Most
 * words of the index are 0: this is as fast as there are few pages. */
static bool next_page(const struct sketch *s, uint32_t *place, struct group *g)
{
    for (; *place < 4 * INDEX_WORDS; ++*place) {
        if (*place % 4 == 0 && s->head[SKETCH_INDEX + *place / 4] == 0) {
            *place += 3;
            continue;
        }
        const bool is_normal = *place < 4096;
        const uint32_t i = is_normal ? *place : *place - 4096;
        const uint32_t octave =
            is_normal ? (i & 0x7ff) + SKETCH_NORMAL - 1
                      : i % (SKETCH_NORMAL - SKETCH_FIRST) + SKETCH_FIRST;
        g->negative = is_normal ? i > 0x7ff
                                : i >= SKETCH_NORMAL - SKETCH_FIRST;
        g->number = octave >> s->head[SKETCH_LEVEL];
        if (s->index[*place] != 0 && octave == first_octave(s, *g))
            return true;
    }
    return false;
}

void sketch_merge(struct sketch *into, const struct sketch *from)
{
    struct group g;
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
    for (uint32_t p = 0; next_page(from, &p, &g); p++)
        merge_page(into, from, g, page_at(from, number_of(from, g)));
}

/* ---- slices from outside ------------------------------------------------ */

/* All octaves of the group have the same: where a page in use begins, or 0. */
static bool group_valid(const struct sketch *s, struct group g)
{
    const uint32_t last = last_octave(s, g), number = number_of(s, g);
    for (uint32_t o = first_octave(s, g); o <= last; o++)
        if (s->index[sketch_place(g.negative, o)] != number << s->bits)
            return false;
    return number <= s->head[SKETCH_USED];
}

/* Each page in use is that of one group, and what is no octave has none. */
static bool index_valid(const struct sketch *s)
{
    bool seen[MAX_PAGES + 1] = {false};
    int64_t n = 0;
    EACH_GROUP(s, g) {
        const uint32_t number = number_of(s, g);
        if (!group_valid(s, g) || seen[number])
            return false;
        seen[number] = number != 0;
        n += number != 0;
    }
    return n == s->head[SKETCH_USED] && s->index[0] == 0
           && s->index[0x7ff] == 0 && s->index[0x800] == 0
           && s->index[0xfff] == 0;
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
           && counts_valid(page_at(s, 1), (size_t)used << s->bits, &total);
}

/* ---- ranks -------------------------------------------------------------- */

uint64_t sketch_total(const struct sketch *s)
{
    const size_t n = (size_t)s->head[SKETCH_USED] << s->bits;
    const int64_t *count = page_at(s, 1);
    uint64_t total = 0;
    for (int i = SKETCH_ZERO; i < SKETCH_INDEX; i++)
        total += (uint64_t)s->head[i];
    for (size_t i = 0; i < n; i++)
        total += (uint64_t)count[i];
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
    const int64_t level = s->head[SKETCH_LEVEL];
    const uint32_t first = SKETCH_FIRST >> level, last = SKETCH_LAST >> level;
    for (uint32_t k = 0; k <= last - first; k++) {
        const struct group g = {negative, negative ? last - k : first + k};
        const uint32_t number = number_of(s, g);
        const int32_t i = number == 0 ? -1
                                      : find_in_page(s, page_at(s, number),
                                                     negative, rank);
        if (i < 0)
            continue;
        const uint32_t bucket = g.number << s->bits | (uint32_t)i;
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
