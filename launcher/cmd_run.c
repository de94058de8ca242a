/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold run: options, kernel, machine, plan, run, report; in this order. */
#include "cmd_run.h"
#include "clock.h"
#include "compile.h"
#include "hash.h"
#include "input.h"
#include "job_parse.h"
#include "object.h"
#include "report.h"
#include "run.h"
#include "serial_run.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int complain(const struct ff_error *err)
{
    fprintf(stderr, "fanfold: %s\n", err->text);
    return err->status;
}

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
    if (!job->quiet && (job->workers > 1 || job->timeout_ns > 0
                        || job->time_limit_ns > 0))
        fprintf(stderr, "fanfold: -n, --timeout and --time-limit mean nothing "
                "with --serial\n");
}

static void tell_plan(const struct job *job, const struct machine *machine,
                      const struct plan *plan, const struct compiled *compiled)
{
    const bool limited = machine->limited && job->workers == 0;
    if (!job->quiet && job->warning[0] != '\0')
        fprintf(stderr, "fanfold: %s\n", job->warning);
    if (job->serial) {
        tell_serial(job);
        return;
    }
    if (!job->quiet && plan->warning[0] != '\0')
        fprintf(stderr, "fanfold: %s\n", plan->warning);
    if (!job->quiet && (limited || job->verbose))
        fprintf(stderr, "fanfold: %s\n", plan->why);
    if (!job->verbose)
        return;
    fprintf(stderr, "fanfold: kernel %s (%s)\n", compiled->object,
            compiled->given ? "as given"
            : compiled->cached ? "from the cache" : "compiled now");
    fprintf(stderr, "fanfold: %s\n", plan->how);
    for (uint32_t w = 0; plan->bound && w < plan->n_workers; w++) {
        char cpus[200];
        plan_cpus(plan, w, cpus, sizeof cpus);
        fprintf(stderr, "fanfold: worker %u on CPUs %s\n", w, cpus);
    }
}

/* The kernel's path and arguments, as workers read them. */
static int fill_text(struct job_shm *shm, const struct job *job,
                     const char *object, struct ff_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < job->n_args + 2; i++) {
        const char *next = i == 0 ? job->kernel : i == 1 ? object
                           : job->arg[i - 2];
        const size_t length = strlen(next) + 1;
        if (n + length > sizeof shm->text)
            return ff_error_set(err, FF_USAGE, "the --arg options are longer "
                                "than %zu bytes together", sizeof shm->text);
        memcpy(shm->text + n, next, length);
        n += length;
    }
    shm->n_text = (uint32_t)n;
    shm->report_bindings = job->report_bindings;
    shm->openmp_spent = job->openmp_threads;
    shm->seed = job->seed;
    shm->quiet = job->quiet;
    shm->has_range = job->has_range;
    shm->keep_order = job->keep_order;
    shm->range_first = job->first;
    shm->range_last = job->last;
    shm->grid.chunk_items = job->chunk_items;
    return 0;
}

/* The lines of the input are the items, all of them or those of --range. */
static int fill_input(struct job_shm *shm, const struct job *job,
                      const struct input *input, struct ff_error *err)
{
    if (job->has_range && job->last > input->n_lines)
        return ff_error_set(err, FF_USAGE, "--range ends at %" PRIu64 ", but "
                            "'%s' has %" PRIu64 " lines", job->last,
                            input->name, input->n_lines);
    shm->line_ends_with = (uint32_t)input->ends_with;
    shm->input = (struct node_file){.fd = input->fd, .bytes = input->bytes};
    shm->input_index = (struct node_file){.fd = input->index.fd,
                                          .bytes = input->index.bytes};
    if (!job->has_range) {
        shm->has_range = 1;
        shm->range_first = 0;
        shm->range_last = input->n_lines;
    }
    return 0;
}

static int report(const struct job *job, const struct machine *machine,
                  const struct plan *plan, struct outcome *o)
{
    struct ff_error err;
    const bool json_only = job->json != NULL && strcmp(job->json, "-") == 0;
    FILE *out = json_only ? NULL : o->stdout_taken ? stderr : stdout;
    if (o->unwritten.status != 0)
        o->status = complain(&o->unwritten);
    if (report_text(out, stderr, job, machine, plan, o) != 0) {
        ff_error_errno(&err, FF_UNWRITTEN, "cannot write results");
        o->status = complain(&err);
    }
    if (job->json != NULL
        && report_json(job->json, job, machine, plan, o, &err) != 0)
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
                   struct ff_error *err)
{
    struct compiled compiled;
    if (crew_start_server(crew, err) != 0
        || (job->arg_file != NULL
            && input_open(input, job->arg_file, job->null_ended ? 0 : '\n',
                          err) != 0)
        || plan_read_machine(machine, job, err) != 0
        || plan_make(plan, job, machine, err) != 0
        || compile_resolve(&compiled, job->kernel, job->ldflags, crew_command,
                           crew, err) != 0
        || plan_for_kernel(plan, job, machine, compiled.object, err) != 0
        || check_keep_order(job, plan, err) != 0
        || crew_prepare(crew, plan, err) != 0
        || fill_text(crew_job(crew), job, compiled.object, err) != 0
        || (job->arg_file != NULL
            && fill_input(crew_job(crew), job, input, err) != 0))
        return -1;
    tell_plan(job, machine, plan, &compiled);
    return 0;
}

/* Better to hear of it before the run than after. */
static int check_json(const struct job *job, struct ff_error *err)
{
    const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    if (job->json == NULL || strcmp(job->json, "-") == 0)
        return 0;
    if (trust_output(job->json, "--json", err) != 0)
        return -1;
    int fd = open(job->json, flags | O_CREAT | O_EXCL, 0666);
    if (fd >= 0)
        unlink(job->json); /* nothing is written before there is something */
    else if (errno == EEXIST)
        fd = open(job->json, flags);
    /* A FIFO that nobody reads yet is no error. */
    if (fd < 0 && errno != ENXIO)
        return ff_error_errno(err, FF_USAGE, "cannot write '%s' (--json)",
                              job->json);
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

static int run_and_report(const struct job *job, uint64_t started_ns)
{
    const bool json_only = job->json != NULL && strcmp(job->json, "-") == 0;
    struct crew crew = {.socket = -1, .tag_output = job->tag_output,
                        .kernel_stdout = json_only ? stderr : stdout,
                        .job.fd = -1, .node.fd = -1};
    struct input input = INPUT_NONE;
    struct machine machine = {0};
    struct plan plan = {0};
    struct outcome outcome = {0};
    struct ff_error err = {0};
    char id[32];
    int rc, status;

    make_run_id(id);
    rc = check_here(job, &err);
    if (rc == 0)
        rc = check_json(job, &err);
    if (rc == 0)
        rc = prepare(job, &crew, &input, &machine, &plan, &err);
    if (rc == 0 && job->serial) {
        crew_end(&crew);
        rc = serial_become(job, &crew, &input, started_ns, &err);
    } else if (rc == 0) {
        rc = run_job(job, &plan, &input, &crew, started_ns, &outcome, &err);
    }
    memcpy(outcome.run_id, id, sizeof id);
    status = rc == 0 ? report(job, &machine, &plan, &outcome)
                     : complain(&err);
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
    struct plan plan = {.n_workers = 1, .threads = 1,
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

int cmd_run(int argc, char **argv, char **all_argv, uint64_t started_ns)
{
    struct job job;
    struct ff_error err = {0};
    if (job_parse(&job, argc, argv, &err) != 0)
        return complain(&err);
    job.argv = all_argv;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file too large is an error to report */
    return serial_is_back() ? report_serial(&job)
                            : run_and_report(&job, started_ns);
}
