/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items out: one after the other, to standard output and error, or to where
 * --results says; then a line in the joblog. Such a line is written when all
 * before it has been, so what the log tells of has been printed.
 */
#include "harvest_parts.h"
#include "output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TURN_BYTES (4u << 20) /* at a time */

/* ---- what stands around -------------------------------------------------- */

/* In front of each line: the time, the rank, the tag. */
static int make_prefix(struct harvest *h)
{
    const struct job *job = h->job;
    char stamp[OUTPUT_STAMP], rank[24];
    text_clear(&h->prefix);
    if (job->timestamp_output
        && text_append_string(&h->prefix, output_stamp(stamp)) != 0)
        return -1;
    snprintf(rank, sizeof rank, "[%" PRIu32 "] ", h->row.rank);
    if (job->tag_output && text_append_string(&h->prefix, rank) != 0)
        return -1;
    return text_append_span(&h->prefix, h->row.tag);
}

/* The text of a stage of a record of FILE.csv. */
static int make_around(struct harvest *h)
{
    const struct row *row = &h->row;
    struct text *text = &h->around;
    switch (h->stage) {
    case STAGE_BEFORE:
        return results_csv_begin(&h->csv, row, text) == 0
               ? results_csv_before(text, row->n_stdout) : -1;
    case STAGE_BETWEEN:
        return results_csv_behind(&h->csv, text, row->n_stdout, false) == 0
               ? results_csv_before(text, row->n_stderr) : -1;
    case STAGE_BEHIND:
        return results_csv_behind(&h->csv, text, row->n_stderr, true);
    default:
        return 0;
    }
}

static bool is_text(enum stage stage)
{
    return stage != STAGE_STDOUT && stage != STAGE_STDERR;
}

static int begin_item(struct harvest *h, const struct yield *y,
                      struct ff_error *err)
{
    const struct text *text = &h->yields.text;
    row_decode(text->at + y->row, text->n - y->row, &h->row);
    if (h->tree != NULL)
        return results_tree_begin(h->tree, &h->row, err);
    return h->is_csv || make_prefix(h) == 0 ? 0 : harvest_no_memory(err);
}

static int begin_stage(struct harvest *h, struct yield *y,
                       struct ff_error *err)
{
    h->begun = true;
    if (h->stage == STAGE_BEFORE && begin_item(h, y, err) != 0)
        return -1;
    y->at = y->used = 0;
    h->around_at = 0;
    text_clear(&h->around);
    if (h->is_csv && make_around(h) != 0)
        return harvest_no_memory(err);
    label_begin(&h->label, h->prefix.at, h->prefix.n);
    return 0;
}

/* (What it printed stays until it is settled: a store may want it whole.) */
static int end_item(struct harvest *h, struct ff_error *err)
{
    h->csv_out = h->csv_put;
    if (h->tree != NULL && results_tree_end(h->tree, err) != 0)
        return -1;
    if (h->log.fd >= 0 && joblog_add(&h->log, &h->row) != 0)
        return harvest_no_memory(err);
    return 0;
}

/* ---- what was printed ---------------------------------------------------- */

/* Bytes of a stream of the item: how many were taken; 0: later; -1. */
static long put(struct harvest *h, enum printer_stream stream,
                const char *data, size_t n, struct ff_error *err)
{
    char *to;
    size_t room, taken = n;
    if (h->tree != NULL) {
        h->printed_bytes += n;
        return results_tree_put(h->tree, stream, data, n, err) == 0 ? (long)n
                                                                    : -1;
    }
    const int rc = printer_room(&h->printer,
                                h->is_csv ? PRINTER_STDOUT : stream, &to,
                                &room, err);
    if (rc <= 0)
        return rc;
    const size_t made = h->is_csv
                        ? results_csv_copy(to, room, data, n, &taken)
                        : label_copy(&h->label, to, room, data, n, &taken);
    printer_put(&h->printer, made);
    h->printed_bytes += made;
    h->csv_put += made;
    /* A label may have needed all the room; then there is more. */
    return taken > 0 ? (long)taken : put(h, stream, data, n, err);
}

/* 1: all of it came out; 0: later. */
static int print_printed(struct harvest *h, struct yield *y,
                         enum printer_stream stream, struct ff_error *err)
{
    struct pieces *list = &y->printed[stream];
    for (; y->at < list->n; y->at++) {
        const struct piece *piece = &list->piece[y->at];
        while (y->used < piece->held.n) {
            h->more = h->printed_bytes > TURN_BYTES;
            if (h->more)
                return 0;
            const char *data = ordered_cut_bytes(h->ordered, piece, err);
            if (data == NULL)
                return -1;
            const long n = put(h, stream, data + y->used,
                               piece->held.n - y->used, err);
            if (n <= 0)
                return (int)n;
            y->used += (uint32_t)n;
            h->printed_ever += (uint64_t)n;
        }
        y->used = 0;
    }
    return 1;
}

static int print_around(struct harvest *h, struct ff_error *err)
{
    while (h->around_at < h->around.n) {
        char *to;
        size_t room;
        const size_t left = h->around.n - h->around_at;
        const int rc = printer_room(&h->printer, PRINTER_STDOUT, &to, &room,
                                    err);
        if (rc <= 0)
            return rc;
        room = room < left ? room : left;
        memcpy(to, h->around.at + h->around_at, room);
        printer_put(&h->printer, room);
        h->around_at += room;
        h->csv_put += room;
    }
    return 1;
}

static int print_stage(struct harvest *h, struct yield *y,
                       struct ff_error *err)
{
    if (!h->begun && begin_stage(h, y, err) != 0)
        return -1;
    if (is_text(h->stage))
        return print_around(h, err);
    return print_printed(h, y, h->stage == STAGE_STDOUT ? PRINTER_STDOUT
                                                        : PRINTER_STDERR,
                         err);
}

int harvest_print(struct harvest *h, struct ff_error *err)
{
    struct yields *y = &h->yields;
    while (y->first < y->n) {
        const int rc = print_stage(h, &y->yield[y->first], err);
        if (rc <= 0)
            return rc;
        h->begun = false;
        h->stage = (h->stage + 1) % N_STAGES;
        if (h->stage == STAGE_BEFORE) {
            y->first++;
            if (end_item(h, err) != 0)
                return -1;
        }
    }
    return 1;
}

int harvest_settle(struct harvest *h, struct ff_error *err)
{
    struct yields *ys = &h->yields;
    h->csv_settled = h->csv_out;
    for (; ys->settled < ys->first; ys->settled++) {
        struct yield *y = &ys->yield[ys->settled];
        if (h->kept.batch != NULL && harvest_keep_item(h, y, err) != 0)
            return -1;
        for (int i = 0; i < PRINTER_N_STREAMS; i++) {
            for (size_t k = 0; k < y->printed[i].n; k++)
                ordered_cut_done(h->ordered, &y->printed[i].piece[k],
                                 y->printed[i].piece[k].held.n);
            free(y->printed[i].piece);
        }
        *y = (struct yield){.at = 0};
    }
    return 0;
}
