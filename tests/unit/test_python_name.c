/* SPDX-License-Identifier: Apache-2.0 */
/* FILE.py:FUNCTION, taken apart: what a path may have in it, and what Python
 * allows in a name (its language reference, 2.3). */
#include "python_name.h"
#include "tap.h"

#include <string.h>

/* file NULL: it is no Python; function NULL: none is named. */
static void is(const char *kernel, const char *file, const char *function)
{
    const size_t n = python_name_file(kernel);
    const char *named = python_name_function(kernel);
    CU_ASSERT_EQUAL(n, file != NULL ? strlen(file) : 0);
    CU_ASSERT(file == NULL || strncmp(kernel, file, n) == 0);
    CU_ASSERT_EQUAL(named != NULL, function != NULL);
    if (named != NULL && function != NULL)
        CU_ASSERT_STRING_EQUAL(named, function);
}

static void taken_apart(void)
{
    is("squares.py", "squares.py", NULL);
    is("squares.py:square", "squares.py", "square");
    is("squares.py:", "squares.py", "");
    is("squares.py:Model.step", "squares.py", "Model.step");
    is("/a/b.py:f", "/a/b.py", "f");
}

static void colons(void)
{
    is("10:30/a.py", "10:30/a.py", NULL);
    is("10:30/a.py:f", "10:30/a.py", "f");
    is("x:y.py", "x:y.py", NULL);
    is("x:y.py:f", "x:y.py", "f");
    is("a.py:b/c.py:f", "a.py:b/c.py", "f");
    is("a.py:b/c.py", "a.py:b/c.py", NULL);
    is("a.py:b.py:f", "a.py:b.py", "f");
}

static void no_python(void)
{
    is("", NULL, NULL);
    is(".py", NULL, NULL);
    is("a/.py", NULL, NULL);
    is("a/.py:f", NULL, NULL);
    is("pi.c", NULL, NULL);
    is("pi.c:f", NULL, NULL);
    is("a.py:b/c", NULL, NULL);
    is("a.pyc", NULL, NULL);
    is("squares", NULL, NULL);
}

static void names(void)
{
    static const char *const good[] = {"f", "_", "f2", "A.b", "A.B.c",
                                       "stra\xc3\x9f\145"}; /* \145 is e */
    static const char *const bad[] = {"", "2f", "A.", ".b", "A..b", "A.2",
                                      "f g", "f-g", "f()", "f:g", "a/b"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CU_ASSERT(python_name_is_function(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_FALSE(python_name_is_function(bad[i]));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"file and function", taken_apart},
        {"colons in paths", colons},
        {"what is no Python", no_python},
        {"names of functions", names},
    };
    return TAP_RUN(tests);
}
