/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the work: see work.h. A file of another version, or one that did not
 * come whole, is told apart here; after that offsets are followed unseen. */
#include "work.h"
#include "ledger.h"

#include <string.h>

static bool fits(const struct work *w, uint64_t offset, uint64_t bytes)
{
    return offset >= sizeof *w->head && offset <= w->head->bytes
           && bytes <= w->head->bytes - offset;
}

/* n texts, each ended by a zero byte, from there on. */
static bool has_texts(const struct work *w, uint64_t offset, uint64_t n)
{
    if (n > 0 && !fits(w, offset, n))
        return false;
    for (; n > 0; n--) {
        const char *at = w->base + offset;
        const char *end = memchr(at, '\0', (size_t)(w->head->bytes - offset));
        if (end == NULL)
            return false;
        offset += (uint64_t)(end - at) + 1;
    }
    return true;
}

static bool has_text(const struct work *w, uint64_t offset)
{
    return offset == 0 || has_texts(w, offset, 1);
}

static bool has_lines(const struct work *w, const struct work_source *s)
{
    const uint64_t n_blocks = s->text_bytes / INPUT_BLOCK
                              + (s->text_bytes % INPUT_BLOCK != 0);
    if (s->text_bytes == 0)
        return s->n == 0;
    if (!fits(w, s->text, s->text_bytes)
        || !fits(w, s->index, s->index_bytes) || s->index % 8 != 0
        || s->index_bytes != (n_blocks + 1) * sizeof(uint64_t))
        return false;
    const uint64_t *before =
        (const uint64_t *)(const void *)(w->base + s->index);
    const unsigned char last =
        (unsigned char)w->base[s->text + s->text_bytes - 1];
    return s->n == before[n_blocks] + (last != s->ends_with);
}

/* From first on in steps, none beyond what 63 bits hold. */
static bool is_list(const struct work_numbers *p)
{
    int64_t way, last;
    return p->n > 0 && p->n <= INT64_MAX
           && !__builtin_mul_overflow(p->step, (int64_t)(p->n - 1), &way)
           && !__builtin_add_overflow(p->first, way, &last);
}

static bool has_numbers(const struct work *w, const struct work_source *s)
{
    uint64_t n = 0;
    if (s->text_bytes != s->n_parts * sizeof(struct work_numbers)
        || s->text % 8 != 0 || !fits(w, s->text, s->text_bytes))
        return false;
    const struct work_numbers *part =
        (const struct work_numbers *)(const void *)(w->base + s->text);
    for (uint32_t i = 0; i < s->n_parts; i++)
        if (!is_list(&part[i]) || __builtin_add_overflow(n, part[i].n, &n))
            return false;
    return n == s->n;
}

static bool has_source(const struct work *w, uint32_t i)
{
    const struct work_source *s = &w->head->source[i];
    if (s->linked > (i > 0) || s->ends_with > 255
        || s->n_names > WORK_MAX_COLUMNS)
        return false;
    return s->kind == WORK_LINES ? has_lines(w, s)
           : s->kind == WORK_NUMBERS ? has_numbers(w, s)
                                     : s->kind <= WORK_BLOCKS;
}

static bool has_sources(const struct work *w)
{
    uint64_t n_names = 0;
    if (w->head->n_sources > WORK_MAX_SOURCES)
        return false;
    for (uint32_t i = 0; i < w->head->n_sources; i++) {
        if (!has_source(w, i))
            return false;
        n_names += w->head->source[i].n_names;
    }
    return n_names == w->head->n_names && n_names <= WORK_MAX_COLUMNS;
}

static bool is_whole(const struct work *w)
{
    const struct work_head *h = w->head;
    return h->n_words <= WORK_MAX_WORDS && has_texts(w, h->words, h->n_words)
           && has_text(w, h->marker) && has_text(w, h->tag)
           && has_text(w, h->results)
           && has_sources(w) && h->split <= WORK_SPLIT_CSV
           && (h->split != WORK_SPLIT_REGEX || h->colsep != 0)
           && has_text(w, h->colsep) && has_texts(w, h->names, h->n_names)
           && h->stdin_from <= WORK_STDIN_BLOCK && h->output <= WORK_UNGROUPED
           && h->max_args > 0 && h->n_chosen <= h->bytes / sizeof(uint64_t)
           && (h->chosen == 0
               || (h->chosen % 8 == 0
                   && fits(w, h->chosen, h->n_chosen * sizeof(uint64_t))));
}

int work_open(struct work *work, const void *base, uint64_t bytes,
              struct ff_error *err)
{
    const struct work w = {base, base};
    if (bytes < sizeof *w.head || w.head->magic != WORK_MAGIC
        || w.head->bytes != bytes || !is_whole(&w))
        return ff_error_set(err, FF_LOST, "the list of the work did not come "
                            "whole");
    *work = w;
    return 0;
}
