/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of a worker: see environment.h. */
#include "environment.h"
#include "command.h"
#include "owned.h"
#include "rank_env.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void set_variable(const char *name, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, value);
    setenv(name, text, 1);
}

/* How many threads the libraries that kernels use may start: the cores that
 * are left for each executor, most often one. What the user has set holds,
 * unless it has been used up as the default of --threads. OpenMP may bind the
 * threads that it starts only where a worker has one executor: else it would
 * gather all of them on the first one's core. (A command has the cores of
 * all.) */
static void set_openmp(const struct job_shm *job, const struct place *place)
{
    const uint32_t n = command_is_job(job) ? job->threads : 1;
    uint32_t share = 0;
    static const char *const names[] = {
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS"};
    const bool bind = job->threads == n && place->n_cpus > 0;
    char text[16];
    for (uint32_t i = 0; i < n; i++)
        share += place[i].share;
    snprintf(text, sizeof text, "%" PRIu32, share);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        setenv(names[i], text, i == 0 && job->openmp_spent);
    if (bind)
        setenv("OMP_PLACES", "cores", 0);
    setenv("OMP_PROC_BIND", bind ? "close" : "false", 0);
}

static int set_given(const char *text, struct ff_error *err)
{
    char *name = strndup(text, strcspn(text, "="));
    const int rc = name == NULL ? -1
                   : setenv(name, text + strlen(name) + 1, 1);
    free(name);
    return rc == 0 ? 0 : ff_error_errno(err, FF_USAGE, "cannot set '%s' in the "
                                        "environment of a worker", text);
}

int environment_set(const struct job_shm *job, uint32_t rank,
                           struct ff_error *err)
{
    const char *wdir = job_text(job, JOB_WDIR);
    const char *text = job_text(job, JOB_ARGS + job->n_args);
    if (*wdir != '\0' && chdir(wdir) != 0)
        return ff_error_errno(err, FF_USAGE, "cannot run in '%s' (--wdir)",
                              wdir);
    rank_env_forget();
    set_openmp(job, &job->place[rank * job->threads]);
    for (uint32_t i = 0; i < job->n_env; i++, text += strlen(text) + 1)
        if (set_given(text, err) != 0)
            return -1;
    set_variable("FANFOLD_RANK", job_rank(job, rank));
    set_variable("FANFOLD_LOCAL_RANK", rank);
    set_variable("FANFOLD_SIZE", job->size);
    set_variable("FANFOLD_NODE", job->node);
    set_variable("FANFOLD_THREADS", job->threads);
    set_variable("FANFOLD_SEED", job->seed);
    return 0;
}
