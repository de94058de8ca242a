/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the items of a C kernel are as texts: lines of the input (-a), values of
 * sources (common/items.h), or, with --range alone, their numbers.
 */
#ifndef FANFOLD_WORKER_ITEM_TEXT_H
#define FANFOLD_WORKER_ITEM_TEXT_H

#include "error.h"
#include "items.h"
#include "ledger.h"
#include "lines.h"
#include "text.h"

#include <stdbool.h>

/* Of a worker; all of its threads read it. */
struct item_texts {
    struct lines lines;  /* the input; not given: there is none */
    bool has_items;
    struct items items;  /* of sources, if there are */
    bool are_numbers;    /* neither, but a range was given */
};

/* Maps what there is; of a command nothing. FF_LOST. */
int item_texts_open(struct item_texts *texts, const struct job_shm *job,
                    struct ff_error *err);

/* The column of that name, from 1; 0: none. */
uint32_t item_texts_column(const struct item_texts *texts, const char *name);

/* One of a thread: its text, ended by a zero byte. */
struct item_text {
    uint64_t number; /* which item `item` is */
    bool known;
    struct item item;
    struct text text;
};
#define ITEM_TEXT_NONE ((struct item_text){.known = false})

/* Item i, or a column of it, from 1 (0: all of it). It is valid until the next
 * call. -1: there is no such item or column, the input changed, ... */
int item_text_get(struct item_text *t, const struct item_texts *texts,
                  uint64_t i, uint32_t column, struct span *out,
                  struct ff_error *err);
void item_text_release(struct item_text *t);

#endif
