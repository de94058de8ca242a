/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row as bytes: of which its checksum is taken, and as which it waits in a
 * batch. Pure.
 *
 *     the number of the table, one byte (enum store_table)
 *     for each value   its type, one byte (enum store_type), then
 *         INT          8 bytes, two's complement
 *         REAL         8 bytes, IEEE 754
 *         TEXT, BLOB   its length, 8 bytes; so many bytes
 *         NULL         nothing
 *
 * Numbers are little-endian. The checksum is the XXH3 (64 bits, no seed) of
 * these bytes, as a number with a sign. SQLite has no NaN and no -0.0: they are
 * NULL and 0.0.
 */
#ifndef FANFOLD_LAUNCHER_STORE_ROW_H
#define FANFOLD_LAUNCHER_STORE_ROW_H

#include "store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_bytes {
    unsigned char *at;
    size_t n, room;
};

/* Appends the row of these n values: 0; -1 without memory. */
int store_row_encode(struct store_bytes *to, enum store_table table,
                     const struct store_value *value, size_t n);

/* The n values of the row at `at`, which is all of so many bytes; they point
 * into it. -1: it is not one of that table, or a value is not of its column. */
int store_row_decode(const unsigned char *at, size_t bytes,
                     enum store_table table, struct store_value *value,
                     size_t n);

int64_t store_row_sum(const unsigned char *at, size_t bytes);

/* May a value of this type stand in the column? NULL where it is no key, and a
 * text in place of a blob. */
bool store_type_fits(const struct store_column *column, enum store_type type);

/* The keys are the first columns. */
size_t store_n_keys(enum store_table table);

#endif
