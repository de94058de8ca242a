/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the function: see python_call.h. Each executor thread keeps the
 * thread state that it was given when it came first. Nothing is made for an
 * item but its arguments: the function is looked up and classified when the
 * kernel is opened.
 */
#include "python_call.h"
#include "python_error.h"
#include "python_now.h"
#include "python_value.h"

#include <inttypes.h>
#include <stdio.h>

#define FAILURE_TEXT 2048 /* no failure of an item is longer (FAIL_TEXT) */

static _Thread_local PyThreadState *mine;
static const struct python_callee *callee;

void python_call_bind(const struct python_callee *to)
{
    callee = to;
}

static void enter(void)
{
    if (mine == NULL) {
        PyGILState_Ensure();
        mine = PyThreadState_Get();
    } else {
        PyEval_RestoreThread(mine);
    }
}

void python_call_leave(void)
{
    mine = PyEval_SaveThread();
}

static void begin(struct ff *ff, enum python_stage stage)
{
    enter();
    python_now.ff = ff;
    python_now.stage = stage;
    python_now_call(&python_now, 0, 0);
}

static void end(void)
{
    python_now.ff = NULL;
    python_now.stage = PYTHON_OUTSIDE;
    python_call_leave();
}

static void fail(struct ff *ff, uint64_t item, size_t room)
{
    char text[FAILURE_TEXT];
    python_error_take(text, room);
    ff->calls->fail(ff, item, "%s", text);
}

/* ---- arguments ----------------------------------------------------------- */

/* A text that may hold any bytes: what is no UTF-8 comes back as it was. */
static PyObject *text_of(const char *text, size_t n)
{
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)n, "surrogateescape");
}

static PyObject *number_of(uint64_t item)
{
    char text[24];
    switch (callee->parameter[0].type) {
    case PYTHON_FLOAT:
        return PyFloat_FromDouble((double)item);
    case PYTHON_STR:
        return text_of(text, (size_t)snprintf(text, sizeof text, "%" PRIu64,
                                              item));
    default:
        return PyLong_FromUnsignedLongLong(item);
    }
}

/* The text as the type that the parameter is annotated with. */
static PyObject *convert(PyObject *text, uint32_t i)
{
    const enum python_argument type = callee->parameter[i].type;
    if (text == NULL || (type != PYTHON_INT && type != PYTHON_FLOAT))
        return text;
    PyObject *value = PyObject_CallFunctionObjArgs(
        (PyObject *)(type == PYTHON_INT ? &PyLong_Type : &PyFloat_Type), text,
        NULL);
    if (value == NULL && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_ValueError, "%R is no %s, which parameter '%s' is "
                     "annotated as", text, type == PYTHON_INT ? "int" : "float",
                     callee->parameter[i].name);
    }
    Py_DECREF(text);
    return value;
}

/* Where the text of each parameter is, from 1 on: columns by name where all
 * parameters have one, else in their order; 0: all of the text. Asked for
 * once by each thread. */
static const uint32_t *columns(struct ff *ff)
{
    static _Thread_local uint32_t column[PYTHON_MAX_PARAMETERS];
    static _Thread_local bool known;
    bool named = true;
    if (known)
        return column;
    for (uint32_t i = 0; i < callee->n_parameters; i++) {
        column[i] = ff->calls->column_number(ff, callee->parameter[i].name);
        named = named && column[i] != 0;
    }
    for (uint32_t i = 0; i < callee->n_parameters && !named; i++)
        column[i] = callee->n_parameters == 1 ? 0 : i + 1;
    known = true;
    return column;
}

/* That of parameter i; of lines in their order, without a call. */
static PyObject *text_for(struct ff *ff, uint64_t item, uint32_t i)
{
    size_t n;
    const uint32_t column = columns(ff)[i];
    const char *text = column == 0 ? ff_item_text(ff, item, &n)
                                   : ff_item_column(ff, item, column, &n);
    return convert(text_of(text, n), i);
}

static PyObject *texts_of(struct ff *ff, uint64_t item)
{
    PyObject *all = PyTuple_New((Py_ssize_t)callee->n_parameters);
    for (uint32_t i = 0; all != NULL && i < callee->n_parameters; i++) {
        PyObject *one = text_for(ff, item, i);
        if (one == NULL || PyTuple_SetItem(all, (Py_ssize_t)i, one) != 0)
            Py_CLEAR(all);
    }
    return all;
}

/* ---- calls --------------------------------------------------------------- */

/* With the one argument, which is given up; NULL: an exception is set. */
static PyObject *call_one(PyObject *argument)
{
    PyObject *value = argument == NULL ? NULL
        : PyObject_CallFunctionObjArgs(callee->function, argument, NULL);
    Py_XDECREF(argument);
    return value;
}

static PyObject *call_texts(struct ff *ff, uint64_t item)
{
    PyObject *texts = texts_of(ff, item);
    PyObject *value =
        texts == NULL ? NULL : PyObject_CallObject(callee->function, texts);
    Py_XDECREF(texts);
    return value;
}

static PyObject *call(struct ff *ff, uint64_t item, uint64_t item_end)
{
    switch (callee->calling) {
    case PYTHON_BY_ITEM:
        return call_one(number_of(item));
    case PYTHON_BY_TEXT:
        return callee->n_parameters == 1 ? call_one(text_for(ff, item, 0))
                                         : call_texts(ff, item);
    case PYTHON_BY_CHUNK:
        return PyObject_CallFunction(callee->function, "KK",
                                     (unsigned long long)item,
                                     (unsigned long long)item_end);
    default:
        return PyObject_CallObject(callee->function, NULL);
    }
}

/* False: the chunk has failed. */
static bool run_one(struct ff *ff, uint64_t item, uint64_t item_end)
{
    python_now_call(&python_now, item, item_end);
    if (callee->calling != PYTHON_BY_CHUNK)
        python_now_choose(&python_now, item);
    PyObject *value = call(ff, item, item_end);
    const bool well = value != NULL
                      && python_value_take(ff, item, item_end, value) == 0;
    Py_XDECREF(value);
    if (!well)
        fail(ff, python_now_item(&python_now), FAILURE_TEXT);
    return well;
}

/* What print() has kept back. An error of it is the user's. */
static int flush(const char *stream)
{
    PyObject *out = PySys_GetObject(stream);
    PyObject *done = out == NULL || out == Py_None
                         ? Py_NewRef(Py_None)
                         : PyObject_CallMethod(out, "flush", NULL);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

void python_call_run(struct ff *ff, uint64_t first, uint64_t last)
{
    const bool whole = callee->calling == PYTHON_BY_CHUNK
                       || callee->calling == PYTHON_ONCE;
    begin(ff, PYTHON_ITEMS);
    for (uint64_t i = first; i < last; i = whole ? last : i + 1)
        if (!run_one(ff, i, whole ? last : i + 1))
            break;
    if (callee->flush && flush("stdout") != 0)
        fail(ff, first, FAILURE_TEXT);
    end();
}

static void call_plain(struct ff *ff, PyObject *function,
                       enum python_stage stage)
{
    begin(ff, stage);
    PyObject *done = PyObject_CallObject(function, NULL);
    if (done == NULL)
        fail(ff, 0, FAILURE_TEXT);
    Py_XDECREF(done);
    if (flush("stdout") != 0)
        PyErr_Clear();
    if (flush("stderr") != 0)
        PyErr_Clear();
    end();
}

void python_call_setup(struct ff *ff)
{
    call_plain(ff, callee->setup, PYTHON_SETUP);
}

void python_call_teardown(struct ff *ff)
{
    python_value_tell(ff);
    call_plain(ff, callee->teardown, PYTHON_TEARDOWN);
}
