/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module _fanfold: see python_module.h. What is asked is answered for the
 * call that this thread is in (python_now.h); outside of one it is an error
 * that says so, for whatever answer there was would be that of another item.
 */
#include "python_module.h"
#include "python_failed.h"
#include "python_now.h"
#include "python_print.h"
#include "python_random.h"

#include <string.h>

/* What does not change while the worker lives. */
static const struct python_request *worker;
static struct ff_decl *const *declared;
static size_t n_declared;

#define UNUSED_SELF PyObject *self __attribute__((unused))
#define UNUSED_ARGS PyObject *args __attribute__((unused))

/* ---- the call ------------------------------------------------------------ */

static PyObject *call_at(UNUSED_SELF, PyObject *arg)
{
    struct python_now *now = python_call_of("at");
    const unsigned long long item = now != NULL ? PyLong_AsUnsignedLongLong(arg)
                                                : 0;
    if (now == NULL || PyErr_Occurred())
        return NULL;
    if (now->stage != PYTHON_ITEMS || item < now->begin || item >= now->end)
        return PyErr_Format(PyExc_ValueError, "fanfold.at(%llu): this call is "
                            "for [%llu, %llu)", item,
                            (unsigned long long)now->begin,
                            (unsigned long long)now->end);
    python_now_choose(now, item);
    return PyLong_FromUnsignedLongLong(item);
}

static PyObject *call_item(UNUSED_SELF, UNUSED_ARGS)
{
    const struct python_now *now = python_item_of("item");
    return now == NULL ? NULL : PyLong_FromUnsignedLongLong(now->stream.item);
}

static PyObject *call_text(UNUSED_SELF, UNUSED_ARGS)
{
    size_t n;
    struct python_now *now = python_item_of("text");
    if (now == NULL)
        return NULL;
    const char *text = ff_item_text(now->ff, now->stream.item, &n);
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)n, "surrogateescape");
}

static PyObject *call_first(UNUSED_SELF, UNUSED_ARGS)
{
    const struct python_now *now = python_call_of("first");
    return now == NULL ? NULL : PyLong_FromUnsignedLongLong(now->ff->first);
}

static PyObject *call_last(UNUSED_SELF, UNUSED_ARGS)
{
    const struct python_now *now = python_call_of("last");
    return now == NULL ? NULL : PyLong_FromUnsignedLongLong(now->ff->last);
}

static PyObject *call_thread(UNUSED_SELF, UNUSED_ARGS)
{
    const struct python_now *now = python_call_of("thread");
    return now == NULL ? NULL : PyLong_FromUnsignedLong(now->ff->thread);
}

/* ---- the worker ---------------------------------------------------------- */

static PyObject *call_rank(UNUSED_SELF, UNUSED_ARGS)
{
    return PyLong_FromUnsignedLong(worker->rank);
}

static PyObject *call_size(UNUSED_SELF, UNUSED_ARGS)
{
    return PyLong_FromUnsignedLong(worker->size);
}

static PyObject *call_node(UNUSED_SELF, UNUSED_ARGS)
{
    return PyLong_FromUnsignedLong(worker->node);
}

static PyObject *call_threads(UNUSED_SELF, UNUSED_ARGS)
{
    return PyLong_FromUnsignedLong(worker->threads);
}

static PyObject *call_seed(UNUSED_SELF, UNUSED_ARGS)
{
    return PyLong_FromUnsignedLongLong(worker->seed);
}

/* ---- telling ------------------------------------------------------------- */

/* The output of that name, NULL the first one: its number. -1 with an
 * exception. */
static int output_named(const char *name)
{
    for (size_t i = 0; i < n_declared; i++)
        if (declared[i]->kind == FF_DECL_OUTPUT
            && (name == NULL ? declared[i]->index == 0
                             : strcmp(name, declared[i]->name) == 0))
            return (int)declared[i]->index;
    if (name == NULL)
        PyErr_SetString(PyExc_RuntimeError, "fanfold.emit(): the file declares "
                        "no output, as in fanfold.output('lines')");
    else
        PyErr_Format(PyExc_RuntimeError, "fanfold.emit(): the file declares no "
                     "output '%s', as in fanfold.output('%s')", name, name);
    return -1;
}

static PyObject *call_emit(UNUSED_SELF, PyObject *args, PyObject *words)
{
    static char words_data[] = "data", words_output[] = "output";
    static char *names[] = {words_data, words_output, NULL};
    PyObject *data;
    const char *name = NULL;
    const struct python_now *now = python_call_of("emit");
    if (now == NULL
        || !PyArg_ParseTupleAndKeywords(args, words, "O|z:emit", names, &data,
                                        &name))
        return NULL;
    const int output = output_named(name);
    if (output < 0 || python_emit(now->ff, (uint32_t)output, data) != 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *call_log(UNUSED_SELF, PyObject *arg)
{
    const struct python_now *now = python_call_of("log");
    PyObject *text = now != NULL ? PyObject_Str(arg) : NULL;
    const char *utf8 = text != NULL ? PyUnicode_AsUTF8AndSize(text, NULL)
                                    : NULL;
    if (utf8 != NULL)
        ff_log(now->ff, "%s", utf8);
    Py_XDECREF(text);
    if (utf8 == NULL)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *call_fail(UNUSED_SELF, PyObject *arg)
{
    if (python_item_of("fail") != NULL)
        python_fail("%S", arg);
    return NULL;
}

/* ---- the module ---------------------------------------------------------- */

static PyMethodDef methods[] = {
    {"rank", call_rank, METH_NOARGS, "rank(): of this worker, from 0 on"},
    {"size", call_size, METH_NOARGS, "size(): workers in all"},
    {"node", call_node, METH_NOARGS, "node(): where this worker runs, from 0"},
    {"threads", call_threads, METH_NOARGS, "threads(): of this worker"},
    {"seed", call_seed, METH_NOARGS, "seed(): of the run"},
    {"thread", call_thread, METH_NOARGS, "thread(): this one, from 0 on"},
    {"first", call_first, METH_NOARGS, "first(): item of the run"},
    {"last", call_last, METH_NOARGS, "last(): behind the last item"},
    {"at", call_at, METH_O,
     "at(item): what follows is about this item of (begin, end)"},
    {"item", call_item, METH_NOARGS, "item(): the one at hand"},
    {"text", call_text, METH_NOARGS, "text(): of the item"},
    {"emit", (PyCFunction)(void (*)(void))call_emit,
     METH_VARARGS | METH_KEYWORDS,
     "emit(data, output=None): text or bytes to an output"},
    {"log", call_log, METH_O, "log(text): a line on standard error"},
    {"fail", call_fail, METH_O, "fail(text): the item cannot be done"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_fanfold", .m_size = -1,
    .m_methods = methods};

PyObject *python_module_create(const struct python_request *request)
{
    PyObject *module = PyModule_Create(&definition);
    worker = request;
    if (module != NULL && python_failed() != NULL
        && PyModule_AddObjectRef(module, "Failed", python_failed()) == 0
        && python_random_add(module) == 0)
        return module;
    Py_XDECREF(module);
    return NULL;
}

void python_module_declare(struct ff_decl *const *decl, size_t n)
{
    declared = decl;
    n_declared = n;
}
