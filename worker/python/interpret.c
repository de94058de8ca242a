/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter of this process: see interpret.h. The stable ABI has no
 * PyConfig, so what that would say is said by variables of the environment,
 * which are put back at once: what the kernel starts sees the user's.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "interpret.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

/* The names of the user's, to be taken away for a moment. */
static const struct {
    const char *name, *value;
} settings[] = {{"PYTHONHASHSEED", "0"}, {"PYTHONNOUSERSITE", "1"},
                {"PYTHONSAFEPATH", "1"}};
#define N_SETTINGS (sizeof settings / sizeof settings[0])

/* environ without PYTHON*, with ours. To be freed; the texts are not its. */
static char **isolated(char *text[N_SETTINGS])
{
    size_t n = 0, k = 0;
    while (environ[n] != NULL)
        n++;
    char **out = calloc(n + N_SETTINGS + 1, sizeof out[0]);
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "PYTHON", 6) != 0)
            out[k++] = environ[i];
    for (size_t i = 0; i < N_SETTINGS; i++)
        out[k++] = text[i];
    return out;
}

int interpret_start(const struct python_request *request,
                    struct ff_error *err)
{
    static char text[N_SETTINGS][64];
    char *at[N_SETTINGS];
    for (size_t i = 0; i < N_SETTINGS; i++) {
        at[i] = text[i];
        strcpy(text[i], settings[i].name);
        strcat(text[i], "=");
        strcat(text[i], settings[i].value);
    }
    char **const user = environ, **const ours = isolated(at);
    wchar_t *program = Py_DecodeLocale(request->program, NULL);
    if (ours == NULL || program == NULL)
        return ff_error_set(err, FF_LOST, "cannot start Python: out of memory");
    environ = ours;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    Py_SetProgramName(program);
    Py_UTF8Mode = 1; /* its variable is not heeded without PyConfig */
#pragma GCC diagnostic pop
    Py_InitializeEx(0);
    environ = user;
    free(ours);
    signal(SIGPIPE, SIG_IGN);
    return 0;
}
