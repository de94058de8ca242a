/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of Python as a kernel: see python_kernel.h. opening.py does it; here
 * what it found becomes declarations. They live as long as the process, and so
 * do the texts they point to: of objects that are never given up.
 */
#include "python_kernel.h"
#include "python_call.h"
#include "python_error.h"
#include "python_module.h"
#include "python_now.h"
#include "python_parts.h"
#include "python_value.h"

#include <stdlib.h>
#include <string.h>

extern char **environ;

/* Where a parameter of the user's has its default. */
union setting {
    int64_t integer;
    double real;
    const char *text;
};

/* One of each process. */
static struct {
    const char *name; /* as the user wrote it */
    char *shown;      /* of it the file */
    struct ff_decl *decl, **list;
    size_t n_decls;
    union setting *setting;
    const char **fold;
    uint64_t n_items;
    const struct ff_decl *printed; /* the output of values, or NULL */
    struct python_callee callee;
} own;

/* ---- what the worker calls ----------------------------------------------- */

static uint64_t items(void)
{
    return own.n_items;
}

static void bind(const struct python_field *field, uint32_t n)
{
    python_value_bind(field, n, own.printed);
}

/* ---- the request, for opening.py ----------------------------------------- */

/* One line on standard error. */
static PyObject *warn(PyObject *self, PyObject *text)
{
    (void)self;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, NULL);
    if (utf8 == NULL)
        return NULL;
    if (python_now.ff != NULL)
        python_now.ff->calls->log(python_now.ff, "%s", utf8);
    return Py_NewRef(Py_None);
}

static PyMethodDef warn_method = {"warn", warn, METH_O, NULL};

/* The variables that the interpreter was started without. */
static PyObject *user_environ(void)
{
    PyObject *list = PyList_New(0);
    for (char **e = environ; list != NULL && *e != NULL; e++) {
        if (strncmp(*e, "PYTHON", 6) != 0 || strchr(*e, '=') == NULL)
            continue;
        PyObject *entry = PyBytes_FromString(*e);
        if (entry == NULL || PyList_Append(list, entry) != 0)
            Py_CLEAR(list);
        Py_XDECREF(entry);
    }
    return list;
}

static PyObject *texts(const char *const *text, uint32_t n)
{
    PyObject *list = PyList_New(0);
    for (uint32_t i = 0; list != NULL && i < n; i++) {
        PyObject *one = PyUnicode_DecodeUTF8(
            text[i], (Py_ssize_t)strlen(text[i]), "surrogateescape");
        if (one == NULL || PyList_Append(list, one) != 0)
            Py_CLEAR(list);
        Py_XDECREF(one);
    }
    return list;
}

/* (Of a path that is no UTF-8 the bytes stay what they are.) */
static PyObject *path_text(const char *path)
{
    return PyUnicode_DecodeFSDefault(path);
}

static PyObject *request_of(const struct python_request *r)
{
    return Py_BuildValue(
        "{s:N,s:s,s:z,s:y#,s:N,s:N,s:N,s:O,s:I,s:N}",
        "file", path_text(r->file), "shown", own.shown,
        "function", r->function,
        "source", r->source, (Py_ssize_t)r->n_source,
        "path", path_text(r->path), "arguments", texts(r->arg, r->n_args),
        "environ", user_environ(), "texts", r->texts ? Py_True : Py_False,
        "threads", (unsigned)r->threads,
        "warn", PyCFunction_New(&warn_method, NULL));
}

/* ---- what was found ------------------------------------------------------ */

/* An entry of the dict; borrowed, and always there. */
static PyObject *get(PyObject *found, const char *key)
{
    return PyDict_GetItemString(found, key);
}

/* UTF-8 that lives as long as the object. A text that has none is "?". */
static const char *utf8_of(PyObject *text)
{
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, NULL);
    if (utf8 == NULL)
        PyErr_Clear();
    return utf8 != NULL ? utf8 : "?";
}

static struct ff_decl *declare(uint32_t kind, const char *name)
{
    struct ff_decl *d = &own.decl[own.n_decls];
    *d = (struct ff_decl){.abi = FF_ABI, .kind = kind, .name = name,
                          .order = (uint32_t)own.n_decls, .file = own.shown,
                          .about = ""};
    own.list[own.n_decls++] = d;
    return d;
}

/* The entry (name, ..., about, file, line) whose about is number `at`. */
static struct ff_decl *declare_entry(uint32_t kind, PyObject *entry,
                                     Py_ssize_t at)
{
    struct ff_decl *d = declare(kind, utf8_of(PyTuple_GetItem(entry, 0)));
    d->about = utf8_of(PyTuple_GetItem(entry, at));
    d->file = utf8_of(PyTuple_GetItem(entry, at + 1));
    d->line = (uint32_t)PyLong_AsLong(PyTuple_GetItem(entry, at + 2));
    return d;
}

static void declare_parameter(PyObject *entry, union setting *s)
{
    PyObject *value = PyTuple_GetItem(entry, 2);
    switch (*utf8_of(PyTuple_GetItem(entry, 1))) {
    case 'i':
        s->integer = PyLong_AsLongLong(value);
        declare_entry(FF_DECL_INT, entry, 3)->at.integer = &s->integer;
        break;
    case 'd':
        s->real = PyFloat_AsDouble(value);
        declare_entry(FF_DECL_REAL, entry, 3)->at.real = &s->real;
        break;
    default:
        s->text = utf8_of(value);
        declare_entry(FF_DECL_TEXT, entry, 3)->at.text = &s->text;
    }
}

static void declare_kernel(PyObject *found)
{
    const uint32_t line = (uint32_t)PyLong_AsLong(get(found, "line"));
    PyObject *const n = get(found, "items"), *const setup = get(found, "setup");
    struct ff_decl *d = declare(FF_DECL_KERNEL, "kernel");
    d->op = own.callee.calling == PYTHON_ONCE ? FF_KERNEL_ONCE
                                              : FF_KERNEL_CHUNKS;
    d->at.kernel = python_call_run;
    d->line = line;
    d = declare(FF_DECL_ABOUT, "about");
    d->about = utf8_of(get(found, "about"));
    if (n != Py_None) {
        own.n_items = PyLong_AsUnsignedLongLong(n);
        declare(FF_DECL_ITEMS, "items")->at.items = items;
    }
    if (setup != Py_None)
        declare(FF_DECL_SETUP, "@fanfold.setup")->at.call = python_call_setup;
    declare(FF_DECL_TEARDOWN, "@fanfold.teardown")->at.call =
        python_call_teardown;
}

static void declare_all(PyObject *found, bool folded)
{
    PyObject *params = get(found, "params"), *outputs = get(found, "outputs");
    declare_kernel(found);
    for (Py_ssize_t i = 0; i < PyList_Size(params); i++)
        declare_parameter(PyList_GetItem(params, i), &own.setting[i]);
    for (Py_ssize_t i = 0; i < PyList_Size(outputs); i++)
        declare_entry(FF_DECL_OUTPUT, PyList_GetItem(outputs, i), 1);
    if (!folded && PyList_Size(outputs) == 0)
        own.printed = declare(FF_DECL_OUTPUT, "values");
}

static void fill_callee(struct python_callee *callee, PyObject *found)
{
    PyObject *parameters = get(found, "parameters");
    PyObject *setup = get(found, "setup");
    callee->function = get(found, "function");
    callee->calling = (enum python_calling)PyLong_AsLong(get(found, "calling"));
    callee->n_parameters = (uint32_t)PyList_Size(parameters);
    for (uint32_t i = 0; i < callee->n_parameters; i++) {
        PyObject *p = PyList_GetItem(parameters, (Py_ssize_t)i);
        callee->parameter[i].name = utf8_of(PyTuple_GetItem(p, 0));
        callee->parameter[i].type =
            (enum python_argument)PyLong_AsLong(PyTuple_GetItem(p, 1));
    }
    callee->setup = setup != Py_None ? setup : NULL;
    callee->teardown = get(found, "finish");
}

static int make_room(PyObject *found, struct ff_error *err)
{
    const size_t n_params = (size_t)PyList_Size(get(found, "params"));
    const size_t n = n_params + (size_t)PyList_Size(get(found, "outputs")) + 8;
    const size_t n_folds = (size_t)PyList_Size(get(found, "folds"));
    own.decl = calloc(n, sizeof own.decl[0]);
    own.list = calloc(n, sizeof(struct ff_decl *));
    own.setting = calloc(n_params + 1, sizeof own.setting[0]);
    own.fold = calloc(n_folds + 1, sizeof own.fold[0]);
    return own.decl == NULL || own.list == NULL || own.setting == NULL
                   || own.fold == NULL
               ? ff_error_set(err, FF_LOST, "cannot open kernel '%s': out of "
                              "memory", own.name)
               : 0;
}

/* "squares.py:square" -> "squares.py". */
static char *shown_file(const struct python_request *r)
{
    const size_t n = strlen(r->name);
    const size_t behind = r->function != NULL ? strlen(r->function) + 1 : 0;
    return strndup(r->name, behind < n ? n - behind : n);
}

static PyObject *find(const struct python_request *r)
{
    PyObject *module = python_module_create(r);
    PyObject *found = NULL;
    if (module != NULL
        && PyDict_SetItemString(PyImport_GetModuleDict(), "_fanfold", module)
           == 0
        && python_part("fanfold") != NULL) {
        PyObject *opening = python_part("_fanfold_opening");
        PyObject *request = opening != NULL ? request_of(r) : NULL;
        if (request != NULL)
            found = PyObject_CallMethod(opening, "open_kernel", "O", request);
        Py_XDECREF(request);
    }
    Py_XDECREF(module);
    return found;
}

int python_kernel_open(const struct python_request *request,
                       struct python_kernel *kernel, struct ff_error *err)
{
    own.name = request->name;
    own.shown = shown_file(request);
    PyObject *found = find(request); /* for good */
    if (found == NULL)
        return python_error_open(request, err);
    PyObject *folds = get(found, "folds");
    if (make_room(found, err) != 0)
        return -1;
    fill_callee(&own.callee, found);
    own.callee.flush = request->capture;
    declare_all(found, request->folds || PyList_Size(folds) > 0);
    for (Py_ssize_t i = 0; i < PyList_Size(folds); i++)
        own.fold[i] = utf8_of(PyList_GetItem(folds, i));
    if (get(found, "rounds") == Py_True)
        python_value_round();
    python_call_bind(&own.callee);
    python_module_declare(own.list, own.n_decls);
    *kernel = (struct python_kernel){
        .decl = own.list, .n_decls = own.n_decls, .fold = own.fold,
        .n_folds = (uint32_t)PyList_Size(folds),
        .integers = get(found, "integers") == Py_True, .bind = bind};
    return 0;
}
