/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lab as its file has it (fanfold-lab(5)): what is measured, how it is shown,
 * and what it is about. Nothing here has been run.
 */
#ifndef FANFOLD_LAUNCHER_LAB_H
#define FANFOLD_LAUNCHER_LAB_H

#include "yaml_tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAB_MAX_TABLES 12
#define LAB_MAX_COLUMNS 12
#define LAB_MAX_STEPS 40
#define LAB_MAX_CLAIMS 24
#define LAB_MAX_WORDS 60
#define LAB_MAX_VALUES 40  /* of a variable */
#define LAB_MAX_FEW 8      /* statuses, needs, patterns, flags */
#define LAB_MAX_NEXT 12
#define LAB_NONE ((size_t)-1)

/* How a column is made of another one. */
enum lab_form {
    LAB_GIVEN,         /* measured */
    LAB_FIRST_BY_THIS, /* the first row's value divided by this one's */
    LAB_THIS_BY_FIRST,
    LAB_PERCENT_FIRST,
    LAB_THIS_BY_OTHER, /* another column of the same row */
    LAB_OTHER_BY_THIS
};

struct lab_column {
    const char *name;
    const char *unit;   /* "" */
    int digits;         /* behind the point; -1: three significant ones */
    bool text;          /* else numbers */
    bool largest;       /* `best` keeps the largest value, not the smallest */
    enum lab_form form;
    size_t from, other; /* columns */
};

struct lab_variable {
    const char *name;
    const char *value[LAB_MAX_VALUES];
    size_t n_values;
};

/* What of a command goes into which column. */
struct lab_take {
    const char *path; /* into the JSON of a fanfold run, or of any command
                         wall, cpu, maxrss, exit */
    size_t column;
};

enum lab_need_kind {
    LAB_NEED_PYTHON, LAB_NEED_NUMPY, LAB_NEED_MPI, LAB_NEED_TSAN,
    LAB_NEED_KERNELS, /* runs of functions of Python */
    LAB_NEED_CORES,  /* so many */
    LAB_NEED_PROGRAM /* that is found in PATH */
};

struct lab_need {
    enum lab_need_kind kind;
    uint32_t cores;
    const char *program;
};

struct lab_needs {
    struct lab_need need[LAB_MAX_FEW];
    size_t n;
};

struct lab_step {
    unsigned line;
    char *word[LAB_MAX_WORDS]; /* not yet expanded (lab_words.h) */
    size_t n_words;
    struct lab_variable variable[2];
    size_t n_variables;
    const char *row;           /* NULL: the program prints rows */
    struct lab_take take[LAB_MAX_COLUMNS];
    size_t n_takes;
    bool wants_json;           /* a take is a path into it */
    unsigned best;             /* so many times */
    int status[LAB_MAX_FEW];   /* those that are right */
    size_t n_status;
    const char *show[LAB_MAX_FEW]; /* POSIX extended regular expressions */
    size_t n_show;
    struct lab_needs needs;
    const char *flag[LAB_MAX_FEW]; /* for the compiler */
    size_t n_flags;
    bool mpicc;                /* is the compiler */
    uint64_t timeout_ns;       /* 0: the driver's own */
};

struct lab_table {
    const char *name, *title;
    const char *rows;          /* heading of the first column */
    struct lab_column column[LAB_MAX_COLUMNS];
    size_t n_columns;
    size_t bars;               /* the column that is drawn; LAB_NONE */
    bool log_bars;             /* as its logarithm */
    struct lab_step *step;     /* owned */
    size_t n_steps;
};

/* A measured number: a row, or the largest, smallest, first or last one. */
struct lab_figure {
    const char *text;          /* as it is written */
    const char *row;           /* not yet expanded */
    size_t table, column;
};

enum lab_claim_kind { LAB_CLAIM_FIGURE, LAB_CLAIM_SAME, LAB_CLAIM_DIFFERENT };

struct lab_claim {
    const char *say;
    const char *ask;           /* NULL: nothing is asked */
    enum lab_claim_kind kind;
    struct lab_figure of;      /* of a column: without a row */
    struct lab_figure to;
    bool is_ratio;             /* of / to */
    bool has_least, has_most;
    double least, most;
    struct lab_needs needs;
};

struct lab {
    char *path;                /* of its file */
    char *folder;              /* that this is in, without a slash at its end */
    const char *name, *about, *question, *why;
    const char *next[LAB_MAX_NEXT]; /* lines in them that begin with a blank
                                       are commands */
    size_t n_next;
    struct lab_table table[LAB_MAX_TABLES];
    size_t n_tables;
    struct lab_claim claim[LAB_MAX_CLAIMS];
    size_t n_claims;
    struct yaml_tree tree;     /* that the texts are in */
};

void lab_destroy(struct lab *lab);

/* LAB_NONE: there is none of this name. */
size_t lab_find_table(const struct lab *lab, const char *name);
size_t lab_find_column(const struct lab_table *table, const char *name);

/* The nearest name, behind a hint: "; did you mean 'lost'?", or "". */
const char *lab_hint(char out[160], const char *word, const char *const *names,
                     size_t n);

#endif
