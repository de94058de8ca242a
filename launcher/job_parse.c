/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The job of `fanfold run`. Defaults come first, then OMP_NUM_THREADS, then
 * the environment's FANFOLD_OPT_*, then the command line; the later wins.
 * Reads no files.
 */
#include "job_parse.h"
#include "job_options.h"
#include "number.h"
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_GRACE_NS UINT64_C(5000000000)
#define DEFAULT_CRASH_LIMIT 3

/* The first number of OMP_NUM_THREADS (a list, one a level); 0: none. */
static uint32_t openmp_threads(void)
{
    const char *text = getenv("OMP_NUM_THREADS");
    uint64_t n;
    if (text == NULL)
        return 0;
    text += strspn(text, " \t");
    const size_t length = strcspn(text, ", \t");
    char first[16];
    if (length >= sizeof first)
        return 0;
    memcpy(first, text, length);
    first[length] = '\0';
    if (number_u64(first, &n) != 0 || n > UINT32_MAX)
        return 0;
    return (uint32_t)n;
}

static int parse(struct job *job, const struct options *options, int argc,
                 char **argv, struct ff_error *err)
{
    struct job parsed = {
        .grace_ns = DEFAULT_GRACE_NS,
        .crash_limit = DEFAULT_CRASH_LIMIT,
        .argv = argv,
    };
    if (options_environment(options, &parsed, err) != 0
        || options_command_line(options, argc, argv, &parsed, err) != 0)
        return -1;
    if (parsed.kernel == NULL && options == &job_options)
        return ff_error_set(err, FF_USAGE,
                            "no kernel given: 'fanfold run KERNEL', for "
                            "example 'fanfold run pi.c'");
    if (parsed.keep_order && parsed.threads == 0)
        parsed.threads = 1; /* whatever OMP_NUM_THREADS says */
    parsed.openmp_threads = parsed.threads == 0 && openmp_threads() > 0;
    if (parsed.openmp_threads)
        parsed.threads = openmp_threads();
    parsed.threads_by_kind = parsed.threads == 0;
    if (parsed.threads_by_kind)
        parsed.threads = 1;
    if (parsed.keep_order && parsed.tag_output)
        return ff_error_set(err, FF_USAGE, "--tag-output and --keep-order: "
                            "lines in the order of items are of no worker");
    options_unknown(options, parsed.warning, sizeof parsed.warning);
    if (parsed.progress == PROGRESS_DEFAULT)
        parsed.progress = terminal_rewrites(STDERR_FILENO)
                              ? PROGRESS_LINE : PROGRESS_NONE;
    if (parsed.quiet)
        parsed.progress = PROGRESS_NONE;
    *job = parsed;
    return 0;
}

int job_parse(struct job *job, int argc, char **argv, struct ff_error *err)
{
    return parse(job, &job_options, argc, argv, err);
}

int job_parse_plan(struct job *job, int argc, char **argv,
                   struct ff_error *err)
{
    return parse(job, &plan_options, argc, argv, err);
}
