/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options, of the kinds that several have. Each sets what it is given
 * and returns NULL; or returns what is wrong, to stand behind the quoted text,
 * and sets nothing. */
#ifndef FANFOLD_LAUNCHER_OPTION_VALUE_H
#define FANFOLD_LAUNCHER_OPTION_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* Whole numbers: 0 .. 2^64 - 1; 1 .. most; 1 .. 2^32 - 1. */
const char *option_whole(uint64_t *out, const char *text);
const char *option_positive(uint64_t *out, const char *text, uint64_t most);
const char *option_positive_u32(uint32_t *out, const char *text);

/* Bytes: 4096, 64K, 1.5G; K, M, G, T are powers of 1024 (k, m, g, t: of 1000, as
 * GNU parallel has them). 1 and more. */
const char *option_size(uint64_t *out, const char *text);

/* In nanoseconds. */
const char *option_duration(uint64_t *out, const char *text);

/* A text that is not empty. */
const char *option_text(const char **out, const char *text);

/* A:B is [A, B); A-B is [A, B + 1). */
const char *option_range(uint64_t *from, uint64_t *to, const char *text);

/* The text of a flag. */
bool option_is_on(const char *text);

#endif
