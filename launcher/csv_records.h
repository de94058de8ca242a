/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where records of a CSV file end: at line ends (LF or CR LF) that are not
 * between quotes (RFC 4180). Records are passed on as they are, without their
 * line ends; common/split.h takes them apart. Lines that are quite empty are no
 * records.
 *
 * What cannot be right is told at once, with its line: after a quote that is
 * not closed nothing is where it seems to be.
 */
#ifndef FANFOLD_LAUNCHER_CSV_RECORDS_H
#define FANFOLD_LAUNCHER_CSV_RECORDS_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum csv_state {
    CSV_BEGIN,  /* of a column */
    CSV_PLAIN,  /* in one without quotes */
    CSV_QUOTED, /* in one with them */
    CSV_AFTER   /* behind a quote there: one of two, or the last */
};

struct csv_records {
    const char *name; /* of the file, for people */
    char comma;
    /* A piece of the record; its end. */
    void (*put)(void *to, const char *bytes, size_t n);
    void (*end)(void *to);
    void *to;
    enum csv_state state;
    bool cr;            /* a CR is held back, until what follows is seen */
    uint64_t line;      /* line ends so far */
    uint64_t quote;     /* the line of the last quote that began a column */
    uint64_t n;         /* bytes of the record so far */
};

/* The next n bytes of the file; the end of the file. FF_USAGE. */
int csv_records_feed(struct csv_records *r, const char *bytes, size_t n,
                     struct ff_error *err);
int csv_records_finish(struct csv_records *r, struct ff_error *err);

#endif
