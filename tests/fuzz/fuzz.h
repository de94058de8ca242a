/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the harnesses share. Each fuzz_NAME.c has one function, which libFuzzer
 * calls with any bytes (configure --enable-fuzzing, make check-fuzz) and
 * replay.c with those of tests/fuzz/corpus/NAME (make check). It ends the
 * process when what it tests breaks its word; what the word is stands in the
 * head of each.
 */
#ifndef FANFOLD_TESTS_FUZZ_H
#define FANFOLD_TESTS_FUZZ_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process, with what was expected in vain. */
void fuzz_fail(const char *file, int line, const char *what)
    __attribute__((noreturn));

#define FUZZ_EXPECT(what) \
    ((what) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #what))

/* Bytes that are used up from the front. */
struct fuzz_input {
    const uint8_t *at;
    size_t n;
};

/* The next byte; 0 when there is none. */
uint8_t fuzz_byte(struct fuzz_input *in);

/* The next n bytes or what there is, in memory of just that size, with a zero
 * byte behind it; to be freed. */
char *fuzz_take(struct fuzz_input *in, size_t n);

/* The bytes up to the next zero byte, which is used up, or to the end. */
char *fuzz_text(struct fuzz_input *in);

/* All that is left, its own zero bytes too; *n of them. */
char *fuzz_rest(struct fuzz_input *in, size_t *n);

/* An error of this status, which has said why. */
void fuzz_expect_error(const struct ff_error *err, int status);

#endif
