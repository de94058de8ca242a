/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --joblog FILE: a line an item, in GNU parallel's columns
 *
 *   Seq Host Starttime JobRuntime Send Receive Exitval Signal Command
 *
 * with a tab between them. What did not end well has another Exitval than 0 or
 * a Signal: -1 when it has no exit status. Each line is written by one write(2)
 * at the end of the file, so a launcher that is killed leaves whole lines.
 *
 * A line is one line whatever the command is: a newline in it is written
 * '$'\n'', which a shell (bash, zsh, ksh, POSIX.1-2024) reads back; in a command
 * of --shell, where that need not hold, as a zero byte, as GNU parallel does.
 */
#ifndef FANFOLD_LAUNCHER_JOBLOG_H
#define FANFOLD_LAUNCHER_JOBLOG_H

#include "error.h"
#include "plan.h"
#include "row.h"
#include "text.h"

#include <stdbool.h>

struct joblog {
    int fd;             /* -1: there is none */
    const char *path;
    const struct plan *plan; /* for names of hosts */
    bool shell;         /* the commands are those of --shell */
    struct text lines;  /* not written yet */
};
#define JOBLOG_NONE ((struct joblog){.fd = -1})

/* path: "+FILE" or `append` keeps what is there, else it is emptied. kept: how
 * long the log was left by the run that is gone on with, or NULL: what is behind
 * that is cut off (not of "+FILE", to which others may write). FF_USAGE,
 * FF_UNSAFE, FF_UNWRITTEN, FF_CHANGED when it is shorter. */
int joblog_open(struct joblog *log, const char *path, bool append,
                const uint64_t *kept, bool shell, const struct plan *plan,
                struct ff_error *err);

/* What stands before the command. plan: for names of hosts; may be NULL. */
#define JOBLOG_N_COLUMNS 8
#define JOBLOG_COLUMN 256
void joblog_columns(const struct row *row, const struct plan *plan,
                    char column[JOBLOG_N_COLUMNS][JOBLOG_COLUMN]);

/* One more line, to be written. -1: no memory. */
int joblog_add(struct joblog *log, const struct row *row);

/* Writes them. FF_UNWRITTEN. */
int joblog_write(struct joblog *log, struct ff_error *err);

/* -1: FF_UNWRITTEN, when the file system refuses late. */
int joblog_close(struct joblog *log, struct ff_error *err);

/* The file of "+FILE" or FILE. */
const char *joblog_path(const char *path);

/* A command as it stands in the last column, appended: -1: no memory. */
int joblog_command(struct text *line, struct span command, bool shell);

/* The columns of a line: false when it is none (a head, a line cut off ...). */
bool joblog_read(struct span line, int *exit, int *signal,
                 struct span *command);

#endif
