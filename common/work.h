/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The work: what is run when it is not a C kernel alone, or when items come
 * from somewhere else than a range or the lines of one file. A command and its
 * words, the sources that items are made of, and what is to be done when one
 * takes too long. The launcher writes all of it into one file without a name
 * (launcher/work_file.h); workers map it, nodes of a cluster are sent it, and
 * nobody changes it. All references are offsets into the file, so that it can
 * be anywhere.
 *
 *   head, words, sources, their texts and indexes, names of columns, ...
 *
 * Sources and items (items.h): sources that are not linked make a Cartesian
 * product, the last one running fastest; a linked one goes along with the one
 * before it, and the shortest of those that go along ends all of them (GNU
 * parallel's :::+).
 */
#ifndef FANFOLD_COMMON_WORK_H
#define FANFOLD_COMMON_WORK_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORK_MAGIC UINT64_C(0x6b726f77666601)
#define WORK_MAX_SOURCES 32
#define WORK_MAX_COLUMNS 1024 /* of an input, all sources together */
#define WORK_MAX_WORDS 65536  /* of a command */

enum work_source_kind {
    WORK_LINES,   /* lines of a text in this file */
    WORK_INPUT,   /* lines of job_shm.input (the launcher's -a, or standard
                     input, which may still grow) */
    WORK_NUMBERS, /* lists of numbers: struct work_numbers[n_parts] */
    WORK_BLOCKS   /* --pipe: pieces of job_shm.input, whose ends stand in
                     job_shm.input_index: uint64_t[n], the first one 0 left
                     out; may still grow */
};

struct work_numbers { /* first, first + step, ...: n of them */
    int64_t first, step;
    uint64_t n;
};

struct work_source {
    uint32_t kind;      /* enum work_source_kind */
    uint32_t linked;    /* 1: goes along with the source before it */
    uint32_t ends_with; /* the byte that ends a line */
    uint32_t n_parts;   /* WORK_NUMBERS */
    uint32_t n_names;   /* columns that the header names; 0: it has none, and
                           a line has as many columns as there are */
    uint32_t reserved;
    uint64_t n;         /* lines, numbers, blocks; of WORK_INPUT and WORK_BLOCKS
                           job_shm knows */
    uint64_t text, text_bytes;   /* offset; struct work_numbers */
    uint64_t index, index_bytes; /* WORK_LINES: uint64_t[], as lines.h wants */
};

enum work_split {
    WORK_SPLIT_NONE,
    WORK_SPLIT_REGEX, /* --colsep: POSIX extended */
    WORK_SPLIT_CSV    /* RFC 4180; a record is a line of its source, which then
                         ends with a zero byte */
};

enum work_input { /* standard input of a command */
    WORK_STDIN_NONE, /* /dev/null */
    WORK_STDIN_ITEM, /* --stdin: the item's text and a newline */
    WORK_STDIN_BLOCK /* --pipe */
};

enum work_output { /* what a command prints */
    WORK_GROUPED,  /* when it has ended, all of an item together */
    WORK_BY_LINES, /* --line-buffer: whole lines, while it runs */
    WORK_UNGROUPED /* -u: as it comes; it has our descriptors */
};

enum { /* work_head.flags */
    WORK_COMMAND = 1,  /* words[] is a command; else a C kernel is run */
    WORK_SHELL = 2,    /* --shell: the words are joined by blanks, /bin/sh runs
                          that; values are quoted */
    WORK_TAG = 4,      /* --tag: the item in front of each line of output */
    WORK_SHUFFLE = 8,  /* --shuf: inputs in the order of permute.h */
    WORK_LOG = 16,     /* rows tell the command line of each item (row.h) */
    WORK_GROWS = 32,   /* items are still being read: job_shm.n_items_known */
    WORK_TRIM = 64,    /* empty lines are no items (xargs -r like); unused */
    WORK_NO_STDOUT = 128, /* nobody wants what commands print to standard
                            output: it is read for --fold and dropped */
    WORK_HALT_FAILED = 256, /* --halt counts items that fail: each is told at
                               once, and nothing goes on before the launcher
                               has looked */
    WORK_HALT_WELL = 512    /* it counts those that end well */
};

struct work_head {
    uint64_t magic, bytes;      /* of the whole file */
    uint32_t flags;
    uint32_t n_words;
    uint64_t words;             /* n_words texts, each ended by a zero byte */
    uint64_t marker;            /* -I: text in the place of {}; 0: "{}" */
    uint64_t tag;               /* --tagstring: a template; 0: the item */
    uint64_t results;           /* --results: a template, or none; or 0 */
    uint32_t n_sources;
    uint32_t split;             /* enum work_split */
    struct work_source source[WORK_MAX_SOURCES];
    uint64_t colsep;            /* text; 0: none */
    uint64_t names;             /* of columns, from the header: n_names texts */
    uint32_t n_names;
    uint32_t stdin_from;        /* enum work_input */
    uint32_t output;            /* enum work_output */
    uint32_t retries;           /* more attempts of an item that fails */
    uint64_t max_args;          /* inputs an item: 1 and more */
    uint64_t chosen, n_chosen;  /* --filter: uint64_t[n_chosen], the numbers of
                                   the inputs that pass, ascending; 0: all */
    uint64_t seed;              /* of WORK_SHUFFLE */
    uint64_t timeout_ns;        /* of an attempt; 0: none */
    uint64_t kill_after_ns;     /* from SIGTERM to SIGKILL */
    uint64_t drain_ns;          /* what a command leaves behind may go on for so
                                   long */
    uint64_t delay_ns;          /* between two starts on a node */
    uint64_t memory_bytes;      /* of an item; 0: no limit */
    uint64_t memfree_bytes;     /* none is started with less; 0: no matter */
    double load;                /* nor with more; 0: no matter */
    int32_t nice;               /* added to ours */
    uint32_t reserved;
};

struct work {
    const struct work_head *head;
    const char *base;
};

/* Of a mapped file. FF_LOST when it cannot be one: each offset and length is
 * checked once, here. */
int work_open(struct work *work, const void *base, uint64_t bytes,
              struct ff_error *err);

static inline const char *work_text(const struct work *w, uint64_t offset)
{
    return offset == 0 ? NULL : w->base + offset;
}

#endif
