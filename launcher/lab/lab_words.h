/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in braces in a lab file, and what becomes of it. Pure.
 *
 *   {VARIABLE}           of the step's `for`
 *   {cores} {2*cores} {cores/2}   of the budget, at least 1
 *   {lab}                the folder of the lab file
 *   {fanfold}            this program
 *   {python}             the interpreter
 *   {mpirun}             the words that start an MPI program; a word of its own
 *   {NAME.c}             the program compiled from it
 *   {NAME.py}            the interpreter and the file; a word of its own
 *
 * {rank}, {host} and {core}, and what is no such word ({}, {#}, {1}), are
 * fanfold's own replacement strings and stay.
 */
#ifndef FANFOLD_LAUNCHER_LAB_WORDS_H
#define FANFOLD_LAUNCHER_LAB_WORDS_H

#include "lab.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lab_name {
    LAB_NAME_OTHER,    /* stays as it is */
    LAB_NAME_VARIABLE, LAB_NAME_CORES, LAB_NAME_LAB, LAB_NAME_FANFOLD,
    LAB_NAME_PYTHON, LAB_NAME_MPIRUN, LAB_NAME_C, LAB_NAME_PY,
    LAB_NAME_UNKNOWN
};

/* A piece of a text: what stands before braces, and what in them. */
struct lab_piece {
    const char *before; /* n_before bytes */
    size_t n_before;
    enum lab_name kind;
    char name[64];      /* in the braces */
    size_t variable;    /* LAB_NAME_VARIABLE: which one */
};

/* The next piece of *at, which goes on behind it; false at the end, with the
 * rest in `before`. step NULL: there are no variables. */
bool lab_words_next(const char **at, const struct lab_step *step,
                    struct lab_piece *piece);

/* "cores", "2*cores", "cores/2": the number; 0: it is none of these. */
uint64_t lab_words_cores(const char *text, uint32_t cores);

/* The values of variables and of {cores} in their places, appended; the rest
 * stays. value[i]: of variable i. -1: no memory. */
int lab_words_fill(const char *text, const struct lab_step *step,
                   const char *const *value, uint32_t cores,
                   struct text *out);

#endif
