/* SPDX-License-Identifier: Apache-2.0 */
/* The job: what the command line asks for, validated once and not changed
 * from then on. */
#ifndef FANFOLD_LAUNCHER_JOB_H
#define FANFOLD_LAUNCHER_JOB_H

#include "error.h"
#include "job_file.h"
#include "ledger.h"
#include "options.h"
#include "policy.h"
#include "task.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOB_MAX_ARGS 256
#define JOB_MAX_OUTPUTS 32
#define JOB_MAX_ENV 256
#define JOB_MAX_FOLDS 64

/* What an executor is bound to. BIND_DEFAULT: a core, when each executor has
 * one of its own. */
enum bind_to { BIND_DEFAULT, BIND_CORE, BIND_HWTHREAD, BIND_NUMA, BIND_SOCKET,
               BIND_NONE };

/* In which order workers take cores (nodes, in a cluster). */
enum map_by { MAP_CORE, MAP_HWTHREAD, MAP_NUMA, MAP_SOCKET, MAP_NODE };

/* What is shown while a run lasts. */
enum progress_mode {
    PROGRESS_DEFAULT, /* a line on a terminal, else nothing */
    PROGRESS_NONE,
    PROGRESS_LINE,
    PROGRESS_WORKERS
};

struct job {
    const char *kernel;     /* as the user wrote it: pi.c, sq.py:sq; one of a
                               job file with the way there in front */
    const char *ldflags;    /* for the compiler; NULL: none */
    const char *python;     /* --python: of a Python kernel, the interpreter;
                               NULL: by the environment */
    const char *python_path; /* directories, ':' between; NULL: none */
    const char *python_file; /* on a node: where the user has the source, ... */
    const char *python_version; /* ... and what the root's interpreter is */
    const char *arg[JOB_MAX_ARGS]; /* "name=value" */
    size_t n_args;
    const char *env[JOB_MAX_ENV]; /* for the workers, "VAR=value" */
    size_t n_env;
    const char *wdir;       /* theirs; NULL: ours */
    const char *fold[JOB_MAX_FOLDS]; /* as fold_text.h has them */
    size_t n_folds;
    bool list_operators;    /* tell what --fold can ask for, nothing else */

    struct task task;       /* commands, and items that are texts */

    const char *arg_file;   /* its lines are the items; "-": standard input;
                               NULL: none */
    bool null_ended;        /* they end with a zero byte, not a newline */
    const char *range;      /* as it was written; of a command it can have steps
                               and several parts */
    bool has_range;
    uint64_t first, last;   /* items [first, last), when has_range */
    uint64_t chunk_items;   /* 0: the default grid */
    uint64_t seed;

    uint32_t workers;       /* 0: by the budget */
    uint32_t threads;       /* of a worker, >= 1 */
    enum bind_to bind_to;
    enum map_by map_by;
    bool hwthreads;         /* PUs count as cores */
    bool oversubscribe;     /* no warning of more executors than cores */
    bool report_bindings;
    const char *topology;   /* another machine, for a plan; NULL: this one */
    const char *host, *hostfile; /* nodes; NULL: this one */
    const char *launch, *launch_args; /* what starts them; or NULL */
    uint64_t node_timeout_ns; /* silent so long it is lost; default 30 s */
    uint32_t ppn;           /* workers a node; 0: as many as it has room */
    enum schedule schedule;
    bool schedule_map;      /* show who ran what */

    uint64_t timeout_ns;    /* of a chunk; 0: none */
    uint64_t time_limit_ns; /* of the run; 0: none */
    uint64_t grace_ns;      /* from the stop to the kill; default 5 s */
    uint32_t recycle;       /* a worker is replaced after so many chunks; 0:
                               never */
    uint32_t crash_limit;   /* attempts of a chunk that crashes; default 3 */
    uint64_t verify;        /* --verify: share of the chunks, in 2^-64 */
    uint32_t retries;       /* of a chunk that fails by ff_fail; default 0 */
    struct halt halt;

    const char *store;      /* --store FILE, or NULL: where runs are kept */
    bool resume;            /* --resume, or `fanfold resume`: start or go on; with
                               --joblog and without --store as resume.h has it */
    bool retry_failed;      /* what has failed is run again */
    uint64_t checkpoint_ns; /* how often the run is kept; 0: never; default 1 s */
    uint64_t keep_bytes;    /* of what an item prints, at most; default 64 KiB */

    const char *output[JOB_MAX_OUTPUTS]; /* "file" or "name=file" */
    size_t n_outputs;
    bool keep_order;        /* what kernels print, in the order of items */

    bool serial, quiet, verbose, tag_output, timestamp_output;
    bool hex;               /* the bits of results are shown, too */
    bool help;              /* tell about the kernel, if there is one */
    bool dry_run;           /* tell what would be run */
    const char *json, *csv; /* file, "-" for standard output, or NULL */
    enum progress_mode progress; /* never PROGRESS_DEFAULT */
    bool threads_by_kind;   /* nobody said how many: 1, or all cores for the
                               kernel of a team */
    bool openmp_threads;    /* threads is what OMP_NUM_THREADS says */
    struct ff_error wrong;  /* room for what is wrong with an option */
    char warning[200];      /* "" or one line: FANFOLD_OPT_* of no option */

    char **argv;            /* of the whole program, for --serial */

    const char *file;       /* the job file, or NULL */
    struct task_file said;  /* by the job file, of a command */
    struct option_list settings; /* where all of this comes from, in order */
    struct text_pool texts;
};

/* Frees what the job refers to. */
void job_release(struct job *job);

/* Do results for programs go to standard output? Then nothing else may. */
bool job_owns_stdout(const struct job *job);

#endif
