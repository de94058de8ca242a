/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the command line says of commands and of items that are texts: the part
 * of a job (job.h) that becomes the work (common/work.h).
 *
 *   fanfold run [options] -- COMMAND [WORD...] [::: VALUE...] [:::: FILE...]
 *
 * A word ":::" ends the command (or the options, for a C kernel); what follows
 * are sources, each begun by one of ":::", "::::", ":::+", "::::+".
 */
#ifndef FANFOLD_LAUNCHER_TASK_H
#define FANFOLD_LAUNCHER_TASK_H

#include "work.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum task_source_kind {
    TASK_VALUES, /* ::: */
    TASK_FILE,   /* ::::, one a file; "-" is standard input */
    TASK_RANGES  /* --range, when it is one source among others or of a command */
};

struct task_source {
    enum task_source_kind kind;
    bool linked;               /* :::+ and ::::+ */
    const char *const *value;  /* TASK_VALUES; TASK_RANGES: one text */
    size_t n;
    const char *path;          /* TASK_FILE */
};

struct task {
    char *const *word;         /* the command; NULL: a C kernel is run */
    size_t n_words;
    struct task_source source[WORK_MAX_SOURCES];
    size_t n_sources;

    bool shell;                /* --shell */
    const char *marker;        /* -I; NULL: {} */
    bool stdin_item, pipe;     /* --stdin, --pipe */
    uint64_t block_bytes;      /* --block; default 1 MiB */
    const char *recstart, *recend; /* as blocks.h reads them; NULL: not given */
    const char *colsep;        /* --colsep; NULL: none */
    bool csv, header;
    uint64_t max_args;         /* 0: 1 */
    bool shuffle;              /* --shuf */
    const char *filter;

    bool group;                /* --group was said */
    enum work_output output;   /* --line-buffer, -u */
    bool tag;                  /* --tag: of a command */
    const char *tagstring;
    bool show_stdout;          /* what commands print to standard output comes
                                  on ours; not with --fold, unless asked for
                                  (fold_option_shows) */
    const char *results, *joblog; /* --results, --joblog */

    uint64_t delay_ns, memory_bytes, memfree_bytes;
    double load;
    int nice;
    bool comes;                /* of a node: all of it is in a file that the root
                                  sends, but for the options that follow it */
};

static inline bool task_is_command(const struct task *t)
{
    return t->word != NULL;
}

/* Is standard output of commands wanted? Else WORK_NO_STDOUT. */
static inline bool task_wants_stdout(const struct task *t)
{
    return t->show_stdout || t->results != NULL;
}

/* Does standard output belong to what commands print? */
static inline bool task_owns_stdout(const struct task *t)
{
    if (t->results != NULL) /* "-.csv" and "-.tsv" */
        return t->results[0] == '-' && t->results[1] == '.';
    return t->show_stdout;
}

/* Does it need a work file? (Plain ranges and -a of a C kernel do not.) */
static inline bool task_is_used(const struct task *t)
{
    return t->comes || task_is_command(t) || t->n_sources > 0 || t->colsep != NULL
           || t->csv || t->header || t->shuffle || t->filter != NULL
           || t->max_args > 1;
}

#endif
