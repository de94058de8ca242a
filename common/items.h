/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items out of sources: which values item number i has. Nothing is listed: the
 * number is taken apart. Pure, and the same in the launcher and in workers.
 *
 *   input   one combination of the values of all sources
 *   item    max_args inputs in a row (one, mostly); the last has what is left
 *   column  one value of an input: {1}, {2}, ... Without --colsep or --csv each
 *           source is a column; with them each line of a source is split, and
 *           the columns of the sources stand side by side. As in GNU parallel
 *           --colsep takes white space off both ends of a column; --csv does
 *           not.
 *
 * With --shuf input i is input permute(i); with --filter inputs are those that
 * were chosen.
 */
#ifndef FANFOLD_COMMON_ITEMS_H
#define FANFOLD_COMMON_ITEMS_H

#include "error.h"
#include "lines.h"
#include "span.h"
#include "work.h"

#include <stdbool.h>
#include <stdint.h>

/* Where the texts of sources are. */
struct items_input {
    struct lines lines;        /* WORK_INPUT */
    const uint64_t *block_end; /* WORK_BLOCKS */
    uint64_t n_blocks;
};

struct items {
    struct work work;
    struct items_input input;
    struct items_private *private;
};

/* The input may be all zero when no source is of it. FF_USAGE (a regular
 * expression that is none, ...), FF_LOST. */
int items_open(struct items *items, const struct work *work,
               const struct items_input *input, struct ff_error *err);
void items_release(struct items *items);

/* The input has grown: from now on it is this. */
void items_set_input(struct items *items, const struct items_input *input);

/* How many items, and inputs, there are as far as the input is known.
 * FF_USAGE when a product is larger than 2^62. */
int items_count(const struct items *items, uint64_t *n_items,
                uint64_t *n_inputs, struct ff_error *err);

/* The line of a source that was looked up last: the next one is behind it. */
struct item_place {
    const char *text; /* of the source */
    uint64_t line;
    struct span span;
};

/* One item. Its spans point into the sources or into `own`. */
struct item {
    uint64_t number;     /* from 0, as the engine counts */
    uint32_t n_inputs;   /* >= 1 */
    uint32_t n_columns;  /* of each input; short ones are filled up with
                            empty columns */
    struct span *whole;  /* n_inputs: the columns of each, joined by blanks:
                            {} */
    struct span *column; /* n_inputs * n_columns, by inputs */
    uint64_t block, block_bytes; /* WORK_BLOCKS: where in the input, how long */
    /* Memory, kept from item to item. */
    size_t whole_room, column_room, own_room, own_n;
    char *own;
    struct item_place *place; /* of each source */
};
#define ITEM_EMPTY ((struct item){.number = 0})

/* FF_ITEMS_FAILED with what is wrong with this one (a CSV record without its
 * closing quote ...), FF_LOST without memory or when the input changed. */
int items_get(const struct items *items, uint64_t number, struct item *item,
              struct ff_error *err);
void item_release(struct item *item);

/* Input number i as it would be an item alone, whatever is shuffled, chosen or
 * taken together: for --filter. */
int items_get_input(const struct items *items, uint64_t i, struct item *item,
                    struct ff_error *err);

/* The column of that name (from --header), from 0; -1: none. */
int items_column(const struct items *items, struct span name);

/* The name of a column, or an empty span. */
struct span items_name(const struct items *items, uint32_t column);

#endif
