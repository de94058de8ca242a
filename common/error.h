/* SPDX-License-Identifier: Apache-2.0 */
/* Error text as a value. Whoever first knows the cause writes it, once; the
 * callers pass it on. Nothing here prints. */
#ifndef FANFOLD_COMMON_ERROR_H
#define FANFOLD_COMMON_ERROR_H

/* The exit statuses that fanfold promises (fanfold(1), EXIT STATUS). */
enum ff_status {
    FF_DONE = 0,          /* every item done and counted exactly once */
    FF_ITEMS_FAILED = 1,  /* some items failed for good */
    FF_USAGE = 2,         /* bad option, kernel cannot be opened or compiled */
    FF_INTERRUPTED = 3,   /* what is done is reported */
    FF_UNWRITTEN = 4,     /* results or the store could not be written (full
                             disk ...) */
    FF_DAMAGED = 5,       /* the store is damaged */
    FF_HELD = 6,          /* another launcher writes the store */
    FF_CHANGED = 7,       /* what is to be resumed is not what was begun */
    FF_UNSAFE = 8,        /* refused for safety */
    FF_LOST = 9,          /* workers could not be started, or were lost */
    FF_TIME_LIMIT = 124,
    FF_NOT_RUN = 126,     /* no item has a command that can be run, */
    FF_NOT_FOUND = 127,   /* that could be found */
    FF_KILLED_INT = 130,
    FF_KILLED_TERM = 143
};

struct ff_error {
    int status;      /* enum ff_status; 0 while there is no error */
    char text[2304]; /* lower case, no full stop, subject in quotes; may have
                        several lines (a compiler's) */
};

/* Fills *err (may be NULL). Always returns -1: `return ff_error_set(...)`. */
int ff_error_set(struct ff_error *err, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": " and the text of the current errno at the end. */
int ff_error_errno(struct ff_error *err, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
