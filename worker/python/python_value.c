/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what the function returned to the buffers of its results: see
 * python_value.h. One number for one result, by far the most frequent, does not
 * come by anything else that there is here.
 */
#include "python_value.h"
#include "python_buffer.h"
#include "python_elements.h"
#include "python_entry.h"
#include "python_failed.h"
#include "python_number.h"
#include "python_print.h"
#include "python_row.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What is folded, for as long as the process lives. */
static struct {
    const struct python_field *field;
    uint32_t n;
    bool round;
    bool some;              /* something else than None was returned, */
    uint64_t n_none;        /* and how often that was */
    struct python_key *key; /* of each field; made with the first value */
    const struct ff_decl *print;
} bound;

/* A call's value on its way into one result. */
struct taking {
    const struct python_field *field;
    struct ff *ff;
    uint64_t begin, end;
};

void python_value_bind(const struct python_field *field, uint32_t n,
                       const struct ff_decl *printed)
{
    bound.field = field;
    bound.n = n;
    bound.print = printed;
}

void python_value_round(void)
{
    bound.round = true;
}

/* (One of the workers is enough.) */
void python_value_tell(const struct ff *ff)
{
    if (ff->rank == 0 && bound.n > 0 && bound.n_none > 0 && !bound.some)
        ff->calls->log(ff, "the function returned None for all of its %"
                       PRIu64 " calls, so that nothing is folded: has it a "
                       "return?", bound.n_none);
}

/* ---- single values ------------------------------------------------------- */

/* Where the next values of the source go. */
static inline struct ff_buffer *room(struct ff *ff,
                                     const struct python_field *f)
{
    struct ff_buffer *b = &ff->buffer[f->index];
    if (b->n + f->places > b->room)
        ff->calls->flush(ff, f->index);
    return b;
}

static inline void push(struct ff *ff, const struct python_field *f,
                        union ff_value x, uint64_t item)
{
    struct ff_buffer *b = room(ff, f);
    b->value[b->n] = x;
    if (f->places == 2)
        b->value[b->n + 1].u64 = item;
    b->n += f->places;
}

/* ---- arrays -------------------------------------------------------------- */

/* (Others may run while an array is folded.) */
static void push_whole(const struct taking *t, const void *data, uint64_t n)
{
    Py_BEGIN_ALLOW_THREADS
    t->ff->calls->array(t->ff, t->field->index, data, n);
    Py_END_ALLOW_THREADS
}

static int push_each(const struct taking *t, struct python_buffer *array)
{
    const struct python_field *f = t->field;
    const uint64_t step = array->n == t->end - t->begin;
    while (array->done < array->n) {
        struct ff_buffer *b = room(t->ff, f);
        const uint64_t first = array->done, left = array->n - first;
        const uint64_t space = (b->room - b->n) / f->places;
        const uint64_t n = left < space ? left : space;
        if (python_buffer_take(array, f->type, bound.round, f->places,
                               f->name, b->value + b->n, n) != 0)
            return -1;
        for (uint64_t i = 0; f->places == 2 && i < n; i++)
            b->value[b->n + 2 * i + 1].u64 = t->begin + step * (first + i);
        b->n += (uint32_t)(n * f->places);
    }
    return 0;
}

static int take_array(const struct taking *t, struct python_buffer *array)
{
    const void *whole = t->field->places == 1
                            ? python_buffer_as(array, t->field->type) : NULL;
    if (whole == NULL)
        return push_each(t, array);
    push_whole(t, whole, array->n);
    return 0;
}

/* ---- vectors ------------------------------------------------------------- */

/* All elements to the vector result, by way of a copy where they must be
 * converted. */
static int take_elements(const struct taking *t, struct python_elements *e)
{
    const struct python_field *f = t->field;
    const void *x = python_elements_as(e, f->type);
    union ff_value *copy = NULL;
    int rc = 0;
    if (e->n != f->n)
        return python_fail("result '%s': %llu elements, not %llu", f->name,
                           (unsigned long long)e->n,
                           (unsigned long long)f->n);
    if (x == NULL) {
        x = copy = malloc(f->n * sizeof *copy);
        if (copy == NULL)
            PyErr_NoMemory();
        rc = copy == NULL ? -1
             : python_elements_take(e, f->type, bound.round, f->name, copy,
                                    f->n);
    }
    if (rc == 0)
        t->ff->calls->vector(t->ff, f->index, x);
    free(copy);
    return rc;
}

static int take_vector(const struct taking *t, PyObject *value)
{
    struct python_elements e;
    int rc = python_elements_open(&e, value, t->field->name);
    if (rc == 0)
        return python_fail("result '%s': %.80R is no array of %llu numbers",
                           t->field->name, value,
                           (unsigned long long)t->field->n);
    if (rc == 1) {
        rc = take_elements(t, &e);
        python_elements_close(&e);
    }
    return rc;
}

/* ---- fields -------------------------------------------------------------- */

static int no_number(const struct taking *t, PyObject *value)
{
    const char *name = t->field->name;
    if (python_is_list(value))
        return python_fail("result '%s': %.80R is a sequence: fold one of its "
                           "elements, as in OP:1, or return an array "
                           "(array.array, NumPy), of which each element is "
                           "folded", name, value);
    if (PyUnicode_Check(value) || PyBytes_Check(value))
        return python_fail("result '%s': %.80R is a text, not a number: return "
                           "float() or int() of it", name, value);
    return python_fail("result '%s': %.80R is not a number", name, value);
}

/* A number or an array. 0: it is none. */
static int take_value(const struct taking *t, PyObject *value)
{
    const struct python_field *f = t->field;
    union ff_value x;
    if (value == Py_None)
        return 1;
    if (f->into == PYTHON_VECTOR)
        return take_vector(t, value) == 0 ? 1 : -1;
    if (f->into == PYTHON_ROW)
        return python_row_take(t->ff, f, t->begin, t->end, bound.round,
                               value) == 0 ? 1 : -1;
    if (!PyFloat_Check(value) && !PyLong_Check(value)) {
        struct python_buffer array;
        const int opened = python_buffer_open(&array, value, f->name);
        if (opened < 0)
            return -1;
        if (opened == 1) {
            const int rc = take_array(t, &array);
            python_buffer_close(&array);
            return rc == 0 ? 1 : -1;
        }
    }
    const int rc = python_number(value, f->type, bound.round, f->name,
                                 &x);
    if (rc == 1)
        push(t->ff, f, x, t->begin);
    return rc;
}

/* What of the value is the field: found, or the value itself. */
static int take_field(const struct taking *t, const struct python_key *key,
                      PyObject *value)
{
    PyObject *entry = NULL;
    int rc = 0;
    if (!python_key_wants_entry(key, value))
        rc = take_value(t, value);
    if (rc != 0)
        return rc == 1 ? 0 : -1;
    rc = python_key_find(key, value, t->field, &entry);
    if (rc == 1)
        rc = take_value(t, entry);
    else if (rc == 0)
        return no_number(t, value);
    if (rc == 0)
        no_number(t, entry);
    Py_XDECREF(entry);
    return rc == 1 ? 0 : -1;
}

/* Anything but one double for one result. */
static int take_fields(struct ff *ff, uint64_t begin, uint64_t end,
                       PyObject *value)
{
    if (bound.key == NULL
        && (bound.key = python_keys(bound.field, bound.n)) == NULL)
        return -1;
    for (uint32_t i = 0; i < bound.n; i++) {
        const struct taking t = {&bound.field[i], ff, begin, end};
        if (take_field(&t, &bound.key[i], value) != 0)
            return -1;
    }
    return 0;
}

int python_value_take(struct ff *ff, uint64_t begin, uint64_t end,
                      PyObject *value)
{
    const struct python_field *f = bound.field;
    if (value == Py_None) {
        bound.n_none++;
        return 0;
    }
    bound.some = true;
    if (bound.n == 0)
        return bound.print == NULL ? 0
               : python_print(ff, bound.print->index, value);
    if (bound.n > 1 || f->type != 'd' || f->field != NULL
        || f->into != PYTHON_VALUE || !PyFloat_CheckExact(value))
        return take_fields(ff, begin, end, value);
    push(ff, f, (union ff_value){.f64 = PyFloat_AsDouble(value)}, begin);
    return 0;
}
