/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers of an item: see python_random.h. The functions use the stream
 * of the item at hand, which begins anew with each item (python_now.h); a
 * Stream is one of its own, of any item, from its beginning.
 */
#include "python_random.h"
#include "python_now.h"

#include <stdlib.h>

#define UNUSED_SELF PyObject *self __attribute__((unused))
#define UNUSED_ARGS PyObject *args __attribute__((unused))

/* ---- numbers ------------------------------------------------------------- */

/* An int of that many bits: words of 64 bits, the lowest first; of the last the
 * highest bits. */
static PyObject *wide_bits(struct ff_rng *r, size_t bits)
{
    const size_t n = (bits + 63) / 64, rest = n * 64 - bits;
    unsigned char *bytes = malloc(n * 8);
    if (bytes == NULL)
        return PyErr_NoMemory();
    for (size_t i = 0; i < n; i++) {
        const uint64_t word = ff_random(r) >> (i == n - 1 ? rest : 0);
        for (size_t k = 0; k < 8; k++)
            bytes[8 * i + k] = (unsigned char)(word >> 8 * k);
    }
    PyObject *x = PyObject_CallMethod((PyObject *)&PyLong_Type, "from_bytes",
                                      "y#s", (const char *)bytes,
                                      (Py_ssize_t)(n * 8), "little");
    free(bytes);
    return x;
}

static PyObject *bits_of(struct ff_rng *r, PyObject *arg)
{
    const Py_ssize_t bits = PyLong_AsSsize_t(arg);
    if (bits == -1 && PyErr_Occurred())
        return NULL;
    if (bits < 0) {
        PyErr_SetString(PyExc_ValueError, "number of bits must be "
                        "non-negative");
        return NULL;
    }
    return bits == 0    ? PyLong_FromLong(0)
           : bits <= 64 ? PyLong_FromUnsignedLongLong(ff_random(r)
                                                      >> (64 - bits))
                        : wide_bits(r, (size_t)bits);
}

/* array.array("d") of n numbers. */
static PyObject *uniforms_of(struct ff_rng *r, PyObject *arg)
{
    const Py_ssize_t n = PyLong_AsSsize_t(arg);
    if (n == -1 && PyErr_Occurred())
        return NULL;
    if (n < 0 || n > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(double)) {
        PyErr_SetString(PyExc_ValueError, "how many numbers must be "
                        "non-negative");
        return NULL;
    }
    PyObject *bytes = PyBytes_FromStringAndSize(
        NULL, n * (Py_ssize_t)sizeof(double));
    PyObject *module = bytes != NULL ? PyImport_ImportModule("array") : NULL;
    PyObject *array = NULL;
    if (module != NULL) {
        double *x = (double *)(void *)PyBytes_AsString(bytes);
        for (Py_ssize_t i = 0; i < n; i++)
            x[i] = ff_uniform(r);
        array = PyObject_CallMethod(module, "array", "sO", "d", bytes);
    }
    Py_XDECREF(module);
    Py_XDECREF(bytes);
    return array;
}

/* ---- of the item at hand ------------------------------------------------- */

static PyObject *call_uniform(UNUSED_SELF, UNUSED_ARGS)
{
    struct python_now *now = python_item_of("uniform");
    return now == NULL ? NULL : PyFloat_FromDouble(ff_uniform(&now->stream));
}

static PyObject *call_getrandbits(UNUSED_SELF, PyObject *arg)
{
    struct python_now *now = python_item_of("getrandbits");
    return now == NULL ? NULL : bits_of(&now->stream, arg);
}

static PyObject *call_random(UNUSED_SELF, PyObject *arg)
{
    struct python_now *now = python_item_of("random");
    return now == NULL ? NULL : uniforms_of(&now->stream, arg);
}

static PyMethodDef functions[] = {
    {"uniform", call_uniform, METH_NOARGS,
     "uniform(): in [0, 1), the next one of the item's stream"},
    {"getrandbits", call_getrandbits, METH_O,
     "getrandbits(k): an int of k random bits of the item's stream"},
    {"random", call_random, METH_O,
     "random(n): array of the next n uniform() of the item's stream"},
    {NULL, NULL, 0, NULL},
};

/* ---- a stream of its own ------------------------------------------------- */

struct stream {
    PyObject_HEAD
    uint64_t item, block;
    uint32_t word[4], left;
};

/* The stream goes on in the call that this thread is in: only there is an
 * engine that knows the seed. NULL with an exception. */
static struct ff_rng *go_on(struct stream *s, struct ff_rng *r)
{
    const struct python_now *now = &python_now;
    if (now->ff == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "fanfold.Random outside of a call "
                        "of the kernel");
        return NULL;
    }
    *r = ff_rng(now->ff, s->item);
    r->block = s->block;
    r->left = s->left;
    memcpy(r->word, s->word, sizeof r->word);
    return r;
}

static void keep(struct stream *s, const struct ff_rng *r)
{
    s->block = r->block;
    s->left = r->left;
    memcpy(s->word, r->word, sizeof s->word);
}

static int stream_init(PyObject *self, PyObject *args,
                       PyObject *words __attribute__((unused)))
{
    struct stream *s = (struct stream *)self;
    PyObject *item;
    if (!PyArg_ParseTuple(args, "O:Stream", &item))
        return -1;
    s->item = PyLong_AsUnsignedLongLong(item);
    s->block = s->left = 0;
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *stream_uniform(PyObject *self, UNUSED_ARGS)
{
    struct ff_rng r;
    if (go_on((struct stream *)self, &r) == NULL)
        return NULL;
    const double x = ff_uniform(&r);
    keep((struct stream *)self, &r);
    return PyFloat_FromDouble(x);
}

static PyObject *stream_getrandbits(PyObject *self, PyObject *arg)
{
    struct ff_rng r;
    if (go_on((struct stream *)self, &r) == NULL)
        return NULL;
    PyObject *x = bits_of(&r, arg);
    keep((struct stream *)self, &r);
    return x;
}

static PyMethodDef stream_methods[] = {
    {"uniform", stream_uniform, METH_NOARGS, "as fanfold.uniform()"},
    {"getrandbits", stream_getrandbits, METH_O, "as fanfold.getrandbits()"},
    {NULL, NULL, 0, NULL},
};

static char stream_doc[] =
    "Stream(item): its random numbers, from the first one on";

static PyType_Slot stream_slots[] = {
    {Py_tp_init, stream_init},
    {Py_tp_methods, stream_methods},
    {Py_tp_doc, stream_doc},
    {0, NULL},
};

static PyType_Spec stream_spec = {
    .name = "_fanfold.Stream", .basicsize = sizeof(struct stream),
    .flags = Py_TPFLAGS_DEFAULT, .slots = stream_slots};

int python_random_add(PyObject *module)
{
    PyObject *stream = PyType_FromSpec(&stream_spec);
    const int rc = stream == NULL ? -1
                   : PyModule_AddObjectRef(module, "Stream", stream);
    Py_XDECREF(stream);
    return rc != 0 ? -1 : PyModule_AddFunctions(module, functions);
}
