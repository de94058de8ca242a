/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attempt of an item: a process, from its start until it and all that it
 * left behind are gone, and what they print.
 *
 * This process is a child subreaper: whatever loses its parent below us becomes
 * our child. So when the command has ended and we have no child, nobody is
 * left, and that is the usual case. Else there are strays: they may go on for a
 * while (drain), then they are killed.
 *
 * One attempt at a time in a process; nothing else in it starts processes.
 */
#ifndef FANFOLD_WORKER_ATTEMPT_H
#define FANFOLD_WORKER_ATTEMPT_H

#include "error.h"
#include "stdin_feed.h"
#include "row.h"
#include "spawn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum attempt_wish {
    WISH_NONE,
    WISH_END,    /* SIGTERM, and SIGKILL when kill_after_ns are over */
    WISH_KILL,
    WISH_MEMORY  /* it uses too much: killed, as ROW_NO_MEMORY */
};

struct attempt_calls {
    /* There is a process. */
    void (*started)(void *arg);
    /* A piece of output: ROW_STDOUT or ROW_STDERR. */
    void (*take)(void *arg, int stream, const char *data, size_t n);
    /* Once, when it has run for a little while. */
    void (*lasts)(void *arg);
    /* Now and then: is it to end? It may be asked inside of the two above. */
    enum attempt_wish (*wish)(void *arg);
    void *arg;
};

enum attempt_cut { CUT_NOT, CUT_TIME, CUT_WISH, CUT_MEMORY };

struct attempt {
    /* Set by the caller. */
    uint64_t timeout_ns, kill_after_ns, drain_ns; /* timeout 0: none */
    bool pipes;          /* output is read; else spawn.out, spawn.err are set */
    struct attempt_calls calls;
    /* Kept from one to the next. */
    int signals;         /* SIGCHLD, by signalfd */
    int reader[2], writer[2]; /* by stream */
    char *buffer;
    /* Of the one that runs. */
    struct feed *feed;
    struct row *row;
    pid_t pid;
    bool ended, left;    /* it has been reaped; somebody is left */
    bool rest;           /* there may be something in the pipes at the end */
    bool lasts, killed;
    uint64_t started_ns, cut_ns;
    enum attempt_cut cut;
};

/* Makes this process one that runs commands: a subreaper, SIGCHLD and SIGPIPE
 * blocked, no descriptor but 0, 1 and 2 for them. FF_LOST. */
int attempt_init(struct attempt *a, struct ff_error *err);
void attempt_release(struct attempt *a);

/* Runs it. Fills in of the row: the times, max_rss_kb, sent, end, exit, signal.
 * *why: of one that could not be started. */
void attempt_run(struct attempt *a, struct spawn *s, struct feed *feed,
                 struct row *row, struct ff_error *why);

/* Time passes while the caller waits for something else, as in calls.take: a
 * command that is to end is ended all the same. */
void attempt_tick(struct attempt *a);

#endif
