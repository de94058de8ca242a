/* SPDX-License-Identifier: Apache-2.0 */
/* Modules that are built in: see python_parts.h. They are compiled when they
 * are needed, which takes a millisecond or two: code of Python that is compiled
 * beforehand fits one version only. */
#include "python_parts.h"
#include "failure_py.h"
#include "fanfold_py.h"
#include "number.h"
#include "opening_py.h"

#include <stdint.h>
#include <string.h>

static const struct {
    const char *name, *source;
} parts[] = {{"fanfold", fanfold_py},
             {"_fanfold_opening", opening_py},
             {"_fanfold_failure", failure_py}};

/* ---- what they have of C ------------------------------------------------- */

/* Of a text of --arg, as C kernels read it; None: it is none. */
static PyObject *integer(PyObject *self, PyObject *text)
{
    (void)self;
    int64_t value;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, NULL);
    if (utf8 == NULL)
        return NULL;
    return number_i64(utf8, &value) != 0 ? Py_NewRef(Py_None)
                                         : PyLong_FromLongLong(value);
}

static PyObject *real(PyObject *self, PyObject *text)
{
    (void)self;
    double value;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, NULL);
    if (utf8 == NULL)
        return NULL;
    return number_f64(utf8, &value) != 0 ? Py_NewRef(Py_None)
                                         : PyFloat_FromDouble(value);
}

static PyMethodDef methods[] = {{"_integer", integer, METH_O, NULL},
                                {"_real", real, METH_O, NULL},
                                {NULL, NULL, 0, NULL}};

/* ---- running them -------------------------------------------------------- */

static int run(PyObject *module, const char *source)
{
    PyObject *all = PyModule_GetDict(module);
    PyObject *code = Py_CompileString(source, PYTHON_OURS, Py_file_input);
    PyObject *done = NULL;
    if (code != NULL && PyModule_AddFunctions(module, methods) == 0
        && PyDict_SetItemString(all, "__builtins__", PyEval_GetBuiltins())
           == 0)
        done = PyEval_EvalCode(code, all, all);
    Py_XDECREF(code);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

static const char *source_of(const char *name)
{
    size_t i = 0;
    while (strcmp(parts[i].name, name) != 0)
        i++;
    return parts[i].source;
}

/* It is listed when it is complete: another thread may ask for it while it is
 * run, and then runs it as well, which does no harm. */
PyObject *python_part(const char *name)
{
    PyObject *all = PyImport_GetModuleDict();
    PyObject *module = PyDict_GetItemString(all, name);
    if (module != NULL)
        return module;
    module = PyModule_New(name);
    if (module == NULL || run(module, source_of(name)) != 0
        || PyDict_SetItemString(all, name, module) != 0) {
        Py_XDECREF(module);
        return NULL;
    }
    Py_DECREF(module); /* the table has it */
    return PyDict_GetItemString(all, name);
}
