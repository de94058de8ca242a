/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of a job: one table. Who asks for an option (environment, command
 * line) is the business of job_parse.c and options.c.
 */
#include "job_options.h"
#include "fold_option.h"
#include "job_option.h"
#include "keep_option.h"
#include "place_option.h"
#include "python_option.h"
#include "resume_option.h"
#include "task_option.h"
#include "task_words.h"

enum { WHERE = 1, WHAT, ITEMS, COMMANDS, FAILING, KEEPING,
       TELLING, NODES };

static const char *const headings[] = {
    "Where it runs:", "What is run:", "Which items (also ::: and ::::):",
    "Commands:", "When something fails:", "How it is kept:",
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
     job_option_arg_file},
    {"null", '0', NULL, WHAT,
     "The lines of -a end with a zero byte, as of find -print0", job_option_null},
    {"range", 0, "A:B", WHAT,
     "Run the items A to B-1; A-B runs A to B (default: what the kernel "
     "says)", job_option_range},
    {"chunk", 0, "N", WHAT,
     "Put N items in a chunk, which is counted or fails as a whole (default: "
     "so many that there are at most 65,536 chunks)", job_option_chunk},
    {"arg", 0, "NAME=VALUE", WHAT,
     "Set a parameter of the kernel; can be given several times", job_option_arg,
     .repeat = OPTION_NAMED, .key = "args"},
    {"fold", 0, "[NAME=]OP[,...]", WHAT,
     "Fold the values of NAME, or VALUES, which the kernel gives, by another "
     "operator; of a command the last number that it prints, or FIELD; can be "
     "given several times; --fold list shows the operators",
     fold_option_set, .repeat = OPTION_NAMED, .name_ends = "=,:",
     .words = "list"},
    {"seed", 0, "S", WHAT, "Seed of the random numbers (default: 0)",
     job_option_seed},
    {"ldflags", 0, "FLAGS", WHAT,
     "More flags for the compiler, separated by blanks: '-lgsl -lblas'",
     job_option_ldflags},
    {"python", 0, "PATH", WHAT,
     "The interpreter, or the virtual environment, that runs a Python kernel "
     "(default: that of VIRTUAL_ENV, of CONDA_PREFIX, the system's)",
     python_option_program},
    {"python-path", 0, "DIR[:DIR]", WHAT,
     "More directories that a Python kernel imports from", python_option_path},
    {"env", 'x', "VAR[=VALUE]", WHAT,
     "Set a variable of the workers' environment; without a value, the one it "
     "has here; can be given several times", job_option_env, .repeat = OPTION_NAMED},
    {"wdir", 0, "DIR", WHAT,
     "Run the workers in DIR (default: the present directory)", job_option_wdir},

    {"colsep", 0, "REGEX", ITEMS,
     "Split each line into columns {1}, {2}, ... at what matches",
     task_option_colsep},
    {"csv-input", 0, NULL, ITEMS,
     "Lines are records of a CSV file, with columns", task_option_csv_input},
    {"header", 0, NULL, ITEMS,
     "The first line, or value, of each source names its columns: {name}",
     task_option_header, .words = ":"},
    {"max-args", 0, "N", ITEMS,
     "Make one item of N inputs; with --pipe, a block of N records",
     task_option_max_args},
    {"no-run-if-empty", 'r', NULL, ITEMS,
     "Accepted, and not needed: without items nothing is run",
     place_option_allow_root},
    {"filter", 0, "EXPR", ITEMS,
     "Only inputs for which this is true: '{1} < {2} && {name} != \"x\"'",
     task_option_filter},
    {"shuf", 0, NULL, ITEMS,
     "Take inputs in an order of chance, which --seed chooses",
     task_option_shuffle},

    {"shell", 0, NULL, COMMANDS,
     "Have /bin/sh read the words of the command; values are quoted",
     task_option_shell},
    {"replace", 'I', "STRING", COMMANDS,
     "STRING stands for the input, as {} does otherwise", task_option_marker},
    {"stdin", 0, NULL, COMMANDS,
     "Give a command its item on standard input (else that is /dev/null)",
     task_option_stdin},
    {"pipe", 0, NULL, COMMANDS,
     "Give commands blocks of the input on standard input", task_option_pipe},
    {"block", 0, "SIZE", COMMANDS,
     "How large a block of --pipe is, up to a record (default: 1M)",
     task_option_block},
    {"recstart", 0, "TEXT", COMMANDS,
     "With what a record of --pipe begins", task_option_recstart},
    {"recend", 0, "TEXT", COMMANDS,
     "With what a record of --pipe ends (default: a newline)",
     task_option_recend},
    {"group", 0, NULL, COMMANDS,
     "Pass all output of an item on together, when it has ended (the default)",
     task_option_group},
    {"line-buffer", 0, NULL, COMMANDS,
     "Pass lines on as they are printed, mixed with those of others (default: "
     "all output of an item together, when it has ended)",
     task_option_line_buffer, .alias = "lb"},
    {"ungroup", 'u', NULL, COMMANDS,
     "Pass on what is printed as it comes", task_option_ungroup},
    {"tagstring", 0, "TEXT", COMMANDS,
     "Put TEXT, in which {} and its like are replaced, and a tab in front of "
     "each line", task_option_tagstring},
    {"results", 0, "DIR", COMMANDS,
     "Keep what each item prints in files below DIR, or in a table "
     "DIR.csv, DIR.tsv", task_option_results},
    {"joblog", 0, "FILE", COMMANDS,
     "Write a line about each item that has ended, in GNU parallel's columns",
     task_option_joblog},
    {"delay", 0, "D", COMMANDS,
     "Let so much time pass between two starts on a node", task_option_delay},
    {"memory", 0, "SIZE", COMMANDS,
     "The memory that an item may use; who uses more fails",
     task_option_memory},
    {"memfree", 0, "SIZE", COMMANDS,
     "Start nothing as long as less memory is free", task_option_memfree},
    {"load", 0, "L", COMMANDS,
     "Start nothing as long as the load is L or more", task_option_load},
    {"nice", 0, "N", COMMANDS, "Run commands with this added to their nice "
     "value", task_option_nice},

    {"timeout", 0, "D", FAILING,
     "Kill a worker when one chunk takes longer than D; it counts as a crash "
     "(durations: 90, 250ms, 10m, 1.5h; default: 0, which is none)",
     job_option_timeout},
    {"verify", 0, "SHARE", FAILING,
     "Run this share of the chunks twice and compare all bits of what they "
     "give (default: 5%; 1: all)", job_option_verify, .bare = JOB_OPTION_VERIFY},
    {"time-limit", 0, "D", FAILING,
     "Stop the run after this time and report what is done (default: 0, which "
     "is none)", job_option_time_limit},
    {"grace", 0, "D", FAILING,
     "Time that chunks have to end when --time-limit or SIGTERM stops the "
     "run (default: 5 s)",
     job_option_grace},
    {"crash-limit", 0, "N", FAILING,
     "Give a chunk up when it has crashed N times (default: 3; ten times as "
     "many for kills from outside)",
     job_option_crash_limit},
    {"recycle", 0, "N", FAILING,
     "Replace a worker when it has run N chunks, for kernels that leak",
     job_option_recycle},
    {"retries", 0, "N", FAILING,
     "Try a chunk again up to N times when its kernel says ff_fail (default: "
     "0)", job_option_retries},
    {"halt", 0, "WHEN", FAILING,
     "soon,fail=N: start nothing any more after N chunks, or commands, have "
     "failed; now,fail=N: end those that run, too; also success=N, done=N; N% "
     "is a share of all (default: never)",
     job_option_halt,
     .words = "soon,fail=1|now,fail=1|soon,fail=10%|now,success=1|now,done=1|"
              "never"},
    {"max-failures", 0, "N", FAILING, "The same as --halt soon,fail=N",
     job_option_max_failures},

    {"store", 0, "FILE", KEEPING,
     "Keep the run in FILE, from its start (default: a file of its own in "
     "~/.local/state/fanfold/runs, once it has lasted --checkpoint)",
     keep_option_store},
    {"checkpoint", 0, "D", KEEPING,
     "Keep what is done each D, so that the run can go on after anything (0: "
     "never; default: 1 s)", keep_option_checkpoint},
    {"resume", 0, NULL, KEEPING,
     "Go on with the run of this command line, or of --store, when there is one "
     "(of commands with --joblog: leave out what that says is done)",
     keep_option_resume},
    {"retry-failed", 0, NULL, KEEPING,
     "With --resume: run again what has failed, too", keep_option_retry_failed},
    {"keep-bytes", 0, "SIZE", KEEPING,
     "Keep so much of what an item prints, for fanfold cat (default: 64K)",
     keep_option_bytes},

    {"output", 0, "[NAME=]FILE", TELLING,
     "Write an output or array of the kernel to FILE, - is standard output "
     "(default: the first output to standard output, an array to NAME.npy)",
     job_option_output, .repeat = OPTION_LIST},
    {"keep-order", 'k', NULL, TELLING,
     "Pass on what is printed in the order of the items (by a kernel: not with "
     "--threads)", job_option_keep_order},
    {"json", 0, "FILE", TELLING,
     "Write all about the run to FILE, - is standard output", job_option_json},
    {"csv", 0, "FILE", TELLING,
     "Write the results as a table to FILE, - is standard output", job_option_csv},
    {"hex", 0, NULL, TELLING,
     "Show the bits of each result that is a double, as C writes them",
     job_option_hex},
    {"progress", 0, "MODE", TELLING,
     "Show how far it is: line, workers (a line each as well) or none "
     "(default: line on a terminal, else none)", job_option_progress,
     .words = "line|workers|none", .bare = "line"},
    {"bar", 0, NULL, TELLING, "The same as --progress=line", job_option_bar},
    {"eta", 0, NULL, TELLING, "The same as --progress=line", job_option_bar},
    {"quiet", 0, NULL, TELLING, "Print only the results, and what failed",
     job_option_quiet},
    {"schedule-map", 0, NULL, TELLING,
     "Draw who ran which chunks, and who was busy when", job_option_schedule_map},
    {"verbose", 0, NULL, TELLING,
     "Explain the decisions, show each worker", job_option_verbose},
    {"tag-output", 0, NULL, TELLING,
     "Put the worker in front of each line that is printed",
     job_option_tag_output},
    {"tag", 0, NULL, TELLING,
     "Put the item and a tab in front of each line that a command prints (of a "
     "kernel: the worker)", task_option_tag},
    {"timestamp-output", 0, NULL, TELLING,
     "Put the time in front of each line that a kernel prints",
     job_option_timestamp_output},
    {"dry-run", 0, NULL, TELLING,
     "Run nothing; print the whole job, where each value comes from, and the "
     "plan. What is printed is a job file", job_option_dry_run, .passing = true},

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
    .or_operands = "| -- COMMAND [WORD...] [::: VALUE...]",
    .operand_key = "kernel",
    .operand_suffix = "c|cc|cpp|cxx|so|py|yaml|yml",
    .about = "Run a C kernel, source (.c) or shared object (.so), a function of "
             "Python (FILE.py:FUNCTION), or any command on every core, and fold "
             "the results. KERNEL can also be a job file (.yaml), which names "
             "kernel or command and options. "
             "'fanfold run KERNEL --help' tells what a kernel takes and "
             "gives.",
    .after =
        "Examples:\n"
        "  fanfold run pi.c                      all cores, all items\n"
        "  fanfold run -n 4 --range 0:1e9 pi.c   4 workers, 10^9 items\n"
        "  fanfold run --arg n=14 --timeout 10m --json run.json queens.c\n"
        "  fanfold run squares.py:square --range 0:100 --fold sum\n"
        "  fanfold run pi.yaml -n 4              a job file, but 4 workers\n"
        "  fanfold run latency.c --fold latency=quantiles,0.5,0.99\n"
        "  fanfold run latency.c --fold latency=mean --fold top=top,3:latency\n"
        "  fanfold run -- gzip -9 {} ::: *.txt   a command for each file\n"
        "  fanfold run --fold m=mean --range 1-1000 -- ./sim --seed {}\n"
        "\n"
        "Each option can also come from the environment: FANFOLD_OPT_CHUNK=64, "
        "FANFOLD_OPT_TIME_LIMIT=1h, FANFOLD_OPT_QUIET=1, FANFOLD_OPT_N=4; and "
        "from a job file: chunk: 64, time-limit: 1h, quiet: true, n: 4. The "
        "command line wins over the environment, that over the file.\n"
        "\n"
        "Exit status: 0 every item was done and counted once; 1 items failed "
        "for good, each is named; 2 wrong use, or the kernel cannot be opened "
        "or compiled; 3 interrupted; 4 results, or the store, could not be written; 5 "
        "the store is damaged; 6 it is held by another launcher; 7 what is to be "
        "resumed has changed; 8 refused for safety; 9 workers could not be "
        "started; 124 time limit; 126, 127 no command could be run, was found; "
        "130, 143 killed.",
    .headings = headings,
    .n_headings = sizeof headings / sizeof headings[0],
    .row = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operand = job_option_kernel,
    .begins_rest = task_begins_command,
};

/* What `plan` takes and does not heed has no heading: --help does not show
 * it. */
static const char *const plan_headings[] = {
    "Where it runs:", NULL, NULL, NULL, NULL, NULL, NULL, "On which machines:"};

const struct options plan_options = {
    .command = "fanfold plan",
    .operands = "[KERNEL]",
    .operand_key = "kernel",
    .operand_suffix = "c|cc|cpp|cxx|so|py|yaml|yml",
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
    .operand = job_option_kernel,
    .begins_rest = task_begins_command,
};

static const char *const resume_headings[] = {
    "Where it runs:", NULL, NULL, "Commands:", "When something fails:",
    "How it is kept:", "What is told:", "On several machines:"};

const struct options resume_options = {
    .command = "fanfold resume",
    .operands = "[RUN]",
    .operand_suffix = "sqlite",
    .about = "Go on with a run that was begun and has not come to its end: what "
             "is done counts, the rest is run. RUN is its id, the beginning of "
             "it, or the file of its store (default: the run that was written "
             "last). It goes on in the directory where it was begun, with the "
             "options of then, but for those given here.",
    .after =
        "Examples:\n"
        "  fanfold resume                        the last run\n"
        "  fanfold resume 20260412 -n 16         more workers\n"
        "  fanfold resume run.sqlite --host a,b  on other machines\n"
        "  fanfold resume --retry-failed         what failed, too\n"
        "\n"
        "Exit status: as of 'fanfold run'; 5 the store is damaged; 6 another "
        "launcher writes it; 7 the kernel, its arguments or input have "
        "changed.",
    .headings = resume_headings,
    .n_headings = sizeof resume_headings / sizeof resume_headings[0],
    .row = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .shows = resume_option_may,
};
