/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FIELD of --fold NAME=OP[:FIELD] when the work is a command: which of the
 * numbers that it prints, or that tell how it ended, is folded. What they mean
 * is in worker/extract.h; here they are read and checked, for workers and for
 * the launcher, which must know before anything runs.
 */
#ifndef FANFOLD_COMMON_FIELD_H
#define FANFOLD_COMMON_FIELD_H

#include "error.h"
#include "spec.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

enum field_kind {
    FIELD_LAST,   /* "": the last number */
    FIELD_COLUMN, /* 3, -1: of the last line */
    FIELD_KEY,    /* a word in front of = or : */
    FIELD_REGEX,  /* between slashes: the group of the last match; extended,
                     with Perl's \d, \s and so on (split_regex.h) */
    FIELD_ROW     /* how it ended: @wall ... */
};

enum field_row { FIELD_WALL, FIELD_USER, FIELD_SYSTEM, FIELD_CPU, FIELD_RSS,
                 FIELD_EXIT, FIELD_ATTEMPTS, FIELD_N_ROWS };

struct field {
    const char *text;   /* the caller's, as it was written */
    size_t n;           /* bytes */
    enum field_kind kind;
    int column;         /* FIELD_COLUMN: from 1; -1 is the last */
    enum field_row row; /* FIELD_ROW */
    regex_t regex;      /* FIELD_REGEX */
};

/* FF_USAGE with what is wrong, to stand behind the text of --fold ("has no
 * column 0 ..."). The text must outlive the field. */
int field_init(struct field *field, const char *text, struct ff_error *err);
void field_release(struct field *field);

/* How it is called in messages and as a source of values: itself, when that is
 * printable and short enough. */
void field_name(const char *text, char name[SPEC_NAME]);

/* @NAME, without the @, of which NAME is the word; NULL: there is none. */
const char *field_row_named(const char *word);

/* The FIELD ("" without one) of what --fold asks of a command, all of which is
 * checked. NULL with FF_USAGE: "--fold TEXT: ...". */
const char *field_of_fold(const char *text, struct ff_error *err);

#endif
