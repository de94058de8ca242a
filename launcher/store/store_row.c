/* SPDX-License-Identifier: Apache-2.0 */
/* A row as bytes: see store_row.h. */
#include "store_row.h"
#include "hash.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* Room for so many bytes more; doubled, so that rows cost what they have. */
static int make_room(struct store_bytes *b, size_t more)
{
    if (more <= b->room - b->n)
        return 0;
    size_t room = b->room == 0 ? 4096 : b->room;
    while (room - b->n < more) {
        if (room > SIZE_MAX / 2)
            return -1;
        room *= 2;
    }
    unsigned char *const at = realloc(b->at, room);
    if (at == NULL)
        return -1;
    b->at = at;
    b->room = room;
    return 0;
}

static void append(struct store_bytes *b, const void *bytes, size_t n)
{
    if (n > 0)
        memcpy(b->at + b->n, bytes, n);
    b->n += n;
}

static void append_number(struct store_bytes *b, uint64_t number)
{
    const uint64_t le = htole64(number);
    append(b, &le, sizeof le);
}

static uint64_t bits_of(double r)
{
    const double kept = r == 0 ? 0.0 : r;
    uint64_t bits;
    memcpy(&bits, &kept, sizeof bits);
    return bits;
}

static void append_value(struct store_bytes *b, const struct store_value *v)
{
    unsigned char type = (unsigned char)v->type;
    if (v->type == STORE_REAL && v->r != v->r)
        type = STORE_NULL;
    append(b, &type, 1);
    switch ((enum store_type)type) {
    case STORE_INT:
        append_number(b, (uint64_t)v->i);
        break;
    case STORE_REAL:
        append_number(b, bits_of(v->r));
        break;
    case STORE_TEXT:
    case STORE_BLOB:
        append_number(b, v->n);
        append(b, v->bytes, v->n);
        break;
    case STORE_NULL:
        break;
    }
}

int store_row_encode(struct store_bytes *to, enum store_table table,
                     const struct store_value *value, size_t n)
{
    const unsigned char number = (unsigned char)table;
    size_t bytes = 1;
    for (size_t i = 0; i < n; i++) {
        const size_t long_bytes = value[i].type >= STORE_TEXT ? value[i].n : 0;
        if (long_bytes > SIZE_MAX / 2 - bytes - 9)
            return -1;
        bytes += 9 + long_bytes;
    }
    if (make_room(to, bytes) != 0)
        return -1;
    append(to, &number, 1);
    for (size_t i = 0; i < n; i++)
        append_value(to, &value[i]);
    return 0;
}

struct cursor {
    const unsigned char *at;
    size_t left;
};

static int take_number(struct cursor *c, uint64_t *number)
{
    if (c->left < sizeof *number)
        return -1;
    memcpy(number, c->at, sizeof *number);
    *number = le64toh(*number);
    c->at += sizeof *number;
    c->left -= sizeof *number;
    return 0;
}

static int take_value(struct cursor *c, struct store_value *v)
{
    uint64_t number = 0;
    if (c->left < 1 || c->at[0] > STORE_BLOB)
        return -1;
    *v = (struct store_value){.type = (enum store_type)c->at[0]};
    c->at++;
    c->left--;
    if (v->type != STORE_NULL && take_number(c, &number) != 0)
        return -1;
    if (v->type == STORE_INT)
        v->i = (int64_t)number;
    else if (v->type == STORE_REAL)
        memcpy(&v->r, &number, sizeof v->r);
    if (v->type < STORE_TEXT)
        return 0;
    if (number > c->left)
        return -1;
    v->bytes = c->at;
    v->n = (size_t)number;
    c->at += v->n;
    c->left -= v->n;
    return 0;
}

int store_row_decode(const unsigned char *at, size_t bytes,
                     enum store_table table, struct store_value *value,
                     size_t n)
{
    struct cursor c = {at, bytes};
    if (table >= STORE_N_TABLES || n > store_tables[table].n_columns
        || bytes < 1 || at[0] != (unsigned char)table)
        return -1;
    c.at++;
    c.left--;
    for (size_t i = 0; i < n; i++)
        if (take_value(&c, &value[i]) != 0
            || !store_type_fits(&store_tables[table].column[i],
                                value[i].type))
            return -1;
    return c.left == 0 ? 0 : -1;
}

int64_t store_row_sum(const unsigned char *at, size_t bytes)
{
    return (int64_t)hash_bytes(at, bytes);
}

bool store_type_fits(const struct store_column *column, enum store_type type)
{
    if (type == STORE_NULL)
        return !column->key;
    return type == column->type
           || (type == STORE_TEXT && column->type == STORE_BLOB);
}

size_t store_n_keys(enum store_table table)
{
    const struct store_table_info *const info = &store_tables[table];
    size_t n = 0;
    while (n < info->n_columns && info->column[n].key)
        n++;
    return n;
}
