/* SPDX-License-Identifier: Apache-2.0 */
/* Entries by their names and positions: see python_entry.h. */
#include "python_entry.h"
#include "nearest.h"
#include "python_failed.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN_KEYS 40

/* "3" -> 3, "-1" -> -1; else 0. */
static Py_ssize_t position_of(const char *text)
{
    char *end;
    const long n = strtol(text, &end, 10);
    const char *digits = *text == '-' ? text + 1 : text;
    return *end == '\0' && *digits >= '1' && *digits <= '9' ? n : 0;
}

struct python_key *python_keys(const struct python_field *field, uint32_t n)
{
    struct python_key *key = calloc((size_t)n + 1, sizeof *key);
    if (key == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++) {
        const char *name = field[i].field != NULL ? field[i].field
                                                  : field[i].name;
        key[i].given = field[i].field != NULL;
        key[i].position = key[i].given ? position_of(name) : 0;
        key[i].name = PyUnicode_InternFromString(name);
        if (key[i].name == NULL) {
            free(key);
            return NULL;
        }
    }
    return key;
}

/* ---- what is not there --------------------------------------------------- */

/* Its entry of the key, or of the number that the key tells; borrowed. */
static PyObject *lookup(const struct python_key *key, PyObject *dict)
{
    PyObject *entry = PyDict_GetItemWithError(dict, key->name);
    if (entry != NULL || key->position == 0 || PyErr_Occurred())
        return entry;
    PyObject *number = PyLong_FromSsize_t(key->position);
    if (number != NULL)
        entry = PyDict_GetItemWithError(dict, number);
    Py_XDECREF(number);
    return entry;
}

/* The dict's keys that are texts, which it owns. */
static size_t names_of(PyObject *dict, const char *names[SHOWN_KEYS])
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    size_t n = 0;
    while (n < SHOWN_KEYS && PyDict_Next(dict, &at, &key, &value)) {
        names[n] = PyUnicode_Check(key) ? PyUnicode_AsUTF8AndSize(key, NULL)
                                        : NULL;
        if (names[n] != NULL)
            n++;
        else
            PyErr_Clear();
    }
    return n;
}

static int no_key(const struct python_key *key, PyObject *dict,
                  const struct python_field *field)
{
    static const char hint[] = " (OP:KEY folds another)";
    const char *names[SHOWN_KEYS], *near;
    const char *name = field->field != NULL ? field->field : field->name;
    char all[400] = "keys that are no texts";
    size_t length = 0;
    const size_t n = names_of(dict, names);
    for (size_t i = 0; i < n && length < sizeof all; i++)
        length += (size_t)snprintf(all + length, sizeof all - length, "%s%.40s",
                                   i > 0 ? ", " : "", names[i]);
    if (PyDict_Size(dict) == 0)
        return python_fail("result '%s': the dict has no '%s': it is empty",
                           field->name, name);
    near = nearest(name, strlen(name), names, n);
    if (near != NULL)
        return python_fail("result '%s': the dict has no '%s'; did you mean "
                           "'%s'?%s", field->name, name, near,
                           key->given ? "" : hint);
    return python_fail("result '%s': the dict has no '%s', but %s%s",
                       field->name, name, all, key->given ? "" : hint);
}

static int no_attribute(PyObject *value, const struct python_field *field)
{
    PyObject *type = PyObject_Type(value);
    PyObject *name = type != NULL ? PyObject_GetAttrString(type, "__name__")
                                  : NULL;
    if (name != NULL)
        python_fail("result '%s': there is no '%s' in %.80R, a value of type "
                    "%S", field->name, field->field, value, name);
    Py_XDECREF(type);
    Py_XDECREF(name);
    return -1;
}

/* ---- finding ------------------------------------------------------------- */

static int of_dict(const struct python_key *key, PyObject *dict,
                   const struct python_field *field, PyObject **entry)
{
    *entry = lookup(key, dict);
    if (*entry == NULL)
        return PyErr_Occurred() ? -1 : no_key(key, dict, field);
    Py_INCREF(*entry);
    return 1;
}

static int of_sequence(const struct python_key *key, PyObject *list,
                       const struct python_field *field, PyObject **entry)
{
    const Py_ssize_t n = PySequence_Size(list), p = key->position;
    if (n < 0)
        return -1;
    if (p > n || -p > n)
        return python_fail("result '%s': element %zd of %zd was asked for",
                           field->name, p, n);
    *entry = PySequence_GetItem(list, p > 0 ? p - 1 : n + p);
    return *entry != NULL ? 1 : -1;
}

/* Of any other object: its key, if it has such, or attribute. */
static int of_object(const struct python_key *key, PyObject *value,
                     const struct python_field *field, PyObject **entry)
{
    PyObject *has = PyObject_GetAttrString(value, "keys");
    PyErr_Clear();
    *entry = has != NULL ? PyObject_GetItem(value, key->name)
                         : PyObject_GetAttr(value, key->name);
    Py_XDECREF(has);
    if (*entry != NULL)
        return 1;
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)
        && !PyErr_ExceptionMatches(PyExc_KeyError))
        return -1;
    PyErr_Clear();
    return key->given ? no_attribute(value, field) : 0;
}

int python_key_find(const struct python_key *key, PyObject *value,
                    const struct python_field *field, PyObject **entry)
{
    if (PyDict_Check(value))
        return of_dict(key, value, field, entry);
    if (key->position != 0 && PySequence_Check(value)
        && !PyUnicode_Check(value) && !PyBytes_Check(value))
        return of_sequence(key, value, field, entry);
    return of_object(key, value, field, entry);
}
