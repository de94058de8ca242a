/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold run: options, kernel, machine, plan, run, report; in this order. */
#include "cmd_run.h"
#include "before.h"
#include "cluster.h"
#include "compile.h"
#include "complain.h"
#include "cpulist.h"
#include "dry_run.h"
#include "dry_run_command.h"
#include "fold_option.h"
#include "job_options.h"
#include "job_parse.h"
#include "keeper.h"
#include "kept_job.h"
#include "kernel_help.h"
#include "lease.h"
#include "object.h"
#include "report.h"
#include "run.h"
#include "source.h"
#include "serial_run.h"
#include "share.h"
#include "start.h"
#include "subject.h"
#include "wrap.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A debugger's run is one worker, and takes the time that it takes. */
static void tell_serial(const struct job *job)
{
    const struct { const char *name; bool given; } vain[] = {
        {"--host", job->host != NULL || job->hostfile != NULL},
        {"-n", job->workers > 1},
        {"--threads", job->threads > 1 && !job->openmp_threads},
        {"--schedule", job->schedule != SCHEDULE_DYNAMIC},
        {"--schedule-map", job->schedule_map},
        {"--timeout", job->timeout_ns > 0},
        {"--time-limit", job->time_limit_ns > 0},
        {"--recycle", job->recycle > 0},
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
    /* A command of another run has the cores that it was given. */
    const bool limited = machine->limited && job->workers == 0
                         && getenv("FANFOLD_RANK") == NULL;
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
    if (!task_is_command(&job->task))
        before_tell_object(compiled);
    wrap_print(stderr, "fanfold: %s\n", plan->how);
    for (uint32_t w = 0; plan->bound && w < plan->n_workers; w++) {
        char cpus[200];
        plan_cpus(plan, w, cpus, sizeof cpus);
        fprintf(stderr, "fanfold: worker %u on CPUs %s\n", plan_rank(plan, w),
                cpus);
    }
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

/* What is ours of the machine. */
static int read_share(struct machine *machine, const struct job *job,
                      const struct share *share, struct ff_error *err)
{
    if (plan_read_machine(machine, job, err) != 0)
        return -1;
    share_limit(share, machine);
    return 0;
}

/* The plan for the kernel, on cores that no other run of ours has, if that can
 * be; they are the run's until it ends. */
static int plan_on_leased(struct plan *plan, const struct job *job,
                          struct machine *machine, const char *object,
                          struct lease *lease, struct ff_error *err)
{
    if (job->help || job->serial || !lease_is_due())
        return plan_for_kernel(plan, job, machine, object, err);
    if (lease_begin(lease, machine, job, job->workers, job->threads,
                    lease_run())) {
        plan_release(plan);
        if (plan_make(plan, job, machine, err) != 0)
            return -1;
    }
    if (plan_for_kernel(plan, job, machine, object, err) != 0)
        return -1;
    lease_take(lease, machine, plan);
    lease_tell(lease, plan);
    return 0;
}

/* All that must be there before a run: the plan, the shared memory, the
 * object. The fork server starts while we read the machine; what it is bound
 * to, workers are. */
static int prepare(const struct job *job, const struct parallel *parallel,
                   struct crew *crew, struct subject *subject,
                   struct machine *machine, struct plan *plan,
                   struct lease *lease, struct ff_error *err)
{
    struct share share;
    if (share_take(&share, parallel, err) != 0
        || crew_start_server(crew, err) != 0
        || subject_open(subject, job, true, err) != 0
        || read_share(machine, job, &share, err) != 0
        || plan_make(plan, job, machine, err) != 0
        || subject_compile(subject, job, crew, err) != 0
        || plan_on_leased(plan, job, machine, subject->compiled.object, lease,
                          err) != 0
        || before_check_keep_order(job, plan->threads, err) != 0
        || crew_prepare(crew, plan, err) != 0
        || subject_prepare(subject, job, crew_job(crew), err) != 0)
        return -1;
    tell_plan(job, machine, plan, &subject->compiled);
    if (job->verbose && lease->trouble[0] != '\0')
        wrap_print(stderr, "fanfold: %s\n", lease->trouble);
    return 0;
}

/* The run, and what the CPU quota did to it meanwhile. */
static int run_here(const struct job *job, const struct machine *machine,
                    const struct plan *plan, const struct subject *subject,
                    struct crew *crew, struct keeper *keeper,
                    uint64_t started_ns, struct outcome *outcome,
                    struct ff_error *err)
{
    struct cgroup_throttle before = {0}, after = {0};
    const bool quota = machine->quota_stat[0] != '\0'
                       && cgroup_throttle_read(machine->quota_stat, &before);
    if (run_job(job, plan, &subject->input, &subject->work, crew, keeper,
                started_ns, outcome, err) != 0)
        return -1;
    if (quota && cgroup_throttle_read(machine->quota_stat, &after)) {
        outcome->throttle.count = after.count - before.count;
        outcome->throttle.ns = after.ns - before.ns;
    }
    return 0;
}

static struct crew crew_for(const struct job *job)
{
    const bool to_stderr = job_owns_stdout(job) || job->help;
    return (struct crew){.socket = -1, .tag_output = job->tag_output,
                         .timestamp_output = job->timestamp_output,
                         .kernel_stdout = to_stderr ? stderr : stdout,
                         .job.fd = -1, .node.fd = -1};
}

static int run_and_report(const struct job *job,
                          const struct parallel *parallel, uint64_t started_ns)
{
    struct crew crew = crew_for(job);
    static struct subject subject; /* has long paths */
    struct machine machine = {0};
    struct plan plan = {0};
    struct lease lease = LEASE_NONE;
    static struct outcome outcome; /* most of it is never touched */
    struct ff_error err = {0};
    char id[32];
    int rc, status;

    subject = SUBJECT_NONE;
    before_make_id(id);
    struct keeper *keeper = keeper_open(job, id, &err);
    keeper_about(keeper, &subject, &machine, &plan);
    rc = err.status != 0 ? -1 : before_check_paths(job, &err);
    if (rc == 0)
        rc = prepare(job, parallel, &crew, &subject, &machine, &plan,
                     &lease, &err);
    if (rc == 0 && job->help) {
        rc = kernel_help(job, &crew, &err);
    } else if (rc == 0 && job->serial) {
        crew_end(&crew);
        rc = serial_become(job, &crew, &subject.input, subject.work.fd,
                           started_ns, &err);
    } else if (rc == 0) {
        rc = run_here(job, &machine, &plan, &subject, &crew, keeper,
                      started_ns, &outcome, &err);
        outcome.compile_ns = subject.compiled.took_ns;
        outcome.items = subject_items(&subject);
        outcome.python = subject_python(&subject);
    }
    memcpy(outcome.run_id, id, sizeof id);
    keeper_end(keeper, &outcome, rc != 0 ? &err : NULL);
    if (rc != 0)
        job_place(job, &err);
    status = rc != 0 ? complain(&err)
             : job->help ? FF_DONE
                         : report_all(job, &machine, &plan, &outcome);
    keeper_tell(keeper, &outcome, status);
    keeper_free(keeper);
    outcome_release(&outcome);
    crew_end(&crew); /* it had the time of the report to end */
    crew_release(&crew);
    subject_release(&subject);
    plan_release(&plan);
    machine_release(&machine);
    lease_release(&lease);
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
    const int status = report_all(job, &machine, &plan, &outcome);
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
    if (task_is_command(&job->task) || source_check(job->kernel, &cause) == 0)
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
    const bool any = job->threads_by_kind && !source_is_python(job->kernel);
    *unknown = any && !compile_find(&compiled, job->kernel, job->ldflags);
    if (plan_make(plan, job, machine, err) != 0)
        return -1;
    if (!any || *unknown)
        return 0;
    return plan_for_kernel(plan, job, machine, compiled.object, err);
}

static int print_plan(FILE *out, const struct job *job,
                      const struct machine *machine, struct ff_error *err)
{
    struct plan plan = {0};
    bool unknown;
    int rc = plan_uncompiled(&plan, job, machine, &unknown, err);
    if (rc == 0)
        dry_run_print_plan(out, &plan);
    if (rc == 0 && unknown)
        fprintf(out, "#   (the kernel is not compiled yet; should it be one "
                "for a team,\n#   it gets one worker with all cores)\n");
    plan_release(&plan);
    return rc;
}

static int print_nodes(FILE *out, const struct job *job,
                       const struct nodes *nodes,
                       const struct machine *machine, struct ff_error *err)
{
    struct cluster_plan cluster = {0};
    struct node_has *has = nodes_alike(nodes, machine, err);
    int rc = has == NULL ? -1
             : cluster_plan_make(&cluster, job, has, nodes->n, false, err);
    if (rc == 0)
        rc = dry_run_print_nodes(out, &cluster, err);
    cluster_plan_release(&cluster);
    free(has);
    return rc;
}

/* As {core} has it. */
static void first_cores(const struct plan *plan, char *out, size_t size)
{
    uint32_t core[LEDGER_MAX_CPUS];
    const uint32_t threads = plan_threads(plan, 0);
    uint32_t n = 0;
    while (n < threads && n < LEDGER_MAX_CPUS) {
        core[n] = plan_places(plan, 0)[n].core;
        n++;
    }
    cpu_list_text(core, n, out, size);
}

/* The commands, as the first worker of the plan would run them. */
static int print_commands(const struct job *job, const struct nodes *nodes,
                          const struct machine *machine, struct ff_error *err)
{
    struct plan plan = {0};
    char host[256] = "", cores[256];
    if (plan_make(&plan, job, machine, err) != 0)
        return -1;
    first_cores(&plan, cores, sizeof cores);
    gethostname(host, sizeof host - 1);
    const struct template_place place = {
        .slot = 1, .rank = plan_rank(&plan, 0), .core = cores,
        .host = nodes->n > 0 ? nodes->node[0].host : host};
    const int rc = dry_run_commands(stdout, job, &place, err);
    plan_release(&plan);
    return rc;
}

/* Of a command the lines alone are on standard output. */
static int print_dry_run(const struct job *job, const struct nodes *nodes,
                         const struct machine *machine, struct ff_error *err)
{
    const bool command = task_is_command(&job->task);
    const bool here = nodes->n == 0 || start_is_here(nodes);
    FILE *out = command ? stderr : stdout;
    int rc = command ? 0 : dry_run_print_job(out, job, err);
    if (rc == 0 && (!command || job->verbose))
        rc = here ? print_plan(out, job, machine, err)
                  : print_nodes(out, job, nodes, machine, err);
    if (rc == 0 && command)
        rc = print_commands(job, nodes, machine, err);
    return rc;
}

static int dry_run(const struct job *job, const struct nodes *nodes)
{
    struct machine machine = {0};
    struct ff_error err = {0};
    int rc = plan_read_machine(&machine, job, &err);
    if (rc == 0)
        rc = before_check_paths(job, &err);
    if (rc == 0)
        rc = print_dry_run(job, nodes, &machine, &err);
    if ((fflush(stdout) != 0 || ferror(stdout)) && rc == 0)
        rc = ff_error_errno(&err, FF_UNWRITTEN, "cannot write results");
    machine_release(&machine);
    return rc == 0 ? FF_DONE : complain(&err);
}

/* Other machines can be planned for by what hwloc says of them, not run on. */
static int check_topology(const struct job *job, struct ff_error *err)
{
    if (job->topology == NULL || job->dry_run)
        return 0;
    return ff_error_set(err, FF_USAGE, "option '--topology': a run is on "
                        "machines that are there; 'fanfold plan' plans for "
                        "others");
}

/* One machine that is this one, with so many workers at most. */
static void stay_here(struct job *job, const struct nodes *nodes)
{
    const uint32_t slots = nodes->n > 0 ? nodes->node[0].slots : 0;
    const uint32_t most = job->ppn > 0 ? job->ppn : slots;
    if (job->workers == 0)
        job->workers = most;
}

/* Here, or on several nodes: *far. */
static int run_somewhere(struct job *job, const struct parallel *parallel,
                         uint64_t started_ns, bool *far)
{
    struct nodes nodes = {0};
    struct ff_error err = {0};
    int status;
    if (check_topology(job, &err) != 0
        || start_find_nodes(&nodes, job, parallel, &err) != 0)
        return complain(&err);
    *far = !job->help && !job->serial && !job->dry_run
           && (!parallel_is_alone(parallel)
               || (nodes.n > 0 && !start_is_here(&nodes)));
    if (!*far)
        stay_here(job, &nodes);
    if (job->dry_run && !job->help) {
        status = dry_run(job, &nodes);
    } else if (!*far) {
        status = run_and_report(job, parallel, started_ns);
    } else {
        status = cluster_run(job, &nodes, parallel, started_ns);
    }
    nodes_release(&nodes);
    return status;
}

/* What there is to do, now that the job is known. */
static int do_job(struct job *job, const struct parallel *parallel,
                  uint64_t started_ns, bool *far)
{
    struct ff_error err = {0};
    if (job->help && (job->kernel == NULL || task_is_command(&job->task)))
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
    }
    return serial_is_back() ? report_serial(job)
                            : run_somewhere(job, parallel, started_ns, far);
}

void cmd_run_let_go(const struct job *job, const struct parallel *parallel)
{
    if (parallel_is_alone(parallel))
        return;
    fflush(NULL);
    start_let_go(job, parallel);
}

int cmd_run_job(struct job *job, const struct parallel *parallel,
                char **all_argv, uint64_t started_ns)
{
    bool far = false;
    job->argv = all_argv;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file too large is an error to report */
    const int status = do_job(job, parallel, started_ns, &far);
    if (!far)
        cmd_run_let_go(job, parallel);
    return status;
}

/* --resume without --store: the run of this command line, when there is one.
 * (With --joblog that says what is done.) */
static int find_run(struct job *job, struct ff_error *err)
{
    char path[PATH_MAX];
    if (!job->resume || job->store != NULL || job->help
        || (task_is_command(&job->task) && job->task.joblog != NULL))
        return 0;
    const int found = kept_job_find(job, path, err);
    if (found <= 0)
        return found;
    job->store = text_pool_keep(&job->texts, path, strlen(path), "", 0);
    return job->store != NULL
           ? 0 : ff_error_errno(err, FF_LOST, "cannot go on with '%s'", path);
}

int cmd_run(int argc, char **argv, char **all_argv, uint64_t started_ns)
{
    struct job job = {0};
    struct ff_error err = {0};
    struct parallel parallel;
    int status;
    parallel_read(&parallel);
    if (job_parse(&job, argc, argv, &err) == 0
        && find_run(&job, &err) == 0) {
        status = cmd_run_job(&job, &parallel, all_argv, started_ns);
    } else {
        status = complain(&err);
        cmd_run_let_go(&job, &parallel);
    }
    job_release(&job);
    return status;
}
