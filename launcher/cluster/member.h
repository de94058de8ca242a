/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run that is part of a cluster's: what a node's launcher (run.c) asks the
 * root instead of deciding it alone, and tells it. With run->member NULL the
 * run is on this machine alone. What run.c and its like call is in run.h.
 *
 *   member.c       the life of a node: hello, job, run, farewell
 *   member_job.c   what comes before the run: options, places
 *   member_file.c  ... and files
 *   member_talk.c  messages while it runs, in
 *   member_tell.c  status, records, failures, out
 *   member_text.c  what is printed here goes to the root
 *   member_leave.c the end before the end: our parent or the root is gone
 */
#ifndef FANFOLD_LAUNCHER_MEMBER_H
#define FANFOLD_LAUNCHER_MEMBER_H

#include "carrier.h"
#include "interpreter.h"
#include "lease.h"
#include "machine.h"
#include "run.h"
#include "share.h"
#include "work_file.h"

/* Lines on their way to the root: the bytes behind a stream of this process. */
struct member_text {
    uint32_t stream;  /* 1, 2: which of the root's they are for */
    FILE *file;       /* write here */
    char *bytes;
    size_t n, room;
};

struct member {
    struct run *run;          /* while there is one */
    struct crew *crew;
    struct carrier *carrier;
    struct machine machine;
    struct share share;       /* what of it is ours */
    struct lease lease;       /* of its cores, while there is a run */
    pid_t parent;
    uint64_t timeout_ns;      /* a root that is silent so long is gone; 0:
                                 not known yet */
    uint64_t silent_ns;       /* it has been, while we were awake ... */
    uint64_t looked_ns;       /* ... until then */
    bool paused;              /* we were not, for longer than timeout_ns */
    struct member_text text[2];
    FILE *own_stderr;         /* as it was before */

    /* What came. */
    struct job job;
    bool has_job, has_place;
    unsigned char *bytes;     /* of the object, n_bytes of them so far */
    uint64_t n_bytes, object_bytes;
    char object[4096];        /* its path here; "" not yet */
    struct interpreter python; /* ours, of a Python kernel */
    struct input input;
    uint64_t n_input, n_index; /* bytes that came */
    struct shm work_shm;      /* the work file, as it comes; */
    uint64_t n_work;          /* so much of it has */
    struct work_file work;    /* all of it */
    const char *word[2];      /* of a command, the first */
    struct wire_place place;
    uint32_t *rank;           /* of our workers */
    struct wire_start start;
    struct spec *spec;        /* came with START: of a node without workers */
    bool started, begun;      /* START came; and is done */
    struct cover granted;     /* ever, and not returned */
    struct cover waiting;     /* of these, until workers can take them */
    bool let_go;              /* which they can */
    uint64_t n_granted;       /* chunks in GRANTs */
    bool stop;                /* STOP came, or KILL */
    bool quiet;               /* stopped, and nothing runs any more */
    bool folding, folded, quit;
    struct lanes lanes;
    uint64_t term_ns;         /* SIGTERM came; 0: not so */
    bool said_bye;

    /* What was told. */
    struct wire_status told;
    struct cover failed_told; /* chunks */
    uint64_t told_ns, record_ns, idle_ns;
    bool low;                 /* little was left, at the last look */
    bool urgent;              /* the next status is due as soon as it may be */
    uint64_t due_ns;          /* it is then; 0: not known */

    struct plan plan;
    ev_timer poll;
    ev_io stream;
};

/* The life of a node, from HELLO to DONE: receives the job, prepares, runs,
 * tells. Returns the exit status of the process; carrier_end must follow. argv0:
 * the program. The crew's server has been started. */
int member_main(struct carrier *carrier, struct crew *crew, const char *argv0,
                uint64_t started_ns);

/* ---- between its files ---------------------------------------------------- */

/* member_job.c: takes a message of those before the run: 0; -1 with *err, which
 * ends the run. *ready when all is there and the plan is made. */
int member_take_job(struct member *m, const struct wire_message *message,
                    bool *ready, struct ff_error *err);
void member_job_release(struct member *m);

/* member_file.c: a FILE; is all there that the job needs? */
int member_take_file(struct member *m, const struct wire_message *message,
                     struct ff_error *err);
bool member_has_files(const struct member *m);

/* member_talk.c: looks again when the carrier or the next status wants it. */
void member_wait(struct member *m, uint64_t now_ns);

/* member_tell.c: says that we live, when that is due. */
void member_beat(struct member *m, uint64_t now_ns);

/* All that is new and accepted, whatever time it is. */
void member_record(struct run *run, bool fold);

/* member_text.c */
int member_text_open(struct member *m, struct ff_error *err);
void member_text_send(struct member *m); /* not from inside the carrier */
void member_text_release(struct member *m);

/* member_leave.c */

/* Is our parent, or the root, gone? Leaves then. Called often; heard: the root
 * was, just now. */
void member_watch(struct member *m, bool heard);

/* Ends this process and all below it. */
_Noreturn void member_leave(struct member *m, enum wire_bye why);

/* SIGTERM: chunks are stopped, then killed; then we leave. */
void member_check_signals(struct run *run);

#endif
