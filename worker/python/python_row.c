/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of array files: see python_row.h. Doubles are rounded to floats, as
 * such an array asks for it; ints must fit. */
#include "python_row.h"
#include "python_elements.h"
#include "python_failed.h"
#include "python_number.h"

#include <string.h>

#define PIECE 64 /* elements that are converted at once */

/* The type of the values that elements are made from. */
static char wide(char type)
{
    return type == 'f' ? 'd' : type == 'l' ? 'i' : type == 'c' ? 'u' : type;
}

static size_t bytes_of(char type)
{
    return type == 'c' ? 1 : type == 'f' || type == 'l' ? 4 : 8;
}

/* False: it does not fit. */
static bool store(char type, union ff_value x, char *at)
{
    const float single = (float)x.f64;
    const int32_t whole = (int32_t)x.i64;
    const uint8_t small = (uint8_t)x.u64;
    switch (type) {
    case 'f':
        memcpy(at, &single, sizeof single);
        return true;
    case 'l':
        memcpy(at, &whole, sizeof whole);
        return whole == x.i64;
    case 'c':
        memcpy(at, &small, sizeof small);
        return small == x.u64;
    default:
        memcpy(at, &x, sizeof x);
        return true;
    }
}

static int store_all(const struct python_field *f, const union ff_value *x,
                     uint64_t n, char *at)
{
    for (uint64_t i = 0; i < n; i++, at += bytes_of(f->type))
        if (!store(f->type, x[i], at))
            return python_fail("result '%s': %lld does not fit into an element "
                               "of the array", f->name, (long long)x[i].i64);
    return 0;
}

static int fill_row(const struct python_field *f, struct python_elements *e,
                    bool round, char *row)
{
    union ff_value x[PIECE];
    for (uint64_t done = 0, n; done < f->n; done += n) {
        n = f->n - done < PIECE ? f->n - done : PIECE;
        if (python_elements_take(e, wide(f->type), round, f->name, x, n) != 0
            || store_all(f, x, n, row + done * bytes_of(f->type)) != 0)
            return -1;
    }
    return 0;
}

static int wrong_number(const struct python_field *f, uint64_t n,
                        uint64_t n_items)
{
    if (n_items == 1)
        return python_fail("result '%s': %llu elements, not %llu", f->name,
                           (unsigned long long)n, (unsigned long long)f->n);
    return python_fail("result '%s': %llu elements, not %llu for each of %llu "
                       "items", f->name, (unsigned long long)n,
                       (unsigned long long)f->n, (unsigned long long)n_items);
}

static int fill_rows(struct ff *ff, const struct python_field *f,
                     uint64_t begin, uint64_t end, bool round,
                     struct python_elements *e)
{
    const size_t row_bytes = f->n * bytes_of(f->type);
    const char *all = bytes_of(f->type) == 8 ? python_elements_as(e, f->type)
                                             : NULL;
    if (e->n % f->n != 0 || e->n / f->n != end - begin)
        return wrong_number(f, e->n, end - begin);
    for (uint64_t item = begin; item < end; item++) {
        char *row = ff->calls->row(ff, f->index, item);
        if (all != NULL)
            memcpy(row, all + (item - begin) * row_bytes, row_bytes);
        else if (fill_row(f, e, round, row) != 0)
            return -1;
    }
    return 0;
}

int python_row_take(struct ff *ff, const struct python_field *f,
                    uint64_t begin, uint64_t end, bool round, PyObject *value)
{
    struct python_elements e;
    union ff_value x;
    int rc = python_elements_open(&e, value, f->name);
    if (rc == 1) {
        rc = fill_rows(ff, f, begin, end, round, &e);
        python_elements_close(&e);
        return rc;
    }
    if (rc == 0 && f->n == 1 && end - begin == 1)
        rc = python_number(value, wide(f->type), round, f->name, &x);
    if (rc == 1)
        return store_all(f, &x, 1, ff->calls->row(ff, f->index, begin));
    if (rc == 0)
        python_fail("result '%s': %.80R is no row of %llu numbers", f->name,
                    value, (unsigned long long)f->n);
    return -1;
}
