/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of a job: one table, and what each of them accepts. Who asks
 * for an option (environment, command line) is the business of job.c and
 * options.c.
 */
#include "job_options.h"
#include "fold_option.h"
#include "number.h"
#include "option_value.h"
#include "place_option.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- options ------------------------------------------------------------- */

static const char *set_chunk(void *into, const char *text)
{
    return option_positive(&((struct job *)into)->chunk_items, text,
                           UINT64_MAX);
}

static const char *set_crash_limit(void *into, const char *text)
{
    return option_positive_u32(&((struct job *)into)->crash_limit, text);
}

static const char *set_retries(void *into, const char *text)
{
    uint64_t n;
    if (number_u64(text, &n) != 0 || n > UINT32_MAX)
        return "is not a whole number from 0 on, of less than 2^32";
    ((struct job *)into)->retries = (uint32_t)n;
    return NULL;
}

static const char *set_halt(void *into, const char *text)
{
    return halt_parse(&((struct job *)into)->halt, text);
}

#define DEFAULT_VERIFY "5%"

static const char *set_verify(void *into, const char *text)
{
    struct job *job = into;
    double share;
    if (share_parse(&share, text) != 0)
        return "is not a share of the chunks like 5%, 0.05 or 1";
    if (share <= 0)
        return "is not more than 0%: without --verify nothing is run twice";
    job->verify = share >= 1 ? UINT64_MAX : (uint64_t)(share * 0x1p64);
    return NULL;
}

static const char *set_max_failures(void *into, const char *text)
{
    uint64_t n;
    const char *bad = option_positive(&n, text, UINT32_MAX);
    if (bad == NULL)
        ((struct job *)into)->halt =
            (struct halt){.when = HALT_SOON, .fail = (double)n};
    return bad;
}

static const char *set_seed(void *into, const char *text)
{
    return option_whole(&((struct job *)into)->seed, text);
}

static const char *set_timeout(void *into, const char *text)
{
    return option_duration(&((struct job *)into)->timeout_ns, text);
}

static const char *set_time_limit(void *into, const char *text)
{
    return option_duration(&((struct job *)into)->time_limit_ns, text);
}

static const char *set_grace(void *into, const char *text)
{
    return option_duration(&((struct job *)into)->grace_ns, text);
}

static const char *set_arg_file(void *into, const char *text)
{
    return option_text(&((struct job *)into)->arg_file, text);
}

static const char *set_null(void *into, const char *text)
{
    ((struct job *)into)->null_ended = option_is_on(text);
    return NULL;
}

static const char *set_ldflags(void *into, const char *text)
{
    ((struct job *)into)->ldflags = *text != '\0' ? text : NULL;
    return NULL;
}

static const char *set_json(void *into, const char *text)
{
    return option_text(&((struct job *)into)->json, text);
}

/* The last of --quiet and --verbose wins. */
static const char *set_quiet(void *into, const char *text)
{
    struct job *job = into;
    job->quiet = option_is_on(text);
    job->verbose = job->verbose && !job->quiet;
    return NULL;
}

static const char *set_verbose(void *into, const char *text)
{
    struct job *job = into;
    job->verbose = option_is_on(text);
    job->quiet = job->quiet && !job->verbose;
    return NULL;
}

static const char *set_progress(void *into, const char *text)
{
    static const struct {
        const char *name;
        enum progress_mode mode;
    } modes[] = {{"line", PROGRESS_LINE}, {"workers", PROGRESS_WORKERS},
                 {"none", PROGRESS_NONE}};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(text, modes[i].name) == 0) {
            ((struct job *)into)->progress = modes[i].mode;
            return NULL;
        }
    return "is not line, workers or none";
}

static const char *set_bar(void *into, const char *text)
{
    ((struct job *)into)->progress = option_is_on(text) ? PROGRESS_LINE
                                                 : PROGRESS_NONE;
    return NULL;
}

static const char *set_tag_output(void *into, const char *text)
{
    ((struct job *)into)->tag_output = option_is_on(text);
    return NULL;
}

static const char *set_schedule_map(void *into, const char *text)
{
    ((struct job *)into)->schedule_map = option_is_on(text);
    return NULL;
}

static const char *set_timestamp_output(void *into, const char *text)
{
    ((struct job *)into)->timestamp_output = option_is_on(text);
    return NULL;
}

static const char *set_hex(void *into, const char *text)
{
    ((struct job *)into)->hex = option_is_on(text);
    return NULL;
}

static const char *set_csv(void *into, const char *text)
{
    return option_text(&((struct job *)into)->csv, text);
}

static const char *set_dry_run(void *into, const char *text)
{
    ((struct job *)into)->dry_run = option_is_on(text);
    return NULL;
}

static const char *set_wdir(void *into, const char *text)
{
    return option_text(&((struct job *)into)->wdir, text);
}

/* VAR=VALUE; a VAR alone is one that the workers have from us anyway. */
static const char *set_env(void *into, const char *text)
{
    struct job *job = into;
    const size_t n = strcspn(text, "=");
    if (n == 0)
        return "is not VAR or VAR=VALUE";
    if (strncmp(text, "FANFOLD_", 8) == 0)
        return "is a name that fanfold sets itself";
    if (text[n] == '\0' && getenv(text) == NULL)
        return "is no variable that is set here";
    /* The last of a name counts. */
    for (size_t i = job->n_env; i-- > 0;)
        if (strncmp(job->env[i], text, n) == 0 && job->env[i][n] == '=')
            memmove(&job->env[i], &job->env[i + 1],
                    (--job->n_env - i) * sizeof job->env[0]);
    if (text[n] == '\0')
        return NULL;
    if (job->n_env == JOB_MAX_ENV)
        return "is one more than the 256 that can be given";
    job->env[job->n_env++] = text;
    return NULL;
}

static const char *set_arg(void *into, const char *text)
{
    struct job *job = into;
    const char *p = text;
    while (isalnum((unsigned char)*p) || *p == '_')
        p++;
    if (*p != '=' || p == text || isdigit((unsigned char)*text))
        return "is not NAME=VALUE, with the name of a parameter of the kernel";
    if (job->n_args == JOB_MAX_ARGS)
        return "is one more than the 256 that can be given";
    job->arg[job->n_args++] = text;
    return NULL;
}

static const char *set_output(void *into, const char *text)
{
    struct job *job = into;
    if (*text == '\0')
        return "is empty";
    if (job->n_outputs == JOB_MAX_OUTPUTS)
        return "is one more than the 32 that can be given";
    job->output[job->n_outputs++] = text;
    return NULL;
}

static const char *set_keep_order(void *into, const char *text)
{
    ((struct job *)into)->keep_order = option_is_on(text);
    return NULL;
}

static const char *set_range(void *into, const char *text)
{
    struct job *job = into;
    const char *wrong = option_range(&job->first, &job->last, text);
    job->has_range = wrong == NULL;
    return wrong;
}

/* NAME=VALUE, where NAME could be a parameter's. */
static bool is_assignment(const char *word)
{
    const char *p = word;
    while (isalnum((unsigned char)*p) || *p == '_')
        p++;
    return p != word && *p == '=' && !isdigit((unsigned char)*word);
}

static int set_kernel(void *into, const char *word, struct ff_error *err)
{
    struct job *job = into;
    if (is_assignment(word))
        return ff_error_set(err, FF_USAGE, "'%s' is no kernel: a value for "
                            "one is given by '--arg %s'", word, word);
    if (job->kernel != NULL)
        return ff_error_set(err, FF_USAGE,
                            "more than one kernel: '%s' and '%s'; values for "
                            "a kernel are given by --arg NAME=VALUE, lines of "
                            "a file by -a FILE",
                            job->kernel, word);
    if (*word == '\0')
        return ff_error_set(err, FF_USAGE, "the name of the kernel is empty");
    job->kernel = word;
    return 0;
}

/* ---- the table ----------------------------------------------------------- */

enum { WHERE = 1, WHAT, FAILING, TELLING, NODES };

static const char *const headings[] = {
    "Where it runs:", "What is run:", "When something fails:",
    "What is told:", "On several machines:"};

/* A row ends where nothing more is to be said. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const struct option_row rows[] = {
    {NULL, 'n', "N", WHERE,
     "Run N workers (also -np N; default: one for each core that may be used)",
     place_option_workers, .alias = "np"},
    {"threads", 0, "T", WHERE,
     "Run T threads in each worker (default: OMP_NUM_THREADS or 1; a team "
     "kernel: all cores)",
     place_option_threads},
    {"bind-to", 0, "WHAT", WHERE,
     "Bind each thread to its core, hwthread, numa (node), socket, or none "
     "(default: core when there is one for each thread, else none)",
     place_option_bind_to, .words = "core|hwthread|numa|socket|none"},
    {"map-by", 0, "WHAT", WHERE,
     "Workers take cores in the order of core (neighbours), numa or socket (in "
     "turn), hwthread, node (default: core)", place_option_map_by,
     .words = "core|numa|socket|hwthread|node"},
    {"use-hwthread-cpus", 0, NULL, WHERE,
     "Count hardware threads as cores", place_option_hwthreads},
    {"oversubscribe", 0, NULL, WHERE,
     "Do not warn of more threads than cores, which are allowed anyway",
     place_option_oversubscribe},
    {"report-bindings", 0, NULL, WHERE,
     "Tell on which CPUs each thread runs, as it says itself",
     place_option_report_bindings},
    {"allow-run-as-root", 0, NULL, WHERE,
     "Accepted, and not needed", place_option_allow_root},
    {"schedule", 0, "NAME", WHERE,
     "Hand chunks out static (a block for each thread), cyclic (in turn) or "
     "dynamic (to whoever is free; the default)", place_option_schedule,
     .words = "static|cyclic|dynamic"},
    {"serial", 0, NULL, WHERE,
     "Run everything in one process, for a debugger", place_option_serial},

    {"arg-file", 'a', "FILE", WHAT,
     "Run the lines of FILE, each an item; - is standard input",
     set_arg_file},
    {"null", '0', NULL, WHAT,
     "The lines of -a end with a zero byte, as of find -print0", set_null},
    {"range", 0, "A:B", WHAT,
     "Run the items A to B-1; A-B runs A to B (default: what the kernel "
     "says)", set_range},
    {"chunk", 0, "N", WHAT,
     "Put N items in a chunk, which is counted or fails as a whole (default: "
     "so many that there are at most 65,536 chunks)", set_chunk},
    {"arg", 0, "NAME=VALUE", WHAT,
     "Set a parameter of the kernel; can be given several times", set_arg,
     .repeat = OPTION_NAMED, .key = "args"},
    {"fold", 0, "NAME=OP[,...]", WHAT,
     "Fold the values of NAME, or VALUES, which the kernel gives, by another "
     "operator; can be given several times; --fold list shows the operators",
     fold_option_set, .repeat = OPTION_NAMED, .words = "list"},
    {"seed", 0, "S", WHAT, "Seed of the random numbers (default: 0)",
     set_seed},
    {"ldflags", 0, "FLAGS", WHAT,
     "More flags for the compiler, separated by blanks: '-lgsl -lblas'",
     set_ldflags},
    {"env", 'x', "VAR[=VALUE]", WHAT,
     "Set a variable of the workers' environment; without a value, the one it "
     "has here; can be given several times", set_env, .repeat = OPTION_NAMED},
    {"wdir", 0, "DIR", WHAT,
     "Run the workers in DIR (default: the present directory)", set_wdir},

    {"timeout", 0, "D", FAILING,
     "Kill a worker when one chunk takes longer than D; it counts as a crash "
     "(durations: 90, 250ms, 10m, 1.5h; default: 0, which is none)",
     set_timeout},
    {"verify", 0, "SHARE", FAILING,
     "Run this share of the chunks twice and compare all bits of what they "
     "give (default: 5%; 1: all)", set_verify, .bare = DEFAULT_VERIFY},
    {"time-limit", 0, "D", FAILING,
     "Stop the run after this time and report what is done (default: 0, which "
     "is none)", set_time_limit},
    {"grace", 0, "D", FAILING,
     "Time that chunks have to end when --time-limit or SIGTERM stops the "
     "run (default: 5 s)",
     set_grace},
    {"crash-limit", 0, "N", FAILING,
     "Give a chunk up when it has crashed N times (default: 3; ten times as "
     "many for kills from outside)",
     set_crash_limit},
    {"retries", 0, "N", FAILING,
     "Try a chunk again up to N times when its kernel says ff_fail (default: "
     "0)", set_retries},
    {"halt", 0, "WHEN", FAILING,
     "soon,fail=N: start no chunk any more after N have failed; now,fail=N: "
     "kill those that run, too; N% is a share of all chunks (default: never)",
     set_halt, .words = "soon,fail=1|now,fail=1|soon,fail=10%|never"},
    {"max-failures", 0, "N", FAILING, "The same as --halt soon,fail=N",
     set_max_failures},

    {"output", 0, "[NAME=]FILE", TELLING,
     "Write an output or array of the kernel to FILE, - is standard output "
     "(default: the first output to standard output, an array to NAME.npy)",
     set_output, .repeat = OPTION_LIST},
    {"keep-order", 'k', NULL, TELLING,
     "Pass on what a kernel prints in the order of the items; not with "
     "--threads", set_keep_order},
    {"json", 0, "FILE", TELLING,
     "Write all about the run to FILE, - is standard output", set_json},
    {"csv", 0, "FILE", TELLING,
     "Write the results as a table to FILE, - is standard output", set_csv},
    {"hex", 0, NULL, TELLING,
     "Show the bits of each result that is a double, as C writes them",
     set_hex},
    {"progress", 0, "MODE", TELLING,
     "Show how far it is: line, workers (a line each as well) or none "
     "(default: line on a terminal, else none)", set_progress,
     .words = "line|workers|none"},
    {"bar", 0, NULL, TELLING, "The same as --progress=line", set_bar},
    {"eta", 0, NULL, TELLING, "The same as --progress=line", set_bar},
    {"quiet", 0, NULL, TELLING, "Print only the results, and what failed",
     set_quiet},
    {"schedule-map", 0, NULL, TELLING,
     "Draw who ran which chunks, and who was busy when", set_schedule_map},
    {"verbose", 0, NULL, TELLING,
     "Explain the decisions, show each worker", set_verbose},
    {"tag-output", 0, NULL, TELLING,
     "Put the worker in front of each line that a kernel prints",
     set_tag_output, .alias = "tag"},
    {"timestamp-output", 0, NULL, TELLING,
     "Put the time in front of each line that a kernel prints",
     set_timestamp_output},
    {"dry-run", 0, NULL, TELLING,
     "Run nothing; print the whole job, where each value comes from, and the "
     "plan. What is printed is a job file", set_dry_run, .passing = true},

    {"host", 'H', "LIST", NODES,
     "Run on these nodes, with the most workers that each has: "
     "a,b:4,n[001-156]", place_option_host, .alias = "hosts"},
    {"hostfile", 0, "FILE", NODES,
     "The same from a file, one a line", place_option_hostfile,
     .alias = "machinefile"},
    {"ppn", 0, "N", NODES, "Run N workers on each node", place_option_ppn},
    {"node-timeout", 0, "D", NODES,
     "A node that says nothing for so long is lost, and the run goes on "
     "without it (default: 30 s)", place_option_node_timeout},
    {"launch", 0, "PROGRAM", NODES,
     "Start the nodes with mpirun, srun or MPICH's mpiexec.hydra, a name or a "
     "path (default: mpirun; srun inside of Slurm when there is no mpirun)",
     place_option_launch, .words = "mpirun|srun|mpiexec.hydra"},
    {"launch-args", 0, "ARGS", NODES,
     "More arguments for that program, separated by blanks: '--mca "
     "btl_tcp_if_include eth0'", place_option_launch_args},
    {"topology", 0, "MACHINE", NODES,
     "Another machine, for 'fanfold plan': hwloc's XML file, or words like "
     "'package:2 core:8 pu:2'", place_option_topology},
};

const struct options job_options = {
    .command = "fanfold run",
    .operands = "KERNEL",
    .operand_key = "kernel",
    .operand_suffix = "c|cc|cpp|cxx|so|yaml|yml",
    .about = "Run a C kernel, source (.c) or shared object (.so), on every "
             "core, and fold its results. KERNEL can also be a job file "
             "(.yaml), which names the kernel and its options. 'fanfold run "
             "KERNEL --help' tells what a kernel takes and gives.",
    .after =
        "Examples:\n"
        "  fanfold run pi.c                      all cores, all items\n"
        "  fanfold run -n 4 --range 0:1e9 pi.c   4 workers, 10^9 items\n"
        "  fanfold run --arg n=14 --timeout 10m --json run.json queens.c\n"
        "  fanfold run pi.yaml -n 4              a job file, but 4 workers\n"
        "  fanfold run latency.c --fold latency=quantiles,0.5,0.99\n"
        "  fanfold run latency.c --fold latency=mean --fold top=top,3:latency\n"
        "\n"
        "Each option can also come from the environment: FANFOLD_OPT_CHUNK=64, "
        "FANFOLD_OPT_TIME_LIMIT=1h, FANFOLD_OPT_QUIET=1, FANFOLD_OPT_N=4; and "
        "from a job file: chunk: 64, time-limit: 1h, quiet: true, n: 4. The "
        "command line wins over the environment, that over the file.\n"
        "\n"
        "Exit status: 0 every item was done and counted once; 1 items failed "
        "for good, each is named; 2 wrong use, or the kernel cannot be opened "
        "or compiled; 3 interrupted; 4 results could not be written; 8 refused "
        "for safety; 9 workers could not be started; 124 time limit; 130, 143 "
        "killed.",
    .headings = headings,
    .n_headings = sizeof headings / sizeof headings[0],
    .row = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operand = set_kernel,
};

/* What `plan` takes and does not heed has no heading: --help does not show
 * it. */
static const char *const plan_headings[] = {
    "Where it runs:", NULL, NULL, NULL, "On which machines:"};

const struct options plan_options = {
    .command = "fanfold plan",
    .operands = "[KERNEL]",
    .operand_key = "kernel",
    .operand_suffix = "c|cc|cpp|cxx|so|yaml|yml",
    .about = "Show who would run where and why, here or on other machines. "
             "Takes the options of 'fanfold run', and runs nothing.",
    .after =
        "Examples:\n"
        "  fanfold plan -n 4 --threads 2\n"
        "  fanfold plan --topology 'package:2 numa:2 core:32 pu:2' --map-by "
        "numa\n"
        "  fanfold plan --host 'n[001-156]' --topology node.xml\n"
        "\n"
        "With --json FILE (- is standard output) the plan is for programs.",
    .headings = plan_headings,
    .n_headings = sizeof plan_headings / sizeof plan_headings[0],
    .row = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operand = set_kernel,
};
