/* SPDX-License-Identifier: Apache-2.0 */
/* What items.c prepares and items_get.c uses. */
#ifndef FANFOLD_COMMON_ITEMS_PRIVATE_H
#define FANFOLD_COMMON_ITEMS_PRIVATE_H

#include "lines.h"
#include "span.h"
#include "work.h"

#include <stdbool.h>
#include <stdint.h>

struct items_source {
    enum work_source_kind kind;
    struct lines lines;              /* WORK_LINES, WORK_INPUT */
    const struct work_numbers *part; /* WORK_NUMBERS */
    uint64_t n;                      /* values, as far as known */
    uint32_t n_names;
};

/* Sources that go along with each other: a digit of an input's number. */
struct items_group {
    uint32_t first, end; /* sources [first, end) */
    uint64_t n;          /* of the shortest */
};

struct items_private {
    struct items_source source[WORK_MAX_SOURCES];
    struct items_group group[WORK_MAX_SOURCES];
    uint32_t n_groups;
    uint64_t n_product;      /* inputs before any are chosen */
    uint64_t n_inputs, n_items;
    bool too_many;           /* more than ITEMS_MAX */
    const uint64_t *chosen;  /* or NULL */
    struct span name[WORK_MAX_COLUMNS];
    struct splitter *splitter; /* or NULL: a line is a column */
};

#define ITEMS_MAX (UINT64_C(1) << 62)

#endif
