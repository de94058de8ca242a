/* SPDX-License-Identifier: Apache-2.0 */
/* Text in UTF-8 (RFC 3629). */
#ifndef FANFOLD_LAUNCHER_UTF8_H
#define FANFOLD_LAUNCHER_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The first character of n > 0 bytes: how many bytes it has, with its number
 * in *code; 0: this is not UTF-8. */
size_t utf8_first(const char *text, size_t n, uint32_t *code);

#endif
