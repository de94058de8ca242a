/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold run: options, kernel, machine, plan, run, report; in this order. */
#include "cmd_run.h"
#include "clock.h"
#include "compile.h"
#include "complain.h"
#include "dry_run.h"
#include "fold_option.h"
#include "hash.h"
#include "input.h"
#include "job_options.h"
#include "job_parse.h"
#include "kernel_help.h"
#include "object.h"
#include "prepare.h"
#include "report.h"
#include "run.h"
#include "source.h"
#include "serial_run.h"
#include "trust.h"
#include "wrap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Of this run, on this machine: also in the environment of all its processes,
 * so that they can be found. */
static void make_run_id(char id[32])
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

/* A debugger's run is one worker, and takes the time that it takes. */
static void tell_serial(const struct job *job)
{
    const struct { const char *name; bool given; } vain[] = {
        {"-n", job->workers > 1},
        {"--threads", job->threads > 1 && !job->openmp_threads},
        {"--schedule", job->schedule != SCHEDULE_DYNAMIC},
        {"--schedule-map", job->schedule_map},
        {"--timeout", job->timeout_ns > 0},
        {"--time-limit", job->time_limit_ns > 0},
        {"--retries", job->retries > 0},
        {"--halt", job->halt.when != HALT_NEVER}};
    for (size_t i = 0; !job->quiet && i < sizeof vain / sizeof vain[0]; i++)
        if (vain[i].given)
            fprintf(stderr, "fanfold: --serial: one process without a "
                    "launcher: %s means nothing\n", vain[i].name);
    if (!job->quiet
        && (job->report_bindings || job->bind_to != BIND_DEFAULT))
        fprintf(stderr, "fanfold: --serial: one process, which is not "
                "bound\n");
}

static void tell_plan(const struct job *job, const struct machine *machine,
                      const struct plan *plan, const struct compiled *compiled)
{
    const bool limited = machine->limited && job->workers == 0;
    if (!job->quiet && job->warning[0] != '\0')
        wrap_print(stderr, "fanfold: %s\n", job->warning);
    if (job->serial) {
        tell_serial(job);
        return;
    }
    if (!job->quiet && plan->warning[0] != '\0')
        wrap_print(stderr, "fanfold: %s\n", plan->warning);
    if (!job->quiet && (limited || job->verbose))
        wrap_print(stderr, "fanfold: %s\n", plan->why);
    if (!job->verbose)
        return;
    fprintf(stderr, "fanfold: kernel %s (%s)\n", compiled->object,
            compiled->given ? "as given"
            : compiled->cached ? "from the cache" : "compiled now");
    wrap_print(stderr, "fanfold: %s\n", plan->how);
    for (uint32_t w = 0; plan->bound && w < plan->n_workers; w++) {
        char cpus[200];
        plan_cpus(plan, w, cpus, sizeof cpus);
        fprintf(stderr, "fanfold: worker %u on CPUs %s\n", plan_rank(plan, w),
                cpus);
    }
}

static int report(const struct job *job, const struct machine *machine,
                  const struct plan *plan, struct outcome *o)
{
    struct ff_error err;
    FILE *out = job_owns_stdout(job) ? NULL : o->stdout_taken ? stderr : stdout;
    if (o->uncombined.status != 0)
        complain(&o->uncombined);
    if (o->unwritten.status != 0)
        o->status = complain(&o->unwritten);
    if (report_text(out, stderr, job, machine, plan, o) != 0) {
        ff_error_errno(&err, FF_UNWRITTEN, "cannot write results");
        o->status = complain(&err);
    }
    if (job->json != NULL
        && report_json(job->json, job, machine, plan, o, &err) != 0)
        o->status = complain(&err);
    if (job->csv != NULL && report_csv(job->csv, o, &err) != 0)
        o->status = complain(&err);
    return o->status;
}

/* The default of --threads depends on the kernel. */
static int plan_for_kernel(struct plan *plan, const struct job *job,
                           const struct machine *machine, const char *object,
                           struct ff_error *err)
{
    if (!job->threads_by_kind || !object_is_team(object))
        return 0;
    return plan_make_team(plan, job, machine, err);
}

/* Standard output is one for all threads of a process. */
static int check_keep_order(const struct job *job, const struct plan *plan,
                            struct ff_error *err)
{
    if (!job->keep_order || plan->threads == 1)
        return 0;
    return ff_error_set(err, FF_USAGE, "--keep-order cannot tell apart what "
                        "the %u threads of a worker print: run more workers "
                        "of one thread (-n N), or use FF_OUTPUT and ff_emit",
                        plan->threads);
}

/* All that must be there before a run: the plan, the shared memory, the
 * object. The fork server starts while we read the machine. */
static int prepare(const struct job *job, struct crew *crew,
                   struct input *input, struct machine *machine, struct plan *plan,
                   struct compiled *compiled, struct ff_error *err)
{
    if (crew_start_server(crew, err) != 0
        || (job->arg_file != NULL
            && input_open(input, job->arg_file, job->null_ended ? 0 : '\n',
                          err) != 0)
        || plan_read_machine(machine, job, err) != 0
        || plan_make(plan, job, machine, err) != 0
        || compile_resolve(compiled, job->kernel, job->ldflags, crew_command,
                           crew, err) != 0
        || plan_for_kernel(plan, job, machine, compiled->object, err) != 0
        || check_keep_order(job, plan, err) != 0
        || crew_prepare(crew, plan, err) != 0
        || prepare_text(crew_job(crew), job, compiled->object, err) != 0
        || (job->arg_file != NULL
            && prepare_input(crew_job(crew), job, input, err) != 0))
        return -1;
    tell_plan(job, machine, plan, compiled);
    return 0;
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

/* Other machines can be planned for, not run on. */
static int check_here(const struct job *job, struct ff_error *err)
{
    const char *option = job->host != NULL ? "--host"
                         : job->hostfile != NULL ? "--hostfile"
                         : job->ppn != 0 ? "--ppn"
                         : job->topology != NULL ? "--topology" : NULL;
    if (option == NULL)
        return 0;
    return ff_error_set(err, FF_USAGE, "option '%s': a run is on this machine "
                        "alone; 'fanfold plan' plans for others", option);
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

static int check_paths(const struct job *job, struct ff_error *err)
{
    return check_writable(job->json, "--json", err) != 0
                   || check_writable(job->csv, "--csv", err) != 0
                   || check_wdir(job, err) != 0 ? -1 : 0;
}

/* The run, and what the CPU quota did to it meanwhile. */
static int run_here(const struct job *job, const struct machine *machine,
                    const struct plan *plan, const struct input *input,
                    struct crew *crew, uint64_t started_ns,
                    struct outcome *outcome, struct ff_error *err)
{
    struct cgroup_throttle before = {0}, after = {0};
    const bool quota = machine->quota_stat[0] != '\0'
                       && cgroup_throttle_read(machine->quota_stat, &before);
    if (run_job(job, plan, input, crew, started_ns, outcome, err) != 0)
        return -1;
    if (quota && cgroup_throttle_read(machine->quota_stat, &after)) {
        outcome->throttle.count = after.count - before.count;
        outcome->throttle.ns = after.ns - before.ns;
    }
    return 0;
}

static int run_and_report(const struct job *job, uint64_t started_ns)
{
    struct crew crew = {.socket = -1, .tag_output = job->tag_output,
                        .timestamp_output = job->timestamp_output,
                        .kernel_stdout = job_owns_stdout(job) || job->help
                                             ? stderr : stdout,
                        .job.fd = -1, .node.fd = -1};
    struct input input = INPUT_NONE;
    struct machine machine = {0};
    struct plan plan = {0};
    struct compiled compiled = {.took_ns = 0};
    static struct outcome outcome; /* most of it is never touched */
    struct ff_error err = {0};
    char id[32];
    int rc, status;

    make_run_id(id);
    rc = check_here(job, &err);
    if (rc == 0)
        rc = check_paths(job, &err);
    if (rc == 0)
        rc = prepare(job, &crew, &input, &machine, &plan, &compiled, &err);
    if (rc == 0 && job->help) {
        rc = kernel_help(job, &crew, &err);
    } else if (rc == 0 && job->serial) {
        crew_end(&crew);
        rc = serial_become(job, &crew, &input, started_ns, &err);
    } else if (rc == 0) {
        rc = run_here(job, &machine, &plan, &input, &crew, started_ns,
                      &outcome, &err);
        outcome.compile_ns = compiled.took_ns;
    }
    memcpy(outcome.run_id, id, sizeof id);
    if (rc != 0)
        job_place(job, &err);
    status = rc != 0 ? complain(&err)
             : job->help ? FF_DONE
                         : report(job, &machine, &plan, &outcome);
    outcome_release(&outcome);
    crew_end(&crew); /* it had the time of the report to end */
    crew_release(&crew);
    input_release(&input);
    plan_release(&plan);
    machine_release(&machine);
    return status;
}

/* The second half of --serial. */
static int report_serial(const struct job *job)
{
    struct machine machine = {0};
    struct plan plan = {.n_workers = 1, .threads = 1, .size = 1,
                        .why = "1 worker: --serial"};
    struct place place = {.share = 1};
    struct outcome outcome = {0};
    struct ff_error err = {0};
    uint64_t started_ns;
    const char *id = getenv("FANFOLD_RUN");
    plan.place = &place;
    if (serial_read(job, &outcome, &started_ns, &err) != 0
        || machine_init(&machine, &err) != 0)
        return complain(&err);
    snprintf(outcome.run_id, sizeof outcome.run_id, "%s",
             id != NULL ? id : "");
    const int status = report(job, &machine, &plan, &outcome);
    outcome_release(&outcome);
    machine_release(&machine);
    return status;
}

static int print_help(void)
{
    options_help(&job_options, stdout);
    return fflush(stdout) == 0 ? FF_DONE : FF_UNWRITTEN;
}

static int print_operators(void)
{
    fold_option_list(stdout);
    return fflush(stdout) == 0 ? FF_DONE : FF_UNWRITTEN;
}

/* The place in a job file that names the kernel; NULL: it does not. */
static const struct option_setting *kernel_setting(const struct job *job)
{
    for (size_t i = 0; i < job->settings.n; i++)
        if (job->settings.at[i].row == NULL
            && job->settings.at[i].source == OPTION_FILE)
            return &job->settings.at[i];
    return NULL;
}

/* A kernel that is not there is an error of the line that names it. */
static int check_kernel(const struct job *job, struct ff_error *err)
{
    const struct option_setting *s = kernel_setting(job);
    struct ff_error cause;
    char origin[256];
    if (source_check(job->kernel, &cause) == 0)
        return 0;
    return ff_error_set(err, cause.status, "%s%s%.700s",
                        s != NULL ? option_origin(s, origin) : "",
                        s != NULL ? ": kernel: " : "", cause.text);
}

/* A source that was never compiled does not tell whether it is for a team. */
static int plan_uncompiled(struct plan *plan, const struct job *job,
                           const struct machine *machine, bool *unknown,
                           struct ff_error *err)
{
    struct compiled compiled;
    *unknown = job->threads_by_kind
               && !compile_find(&compiled, job->kernel, job->ldflags);
    if (plan_make(plan, job, machine, err) != 0)
        return -1;
    if (!job->threads_by_kind || *unknown)
        return 0;
    return plan_for_kernel(plan, job, machine, compiled.object, err);
}

static int dry_run(const struct job *job)
{
    bool unknown;
    struct machine machine = {0};
    struct plan plan = {0};
    struct ff_error err = {0};
    int rc = plan_read_machine(&machine, job, &err);
    if (rc == 0)
        rc = plan_uncompiled(&plan, job, &machine, &unknown, &err);
    if (rc == 0)
        rc = check_paths(job, &err);
    if (rc == 0)
        rc = dry_run_print_job(stdout, job, &err);
    if (rc == 0) {
        dry_run_print_plan(stdout, &plan);
        if (unknown)
            printf("#   (the kernel is not compiled yet; should it be one for "
                   "a team,\n#   it gets one worker with all cores)\n");
        if (fflush(stdout) != 0 || ferror(stdout))
            rc = ff_error_errno(&err, FF_UNWRITTEN, "cannot write results");
    }
    plan_release(&plan);
    machine_release(&machine);
    return rc == 0 ? FF_DONE : complain(&err);
}

/* What there is to do, now that the job is known. */
static int do_job(struct job *job, uint64_t started_ns)
{
    struct ff_error err = {0};
    if (job->help && job->kernel == NULL)
        return print_help();
    if (job->list_operators)
        return print_operators();
    if ((job->file != NULL || job->dry_run) && check_kernel(job, &err) != 0)
        return complain(&err);
    if (job->help) {
        job->workers = job->threads = 1;
        job->threads_by_kind = false;
        job->arg_file = NULL;
        job->quiet = true;
    } else if (job->dry_run) {
        return dry_run(job);
    }
    return serial_is_back() ? report_serial(job)
                            : run_and_report(job, started_ns);
}

int cmd_run(int argc, char **argv, char **all_argv, uint64_t started_ns)
{
    struct job job;
    struct ff_error err = {0};
    if (job_parse(&job, argc, argv, &err) != 0)
        return complain(&err);
    job.argv = all_argv;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file too large is an error to report */
    const int status = do_job(&job, started_ns);
    job_release(&job);
    return status;
}
