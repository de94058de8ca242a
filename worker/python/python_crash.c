/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stacks of Python: see python_crash.h. faulthandler prints them. Left alone it
 * would run first and raise the signal anew for the handler that was there
 * before, which then saw a signal that somebody sent, and not where the fault
 * is. So ours stands in front of both, and calls them the other way round:
 *
 *   fault --> on_fatal --> the worker's (notes signal, address, C frames)
 *                      --> faulthandler's (prints, restores the default,
 *                          raises: which waits until we return)
 *
 * Both work on the alternate stack of the thread, one after the other.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "python_crash.h"

#include <signal.h>

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
#define N_FATAL (sizeof fatal / sizeof fatal[0])

static struct sigaction worker[N_FATAL], python[N_FATAL];

static void pass_on(const struct sigaction *to, int signal_number,
                    siginfo_t *info, void *context)
{
    if ((to->sa_flags & SA_SIGINFO) != 0)
        to->sa_sigaction(signal_number, info, context);
    else if (to->sa_handler != SIG_DFL && to->sa_handler != SIG_IGN)
        to->sa_handler(signal_number);
}

/* The disposition is the default again (SA_RESETHAND). */
static void on_fatal(int signal_number, siginfo_t *info, void *context)
{
    for (size_t i = 0; i < N_FATAL; i++)
        if (fatal[i] == signal_number) {
            pass_on(&worker[i], signal_number, info, context);
            pass_on(&python[i], signal_number, info, context);
        }
}

/* True when it was done. */
static int call(PyObject *module, const char *name, PyObject *keywords)
{
    PyObject *f = PyObject_GetAttrString(module, name);
    PyObject *none = PyTuple_New(0);
    PyObject *done = f != NULL && none != NULL && keywords != NULL
                         ? PyObject_Call(f, none, keywords) : NULL;
    Py_XDECREF(f);
    Py_XDECREF(none);
    Py_XDECREF(keywords);
    Py_XDECREF(done);
    PyErr_Clear();
    return done != NULL;
}

/* faulthandler's own handlers, which find the default below them; ours in
 * front. */
static void take_fatal(PyObject *faulthandler)
{
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    struct sigaction ours = {.sa_sigaction = on_fatal};
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
    sigemptyset(&ours.sa_mask);
    for (size_t i = 0; i < N_FATAL; i++)
        sigaction(fatal[i], &standard, &worker[i]);
    const int enabled = call(faulthandler, "enable", PyDict_New());
    for (size_t i = 0; i < N_FATAL; i++)
        sigaction(fatal[i], enabled ? &ours : &worker[i], &python[i]);
}

void python_crash_init(void)
{
    stack_t stack;
    PyObject *faulthandler = PyImport_ImportModule("faulthandler");
    if (faulthandler == NULL) {
        PyErr_Clear();
        return;
    }
    /* It brings an alternate stack that is too small for the worker's. */
    const int known = sigaltstack(NULL, &stack);
    take_fatal(faulthandler);
    if (known == 0 && (stack.ss_flags & SS_DISABLE) == 0)
        sigaltstack(&stack, NULL);
    call(faulthandler, "register",
         Py_BuildValue("{s:i,s:O,s:O}", "signum", SIGQUIT, "all_threads",
                       Py_True, "chain", Py_True));
    Py_DECREF(faulthandler);
}
