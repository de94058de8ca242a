/* SPDX-License-Identifier: Apache-2.0 */
/* The plug-in's one entry: see python_plugin.h. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "fanfold_py.h"
#include "interpret.h"

#include <string.h>

static PyObject *function;
static const struct python_field *fields;
static uint32_t n_fields;
static bool by_item;
static struct ff_decl decl[4];
static struct ff_decl *decls[4];
static uint64_t n_items;
static const char *folds[64];
static _Thread_local PyThreadState *mine;

static void enter(void)
{
    if (mine == NULL) {
        PyGILState_Ensure();
        mine = PyThreadState_Get();
    } else {
        PyEval_RestoreThread(mine);
    }
}

static void leave(void)
{
    mine = PyEval_SaveThread();
}

static void take(struct ff *ff, uint64_t item, PyObject *value)
{
    for (uint32_t i = 0; i < n_fields; i++) {
        const double x = PyFloat_AsDouble(value);
        struct ff_buffer *b = &ff->buffer[fields[i].index];
        if (b->n + 2 > b->room)
            ff->calls->flush(ff, fields[i].index);
        b->value[b->n].f64 = x;
        b->value[b->n + 1].u64 = item;
        b->n += 2;
    }
    if (n_fields == 0 && value != Py_None) {
        PyObject *text = PyObject_Str(value);
        Py_ssize_t n;
        const char *utf8 = PyUnicode_AsUTF8AndSize(text, &n);
        ff->calls->emit(ff, 0, utf8, (size_t)n);
        ff->calls->emit(ff, 0, "\n", 1);
        Py_DECREF(text);
    }
}

static void run(struct ff *ff, uint64_t begin, uint64_t end)
{
    enter();
    for (uint64_t i = begin; i < end; i = by_item ? i + 1 : end) {
        PyObject *value =
            by_item ? PyObject_CallFunction(function, "K", i)
                    : PyObject_CallFunction(function, "KK", begin, end);
        if (value == NULL) {
            PyErr_Print();
            ff->calls->fail(ff, i, "exception");
            break;
        }
        take(ff, i, value);
        Py_DECREF(value);
    }
    leave();
}

static void bind(const struct python_field *field, uint32_t n)
{
    fields = field;
    n_fields = n;
}

static uint64_t items(void)
{
    return n_items;
}

static int import(const struct python_request *r, struct python_kernel *k,
                  struct ff_error *err)
{
    PyObject *module = PyModule_New("fanfold");
    PyObject *all = PyModule_GetDict(module);
    PyDict_SetItemString(all, "__builtins__", PyEval_GetBuiltins());
    PyDict_SetItemString(PyImport_GetModuleDict(), "fanfold", module);
    PyDict_SetItemString(PyImport_GetModuleDict(), "_fanfold", module);
    PyObject *code = Py_CompileString(fanfold_py, "fanfold.py", Py_file_input);
    PyObject *done = code != NULL ? PyEval_EvalCode(code, all, all) : NULL;
    PyObject *request =
        done == NULL ? NULL
        : Py_BuildValue("{s:s,s:s,s:z,s:y#}", "name", r->name, "file", r->file,
                        "function", r->function, "source", r->source,
                        (Py_ssize_t)r->n_source);
    PyObject *found = request == NULL ? NULL
        : PyObject_CallMethod(module, "_load", "O", request);
    if (found == NULL) {
        PyErr_Print();
        return ff_error_set(err, FF_USAGE, "cannot open kernel '%s'", r->name);
    }
    PyObject *results = PyTuple_GetItem(found, 3);
    PyObject *n = PyTuple_GetItem(found, 2);
    function = PyTuple_GetItem(found, 0);
    by_item = PyLong_AsLong(PyTuple_GetItem(found, 1)) == 1;
    k->decl = decls;
    uint32_t d = 0;
    decl[d++] = (struct ff_decl){.abi = FF_ABI, .kind = FF_DECL_KERNEL,
        .op = FF_KERNEL_CHUNKS, .name = "kernel", .file = r->file,
        .at.kernel = run};
    if (n != Py_None) {
        n_items = PyLong_AsUnsignedLongLong(n);
        decl[d++] = (struct ff_decl){.abi = FF_ABI, .kind = FF_DECL_ITEMS,
            .name = "items", .file = r->file, .at.items = items};
    }
    if (PyList_Size(results) == 0 && !r->folds)
        decl[d++] = (struct ff_decl){.abi = FF_ABI, .kind = FF_DECL_OUTPUT,
            .name = "values", .file = r->file, .about = ""};
    for (uint32_t i = 0; i < d; i++) {
        decl[i].about = "";
        decls[i] = &decl[i];
    }
    k->n_decls = d;
    for (Py_ssize_t i = 0; i < PyList_Size(results); i++)
        folds[k->n_folds++] =
            PyUnicode_AsUTF8AndSize(PyList_GetItem(results, i), NULL);
    k->fold = folds;
    k->bind = bind;
    return 0;
}

__attribute__((visibility("default")))
int fanfold_python_open(const struct python_request *request,
                        struct python_kernel *kernel, struct ff_error *err);

int fanfold_python_open(const struct python_request *request,
                        struct python_kernel *kernel, struct ff_error *err)
{
    if (interpret_start(request, err) != 0)
        return -1;
    const int rc = import(request, kernel, err);
    leave();
    return rc;
}
