/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The job of `fanfold run`: see job_parse.h. All that is asked for, wherever it
 * stands, is first put into one list in the order in which it counts, then set
 * by the table of options.
 */
#include "job_parse.h"
#include "field.h"
#include "fold_option.h"
#include "job_options.h"
#include "number.h"
#include "python_option.h"
#include "task_words.h"
#include "terminal.h"
#include "trust.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_GRACE_NS UINT64_C(5000000000)
#define DEFAULT_CHECKPOINT_NS UINT64_C(1000000000)
#define DEFAULT_KEEP_BYTES UINT64_C(65536)
#define DEFAULT_CRASH_LIMIT 3
#define DEFAULT_NODE_TIMEOUT_NS UINT64_C(30000000000)

/* The first number of OMP_NUM_THREADS (a list, one a level); 0: none, or it is
 * no number. */
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

void job_release(struct job *job)
{
    option_list_release(&job->settings);
    task_file_release(&job->said);
    text_pool_release(&job->texts);
}

/* Is the setting what an error "--arg NAME..." or "--fold TEXT: ..." is about?
 * `rest` is what stands behind the option. */
static bool is_about(const struct option_setting *s, const char *option,
                     const char *rest)
{
    const size_t name = strcspn(rest, "=:"), whole = strlen(s->text);
    if (s->row == NULL || s->row->name == NULL
        || strcmp(s->row->name, option) != 0)
        return false;
    if (strcmp(option, "fold") == 0)
        return strncmp(rest, s->text, whole) == 0 && rest[whole] == ':';
    return strncmp(s->text, rest, name) == 0 && s->text[name] == '=';
}

void job_place(const struct job *job, struct ff_error *err)
{
    static const char *const options[] = {"arg", "fold"};
    static const char *const keys[] = {"args", "fold"};
    const bool fold = strncmp(err->text, "--fold ", 7) == 0;
    const char *rest = err->text + (fold ? 7 : 6);
    const struct option_setting *from = NULL;
    if (!fold && strncmp(err->text, "--arg ", 6) != 0)
        return;
    for (size_t i = 0; i < job->settings.n; i++)
        if (option_list_counts(&job->settings, i)
            && is_about(&job->settings.at[i], options[fold], rest))
            from = &job->settings.at[i];
    if (from == NULL || from->source == OPTION_COMMAND_LINE)
        return;
    char origin[256];
    const struct ff_error cause = *err;
    ff_error_set(err, cause.status, "%s: %s%s%s", option_origin(from, origin),
                 from->source == OPTION_FILE ? keys[fold] : "",
                 from->source == OPTION_FILE ? ": " : "",
                 cause.text + (rest - err->text));
}

bool job_owns_stdout(const struct job *job)
{
    return (job->json != NULL && strcmp(job->json, "-") == 0)
           || (job->csv != NULL && strcmp(job->csv, "-") == 0);
}

/* Takes the job file out of the words; *has_kernel: there is a kernel, too. */
static int take_job_file(struct job *job, struct option_list *words,
                         bool *has_kernel, struct ff_error *err)
{
    *has_kernel = false;
    for (size_t i = words->n; i-- > 0;) {
        const struct option_setting *s = &words->at[i];
        if (s->row != NULL)
            continue;
        if (!job_file_is(s->text)) {
            *has_kernel = true;
            continue;
        }
        if (job->file != NULL)
            return ff_error_set(err, FF_USAGE, "more than one job file: '%s' "
                                "and '%s'", s->text, job->file);
        job->file = s->text;
        option_list_remove(words, i);
    }
    return 0;
}

/* Words from words->rest on are a command. */
static int take_command(struct job *job, const struct option_list *words,
                        int argc, char **argv, struct ff_error *err)
{
    if (words->rest == 0)
        return 0;
    for (size_t i = 0; i < words->n; i++)
        if (words->at[i].row == NULL)
            return ff_error_set(err, FF_USAGE, "a kernel and a command: '%s' "
                                "and '%s'", words->at[i].text,
                                argv[words->rest]);
    job->task.word = argv + words->rest;
    job->task.n_words = (size_t)(argc - words->rest);
    job->kernel = argv[words->rest];
    return 0;
}

/* The kernel of the command line, not that of the file. */
static void drop_operands(struct option_list *list)
{
    for (size_t i = list->n; i-- > 0;)
        if (list->at[i].row == NULL)
            option_list_remove(list, i);
}

static bool has_operand(const struct job *job)
{
    for (size_t i = 0; i < job->settings.n; i++)
        if (job->settings.at[i].row == NULL)
            return true;
    return false;
}

static int add_all(struct job *job, const struct option_list *list,
                   struct ff_error *err)
{
    for (size_t i = 0; i < list->n; i++)
        if (option_list_add(&job->settings, list->at[i], err) != 0)
            return -1;
    return 0;
}

/* All settings, those that count most at the end. */
static int gather(struct job *job, const struct options *options, int argc,
                  char **argv, struct ff_error *err)
{
    struct option_list words = OPTION_LIST_EMPTY;
    bool has_kernel;
    int rc = -1;
    argc = task_take_sources(&job->task, argc, argv, err);
    if (argc < 0
        || options_read_words(options, argc, argv, &words, err) != 0
        || take_job_file(job, &words, &has_kernel, err) != 0
        || take_command(job, &words, argc, argv, err) != 0)
        goto done;
    job->help = words.help;
    if (job->file != NULL
        && (trust_input(job->file, "job file", "use a copy", err) != 0
            || job_file_read(job->file, options, &job->settings, &job->said,
                             &job->texts, err) != 0))
        goto done;
    if (has_kernel || task_is_command(&job->task))
        drop_operands(&job->settings);
    if (options_read_environment(options, &job->settings, err) != 0)
        goto done;
    rc = add_all(job, &words, err);
done:
    option_list_release(&words);
    return rc;
}

/* The command line has one input. */
static int check_input(const struct job *job, struct ff_error *err)
{
    const char *first = NULL;
    if (job->null_ended && job->arg_file == NULL && !task_is_used(&job->task))
        return ff_error_set(err, FF_USAGE, "-0 (--null) is about the lines of "
                            "a file: add -a FILE");
    for (size_t i = 0; i < job->settings.n; i++) {
        const struct option_setting *s = &job->settings.at[i];
        if (s->row == NULL || s->row->letter != 'a'
            || s->source != OPTION_COMMAND_LINE)
            continue;
        if (first != NULL && strcmp(first, s->text) != 0)
            return ff_error_set(err, FF_USAGE, "-a is given twice, '%s' and "
                                "'%s': for both, 'cat FILE... | fanfold run -a "
                                "- ...'; for all pairs of their lines, ':::: "
                                "FILE FILE'", first, s->text);
        first = s->text;
    }
    return 0;
}

/* Options that say how --pipe cuts. (A variable is for all runs.) */
static int check_cutting(const struct job *job, struct ff_error *err)
{
    static const char *const names[] = {"block", "recstart", "recend"};
    for (size_t i = 0; i < job->settings.n && !job->task.pipe; i++) {
        const struct option_setting *s = &job->settings.at[i];
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            if (s->row != NULL && s->row->name != NULL
                && s->source == OPTION_COMMAND_LINE
                && strcmp(s->row->name, names[k]) == 0)
                return ff_error_set(err, FF_USAGE, "--%s is about blocks: add "
                                    "--pipe, or leave it out", names[k]);
    }
    return 0;
}

/* Of output that goes by as it comes. */
static int check_ungrouped(const struct job *job, struct ff_error *err)
{
    const struct task *t = &job->task;
    const char *vain = job->keep_order ? "-k"
                       : t->tagstring != NULL ? "--tagstring"
                       : t->tag ? "--tag" : NULL;
    if (t->output != WORK_UNGROUPED || vain == NULL)
        return 0;
    return ff_error_set(err, FF_USAGE, "%s and -u: what passes as it comes is "
                        "in no order and has no lines: leave out one of them",
                        vain);
}

/* Options that only commands have. */
static int check_command_options(const struct task *t, struct ff_error *err)
{
    const struct { const char *name; bool given; } only[] = {
        {"--shell", t->shell}, {"-I", t->marker != NULL},
        {"--stdin", t->stdin_item}, {"--pipe", t->pipe},
        {"--line-buffer or -u", t->output != WORK_GROUPED},
        {"--tagstring", t->tagstring != NULL},
        {"--results", t->results != NULL}, {"--joblog", t->joblog != NULL},
        {"--delay", t->delay_ns > 0},
        {"--memory", t->memory_bytes > 0},
        {"--memfree", t->memfree_bytes > 0}, {"--load", t->load > 0},
        {"--nice", t->nice != 0}};
    for (size_t i = 0; i < sizeof only / sizeof only[0]; i++)
        if (only[i].given)
            return ff_error_set(err, FF_USAGE, "%s is about commands: 'fanfold "
                                "run %s ... -- COMMAND'", only[i].name,
                                only[i].name);
    return 0;
}

/* (How an item ended is known without its output.) */
static bool folds_what_is_printed(const struct job *job)
{
    struct ff_error err;
    for (size_t i = 0; i < job->n_folds; i++) {
        const char *field = field_of_fold(job->fold[i], &err);
        if (field != NULL && *field != '@')
            return true;
    }
    return false;
}

/* Of commands and of items that are texts. */
static int task_check(const struct job *job, struct ff_error *err)
{
    const struct task *t = &job->task;
    if (check_cutting(job, err) != 0)
        return -1;
    if (!task_is_command(t))
        return check_command_options(t, err);
    if (check_ungrouped(job, err) != 0)
        return -1;
    if (t->stdin_item && t->pipe)
        return ff_error_set(err, FF_USAGE, "--stdin and --pipe: the item, or "
                            "a block of the input, goes to standard input");
    if (t->output == WORK_UNGROUPED && folds_what_is_printed(job))
        return ff_error_set(err, FF_USAGE, "-u and --fold: what is not "
                            "collected cannot be read; --line-buffer shows "
                            "lines as they come");
    if (fold_option_check_command(job, err) != 0) {
        job_place(job, err);
        return -1;
    }
    if (t->results != NULL && t->output != WORK_GROUPED)
        return ff_error_set(err, FF_USAGE, "--results and %s: what goes to "
                            "files is collected, item by item",
                            t->output == WORK_UNGROUPED ? "-u"
                                                        : "--line-buffer");
    if (job->n_args > 0)
        return ff_error_set(err, FF_USAGE, "--arg %s is for the parameters of "
                            "a C kernel; a command has its own words",
                            job->arg[0]);
    if (job->serial || job->verify > 0)
        return ff_error_set(err, FF_USAGE, "%s is for C kernels: a command is "
                            "a process of its own, %s", job->serial
                            ? "--serial" : "--verify", job->serial
                            ? "which -n 1 runs one after the other"
                            : "and prints what it wants");
    return 0;
}

/* Of how it is kept. (With --joblog alone --resume is about no store.) */
static int check_keeping(const struct job *job, struct ff_error *err)
{
    const bool by_log = job->store == NULL && job->task.joblog != NULL
                        && task_is_command(&job->task);
    const char *asked = job->store != NULL ? "--store"
                        : job->resume && !by_log ? "--resume" : NULL;
    if (job->retry_failed && !job->resume)
        return ff_error_set(err, FF_USAGE, "--retry-failed is about a run that "
                            "goes on: 'fanfold resume --retry-failed', or add "
                            "--resume");
    if (asked == NULL || job->help)
        return 0;
    if (job->checkpoint_ns == 0)
        return ff_error_set(err, FF_USAGE, "%s keeps the run, and --checkpoint "
                            "0 does not: leave out one of them", asked);
    if (job->serial)
        return ff_error_set(err, FF_USAGE, "%s and --serial: one process for a "
                            "debugger keeps nothing: leave out one of them",
                            asked);
    if (job->dry_run && job->resume)
        return ff_error_set(err, FF_USAGE, "--resume and --dry-run: what is "
                            "left of a run 'fanfold show' tells; without "
                            "--resume all of it is shown");
    return 0;
}

/* What no single option can tell. */
static int check(const struct job *job, const struct options *options,
                 struct ff_error *err)
{
    if (job->list_operators)
        return 0;
    if (job->kernel == NULL && options == &job_options && job->file != NULL)
        return ff_error_set(err, FF_USAGE, "%s:1: no kernel given: add a line "
                            "'kernel: FILE' or 'command: WORDS'", job->file);
    if (job->kernel == NULL && options == &job_options)
        return ff_error_set(err, FF_USAGE,
                            "no kernel given: 'fanfold run KERNEL', for "
                            "example 'fanfold run pi.c'; or 'fanfold run -- "
                            "COMMAND ::: VALUES'");
    if (job->json != NULL && job->csv != NULL
        && strcmp(job->json, job->csv) == 0)
        return ff_error_set(err, FF_USAGE, "'--json' and '--csv' both write to "
                            "'%s'", job->csv);
    if (job_owns_stdout(job) && job->task.results != NULL
        && task_owns_stdout(&job->task))
        return ff_error_set(err, FF_USAGE, "'%s' and '--results' both write to "
                            "standard output", job->json != NULL
                                && strcmp(job->json, "-") == 0 ? "--json"
                                                               : "--csv");
    if (job->keep_order && !task_is_command(&job->task)
        && (job->tag_output || job->timestamp_output))
        return ff_error_set(err, FF_USAGE, "%s and --keep-order: lines in the "
                            "order of items are of no worker and no time",
                            job->tag_output ? "--tag-output"
                                            : "--timestamp-output");
    if (task_check(job, err) != 0
        || (options == &job_options && check_keeping(job, err) != 0))
        return -1;
    if (fold_option_check(&job->settings, err) != 0)
        return -1;
    return check_input(job, err);
}

/* OpenMP's own library would tell, too. */
static void check_openmp(struct job *job)
{
    const char *text = getenv("OMP_NUM_THREADS");
    char shown[OPTION_SHOWN];
    if (text != NULL && *text != '\0' && job->threads == 0
        && openmp_threads() == 0 && job->warning[0] == '\0')
        snprintf(job->warning, sizeof job->warning, "OMP_NUM_THREADS='%s' is "
                 "no number of threads, from 1 on: it is not heeded",
                 option_shown(text, shown));
}

static void complete(struct job *job, const struct options *options)
{
    const bool command = task_is_command(&job->task);
    job->task.show_stdout = command && fold_option_shows(job);
    if (command && job->keep_order && job->task.output == WORK_BY_LINES)
        job->task.output = WORK_GROUPED; /* lines in the order of items */
    if (job->task.tag && !command)
        job->tag_output = true; /* of kernels: by worker */
    if (job->keep_order && !command && job->threads == 0)
        job->threads = 1; /* whatever OMP_NUM_THREADS says */
    options_unknown(options, job->warning, sizeof job->warning);
    check_openmp(job);
    python_option_warn(job);
    job->openmp_threads = job->threads == 0 && openmp_threads() > 0;
    if (job->openmp_threads)
        job->threads = openmp_threads();
    job->threads_by_kind = job->threads == 0 && !command;
    if (job->threads == 0)
        job->threads = 1;
    if (job->progress == PROGRESS_DEFAULT)
        job->progress = terminal_rewrites(STDERR_FILENO) ? PROGRESS_LINE
                                                         : PROGRESS_NONE;
    if (job->quiet)
        job->progress = PROGRESS_NONE;
}

/* Of a command, or among other sources, a range is a source: the first one. */
static int add_range(struct job *job, struct ff_error *err)
{
    struct task *t = &job->task;
    if (job->range == NULL || !task_is_used(t) || job->has_range)
        return 0;
    if (t->n_sources == WORK_MAX_SOURCES)
        return ff_error_set(err, FF_USAGE, "more than %d sources of items",
                            WORK_MAX_SOURCES);
    memmove(t->source + 1, t->source, t->n_sources++ * sizeof t->source[0]);
    t->source[0] = (struct task_source){.kind = TASK_RANGES,
                                        .value = &job->range, .n = 1};
    return 0;
}

struct job job_default(void)
{
    return (struct job){.task = {.block_bytes = UINT64_C(1) << 20},
                        .grace_ns = DEFAULT_GRACE_NS,
                        .checkpoint_ns = DEFAULT_CHECKPOINT_NS,
                        .keep_bytes = DEFAULT_KEEP_BYTES,
                        .crash_limit = DEFAULT_CRASH_LIMIT,
                        .node_timeout_ns = DEFAULT_NODE_TIMEOUT_NS};
}

/* Settings become values, and are looked at together. */
static int read_settings(struct job *job, const struct options *options,
                         const struct job_again *again, struct ff_error *err)
{
    const bool bare_help = job->help && (options != &job_options
                                         || !has_operand(job));
    if (!bare_help
        && options_apply(options, &job->settings, job, err) != 0)
        return -1;
    if (task_file_use(&job->said, &job->task, job->kernel != NULL, err) != 0)
        return -1;
    if (task_is_command(&job->task))
        job->kernel = job->task.word[0];
    if (again != NULL) {
        job->store = again->store;
        job->resume = true;
    }
    return bare_help ? 0 : check(job, options, err);
}

static int parse(struct job *job, const struct options *options, int argc,
                 char **argv, struct job_again *again, struct ff_error *err)
{
    struct job parsed = job_default();
    parsed.argv = argv;
    if (again != NULL) {
        parsed.texts = again->texts;
        again->texts = TEXT_POOL_EMPTY;
    }
    if (gather(&parsed, options, argc, argv, err) != 0
        || (again != NULL && add_all(&parsed, again->more, err) != 0)
        || read_settings(&parsed, options, again, err) != 0) {
        job_release(&parsed);
        return -1;
    }
    complete(&parsed, options);
    *job = parsed;
    return add_range(job, err);
}

int job_parse(struct job *job, int argc, char **argv, struct ff_error *err)
{
    return parse(job, &job_options, argc, argv, NULL, err);
}

int job_parse_again(struct job *job, int argc, char **argv,
                    struct job_again *again, struct ff_error *err)
{
    return parse(job, &job_options, argc, argv, again, err);
}

int job_parse_plan(struct job *job, int argc, char **argv,
                   struct ff_error *err)
{
    return parse(job, &plan_options, argc, argv, NULL, err);
}
