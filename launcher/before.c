/* SPDX-License-Identifier: Apache-2.0 */
/* What comes before a run: see before.h. */
#include "before.h"
#include "clock.h"
#include "hash.h"
#include "same_file.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void before_make_id(char id[32])
{
    const time_t now = time(NULL);
    char day[16], unique[64];
    struct tm t;
    gmtime_r(&now, &t); /* local time would read the time zone */
    strftime(day, sizeof day, "%Y%m%d", &t);
    const int n = snprintf(unique, sizeof unique, "%" PRIu64 " %d",
                           clock_ns(), (int)getpid());
    snprintf(id, 32, "%s-%08" PRIx32, day,
             (uint32_t)hash_bytes(unique, (size_t)n));
    setenv("FANFOLD_RUN", id, 1);
}

int before_check_keep_order(const struct job *job, uint32_t threads,
                            struct ff_error *err)
{
    if (!job->keep_order || threads == 1 || task_is_command(&job->task))
        return 0;
    return ff_error_set(err, FF_USAGE, "--keep-order cannot tell apart what "
                        "the %u threads of a worker print: run more workers "
                        "of one thread (-n N), or use FF_OUTPUT and ff_emit",
                        threads);
}

/* Better to hear of it before the run than after. */
static int check_writable(const char *path, const char *option,
                          struct ff_error *err)
{
    const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    if (path == NULL || strcmp(path, "-") == 0)
        return 0;
    if (trust_output(path, option, err) != 0)
        return -1;
    int fd = open(path, flags | O_CREAT | O_EXCL, 0666);
    if (fd >= 0)
        unlink(path); /* nothing is written before there is something */
    else if (errno == EEXIST)
        fd = open(path, flags);
    /* A FIFO that nobody reads yet is no error. */
    if (fd < 0 && errno != ENXIO)
        return ff_error_errno(err, FF_USAGE, "cannot write '%s' (%s)", path,
                              option);
    if (fd >= 0)
        close(fd);
    return 0;
}

static int check_wdir(const struct job *job, struct ff_error *err)
{
    const int fd = job->wdir == NULL ? -1
                   : open(job->wdir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (job->wdir != NULL && fd < 0)
        return ff_error_errno(err, FF_USAGE, "cannot run in '%s' (--wdir)",
                              job->wdir);
    if (fd >= 0)
        close(fd);
    return 0;
}

int before_check_paths(const struct job *job, struct ff_error *err)
{
    return check_writable(job->json, "--json", err) != 0
                   || check_writable(job->csv, "--csv", err) != 0
                   || check_wdir(job, err) != 0 ? -1 : 0;
}

/* What is written to it would be written over the store. */
static int check_apart(const struct job *job, const char *path,
                       const char *option, struct ff_error *err)
{
    if (path == NULL || strcmp(path, "-") == 0 || !same_file(job->store, path))
        return 0;
    return ff_error_set(err, FF_USAGE, "--store '%s' and %s are one file: give "
                        "the store a file of its own", job->store, option);
}

int before_check_store(const struct job *job, struct ff_error *err)
{
    if (job->store == NULL)
        return 0;
    for (size_t i = 0; i < job->n_outputs; i++) {
        const char *equals = strchr(job->output[i], '=');
        if (check_apart(job, equals != NULL ? equals + 1 : job->output[i],
                        "--output", err) != 0)
            return -1;
    }
    return check_apart(job, job->json, "--json", err) != 0
                   || check_apart(job, job->csv, "--csv", err) != 0
                   || check_apart(job, job->task.joblog, "--joblog", err) != 0
                   ? -1 : 0;
}

void before_tell_object(const struct compiled *compiled)
{
    const struct interpreter *python = &compiled->python;
    if (*python->library != '\0') {
        fprintf(stderr, "fanfold: kernel %s, by Python %s (%s, %s)\n",
                python->file, python->version, python->program,
                python->library);
        return;
    }
    fprintf(stderr, "fanfold: kernel %s (%s)\n", compiled->object,
            compiled->given ? "as given"
            : compiled->cached ? "from the cache" : "compiled now");
}
