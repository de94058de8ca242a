/* SPDX-License-Identifier: Apache-2.0 */
/* A file of Python as a kernel: see python_kernel.h. */
#include "python_kernel.h"
#include "fanfold_py.h"
#include "python_call.h"
#include "python_error.h"
#include "python_module.h"
#include "python_value.h"

#include <string.h>

static struct ff_decl decl[4];
static struct ff_decl *decls[4];
static uint64_t n_items;
static const char *folds[64];
static struct python_callee callee;
static const struct ff_decl *printed;
static const char *name;

static uint64_t items(void)
{
    return n_items;
}

static void bind(const struct python_field *field, uint32_t n)
{
    python_value_bind(field, n, name, printed);
}

int python_kernel_output(const char *output)
{
    return printed != NULL && (*output == '\0'
                               || strcmp(output, printed->name) == 0)
               ? (int)printed->index : -1;
}

/* The modules _fanfold and fanfold; NULL with an exception set. */
static PyObject *load_modules(const struct python_request *request)
{
    PyObject *own = python_module_create(request);
    PyObject *module = PyModule_New("fanfold");
    if (own == NULL || module == NULL)
        return NULL;
    PyObject *all = PyModule_GetDict(module);
    PyObject *code = Py_CompileString(fanfold_py, "<fanfold>", Py_file_input);
    if (code == NULL
        || PyDict_SetItemString(all, "__builtins__", PyEval_GetBuiltins()) != 0
        || PyDict_SetItemString(PyImport_GetModuleDict(), "fanfold", module)
           != 0
        || PyDict_SetItemString(PyImport_GetModuleDict(), "_fanfold", own) != 0
        || PyEval_EvalCode(code, all, all) == NULL)
        return NULL;
    return module;
}

static void declare(struct python_kernel *k, struct ff_decl d, const char *file)
{
    d.abi = FF_ABI;
    d.file = file;
    d.about = "";
    decl[k->n_decls] = d;
    decls[k->n_decls] = &decl[k->n_decls];
    k->n_decls++;
}

int python_kernel_open(const struct python_request *r, struct python_kernel *k,
                       struct ff_error *err)
{
    PyObject *module = load_modules(r);
    PyObject *request = module == NULL ? NULL
        : Py_BuildValue("{s:s,s:s,s:z,s:y#}", "name", r->name, "file", r->file,
                        "function", r->function, "source", r->source,
                        (Py_ssize_t)r->n_source);
    PyObject *found = request == NULL ? NULL
        : PyObject_CallMethod(module, "_load", "O", request);
    if (found == NULL)
        return python_error_open(r, err);
    PyObject *results = PyTuple_GetItem(found, 3);
    PyObject *n = PyTuple_GetItem(found, 2);
    callee.function = PyTuple_GetItem(found, 0);
    callee.calling = r->texts ? PYTHON_BY_TEXT
        : PyLong_AsLong(PyTuple_GetItem(found, 1)) == 1 ? PYTHON_BY_ITEM
                                                        : PYTHON_BY_CHUNK;
    callee.n_parameters = (uint32_t)PyLong_AsLong(PyTuple_GetItem(found, 1));
    for (uint32_t i = 0; i < callee.n_parameters; i++)
        callee.parameter[i].name = "";
    callee.flush = r->capture;
    python_call_bind(&callee);
    k->decl = decls;
    declare(k, (struct ff_decl){.kind = FF_DECL_KERNEL, .name = "kernel",
        .op = FF_KERNEL_CHUNKS, .at.kernel = python_call_run}, r->file);
    if (n != Py_None) {
        n_items = PyLong_AsUnsignedLongLong(n);
        declare(k, (struct ff_decl){.kind = FF_DECL_ITEMS, .name = "items",
            .at.items = items}, r->file);
    }
    if (PyList_Size(results) == 0 && !r->folds) {
        declare(k, (struct ff_decl){.kind = FF_DECL_OUTPUT, .name = "values"},
                r->file);
        printed = decls[k->n_decls - 1];
    }
    for (Py_ssize_t i = 0; i < PyList_Size(results); i++)
        folds[k->n_folds++] =
            PyUnicode_AsUTF8AndSize(PyList_GetItem(results, i), NULL);
    name = r->name;
    k->fold = folds;
    k->bind = bind;
    return 0;
}
