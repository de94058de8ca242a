/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The job as it was merged, written down: see dry_run.h. Options stand in the
 * order in which they were set, since the last of --quiet and --verbose counts.
 */
#include "dry_run.h"
#include "job_options.h"
#include "plan_report.h"
#include "utf8.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMENT_COLUMN 36

/* ---- scalars ------------------------------------------------------------- */

/* Can it stand without quotes, here and for what else reads YAML? */
static bool is_plain(const char *text)
{
    static const char *const words[] = {"true", "false", "null", "yes", "no",
                                        "on", "off"};
    const size_t n = strlen(text);
    const char *p = text;
    while (isalnum((unsigned char)*p) || (*p != '\0' && strchr("_./+-:", *p)))
        p++;
    if (n == 0 || *p != '\0' || text[n - 1] == ':'
        || !(isalnum((unsigned char)*text) || strchr("./", *text)))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(text, words[i]) == 0)
            return false;
    return true;
}

/* Characters that are not printable, or ends of lines, to YAML. */
static bool must_escape(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029
           || c == 0xfeff || c == 0xfffe || c == 0xffff;
}

/* How many bytes it printed; the text is UTF-8. */
static size_t print_scalar(FILE *out, const char *text)
{
    size_t n = 2;
    uint32_t c;
    if (is_plain(text))
        return (size_t)fprintf(out, "%s", text);
    fputc('"', out);
    for (size_t left = strlen(text), length; left > 0; left -= length) {
        length = utf8_first(text, left, &c);
        if (c == '"' || c == '\\')
            n += (size_t)fprintf(out, "\\%c", (int)c);
        else if (must_escape(c))
            n += (size_t)fprintf(out, c < 0x100 ? "\\x%02" PRIx32
                                                : "\\u%04" PRIx32, c);
        else
            n += fwrite(text, 1, length, out);
        text += length;
    }
    fputc('"', out);
    return n;
}

/* of: the key that it is the value of. */
static int check_text(const char *text, const char *of, struct ff_error *err)
{
    uint32_t c;
    for (size_t left = strlen(text), n; left > 0; left -= n, text += n) {
        n = utf8_first(text, left, &c);
        if (n == 0)
            return ff_error_set(err, FF_USAGE, "the value of '%s' is not UTF-8 "
                                "and cannot stand in a job file", of);
    }
    return 0;
}

/* ---- settings ------------------------------------------------------------ */

static void end_line(FILE *out, size_t n, const char *comment)
{
    fprintf(out, "%*s# %s\n",
            n + 2 < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - n) : 2, "",
            comment);
}

static void print_line(FILE *out, const char *key, const char *text,
                       const char *comment)
{
    const size_t n = (size_t)fprintf(out, "%s: ", key);
    end_line(out, n + print_scalar(out, text), comment);
}

static void print_flag(FILE *out, const char *key, const char *text,
                       const char *comment)
{
    end_line(out, (size_t)fprintf(out, "%s: %s", key, strcmp(text, "0") == 0
                                                          ? "false" : "true"),
             comment);
}

/* The last setting of its row: there the row is printed. */
static bool is_last(const struct option_list *list, size_t i)
{
    for (size_t j = i + 1; j < list->n; j++)
        if (list->at[j].row == list->at[i].row)
            return false;
    return true;
}

/* Have all of them values? Then they are a mapping, else a list. */
static bool has_values(const struct option_list *list,
                       const struct option_row *row)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->at[i].row == row
            && list->at[i].text[option_name_bytes(&list->at[i])] != '=')
            return false;
    return row->repeat == OPTION_NAMED;
}

static void print_named(FILE *out, const struct option_setting *s,
                        const char *comment)
{
    const size_t n_name = option_name_bytes(s);
    char *name = strndup(s->text, n_name);
    if (name == NULL)
        return;
    size_t n = (size_t)fprintf(out, "  ");
    n += print_scalar(out, name);
    n += (size_t)fprintf(out, ": ");
    n += print_scalar(out, s->text + n_name + 1);
    end_line(out, n, comment);
    free(name);
}

/* All settings of a row that can be repeated. */
static void print_repeated(FILE *out, const struct option_list *list,
                           const struct option_row *row)
{
    const bool mapping = has_values(list, row);
    char letter[2], origin[256];
    fprintf(out, "%s:\n", option_key(row, letter));
    for (size_t i = 0; i < list->n; i++) {
        const struct option_setting *s = &list->at[i];
        if (s->row != row || !option_list_counts(list, i))
            continue;
        option_origin(s, origin);
        if (mapping)
            print_named(out, s, origin);
        else {
            const size_t n = (size_t)fprintf(out, "  - ");
            end_line(out, n + print_scalar(out, s->text), origin);
        }
    }
}

/* The kernel's path holds wherever the file is. */
static void print_operand(FILE *out, const struct option_setting *s,
                          const char *origin)
{
    char *here = s->text[0] == '/' ? NULL : getcwd(NULL, 0);
    char *path = NULL;
    if (here != NULL && asprintf(&path, "%s/%s", here, s->text) < 0)
        path = NULL;
    print_line(out, job_options.operand_key, path != NULL ? path : s->text,
               origin);
    free(path);
    free(here);
}

static void print_setting(FILE *out, const struct option_list *list, size_t i)
{
    const struct option_setting *s = &list->at[i];
    const struct option_row *row = s->row;
    char letter[2], origin[256];
    option_origin(s, origin);
    if (row == NULL)
        print_operand(out, s, origin);
    else if (row->repeat != OPTION_ONCE)
        print_repeated(out, list, row);
    else if (option_is_flag(row))
        print_flag(out, option_key(row, letter), s->text, origin);
    else
        print_line(out, option_key(row, letter), s->text, origin);
}

/* ---- commands and inputs ------------------------------------------------- */

/* Is it --range, which is an option as well? */
static bool is_option(const struct job *job, const struct task_source *s)
{
    return s->kind == TASK_RANGES && s->value == &job->range;
}

static int check_source(const struct task_source *s, struct ff_error *err)
{
    if (s->kind == TASK_FILE)
        return check_text(s->path, "inputs", err);
    for (size_t i = 0; i < s->n; i++)
        if (check_text(s->value[i], "inputs", err) != 0)
            return -1;
    return 0;
}

static void print_words(FILE *out, const char *indent,
                        const char *const *word, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "%s- ", indent);
        print_scalar(out, word[i]);
        fputc('\n', out);
    }
}

static void print_source(FILE *out, const struct task_source *s)
{
    fputs(s->kind == TASK_FILE ? "  - file: "
          : s->kind == TASK_RANGES ? "  - range: "
          : s->n == 0 ? "  - values: []" : "  - values:", out);
    if (s->kind != TASK_VALUES)
        print_scalar(out, s->kind == TASK_FILE ? s->path : s->value[0]);
    fputc('\n', out);
    if (s->kind == TASK_VALUES)
        print_words(out, "      ", s->value, s->n);
    if (s->linked)
        fputs("    linked: true\n", out);
}

/* Sources of items, other than options. */
static void print_inputs(FILE *out, const struct job *job)
{
    const struct task *t = &job->task;
    size_t first = t->n_sources > 0 && is_option(job, &t->source[0]);
    char origin[300] = "command line";
    if (first == t->n_sources)
        return;
    if (t->source[first].value == job->said.source[0].value
        && t->source[first].path == job->said.source[0].path)
        snprintf(origin, sizeof origin, "%.256s:%u", job->said.path,
                 job->said.inputs_line);
    end_line(out, (size_t)fprintf(out, "inputs:"), origin);
    for (; first < t->n_sources; first++)
        print_source(out, &t->source[first]);
}

static bool is_set(const struct job *job, const struct option_row *row)
{
    for (size_t i = 0; i < job->settings.n; i++)
        if (job->settings.at[i].row == row)
            return true;
    return row->passing;
}

static void print_defaults(FILE *out, const struct job *job)
{
    fputs("\n# By default:\n", out);
    for (size_t i = 0; i < job_options.n_rows; i++) {
        const struct option_row *row = &job_options.row[i];
        char letter[2], text[256];
        if (is_set(job, row))
            continue;
        option_default(row, text);
        if (row->bare != NULL) /* that is its default, not the option's */
            text[0] = '\0';
        fprintf(out, "#   %-18s %s\n", option_key(row, letter),
                text[0] != '\0' ? text
                : option_is_flag(row) ? "false" : "none");
    }
}

int dry_run_print_job(FILE *out, const struct job *job, struct ff_error *err)
{
    const struct option_list *list = &job->settings;
    char threads[16];
    for (size_t i = 0; i < list->n; i++) {
        const struct option_setting *s = &list->at[i];
        char letter[2];
        if (check_text(s->text, s->row != NULL ? option_key(s->row, letter)
                                               : job_options.operand_key, err)
            != 0)
            return -1;
    }
    for (size_t i = 0; i < job->task.n_words; i++)
        if (check_text(job->task.word[i], "command", err) != 0)
            return -1;
    for (size_t i = 0; i < job->task.n_sources; i++)
        if (check_source(&job->task.source[i], err) != 0)
            return -1;
    fputs("# The job, as a job file. Nothing was run.\n", out);
    for (size_t i = 0; i < list->n; i++)
        if (is_last(list, i)
            && (list->at[i].row == NULL || !list->at[i].row->passing))
            print_setting(out, list, i);
    snprintf(threads, sizeof threads, "%" PRIu32, job->threads);
    if (job->openmp_threads)
        print_line(out, "threads", threads, "OMP_NUM_THREADS");
    if (task_is_command(&job->task)) {
        fputs("command:\n", out);
        print_words(out, "  ", (const char *const *)job->task.word,
                    job->task.n_words);
    }
    print_inputs(out, job);
    print_defaults(out, job);
    return 0;
}

void dry_run_print_plan(FILE *out, const struct plan *plan)
{
    fprintf(out, "\n# Plan: %s\n", plan->why);
    if (plan->how[0] != '\0')
        fprintf(out, "#   %s\n", plan->how);
    if (plan->warning[0] != '\0')
        fprintf(out, "#   %s\n", plan->warning);
    for (uint32_t w = 0; w < plan->n_workers; w++) {
        char cpus[200];
        plan_cpus(plan, w, cpus, sizeof cpus);
        fprintf(out, "#   worker %" PRIu32 ": CPUs %s\n", w, cpus);
    }
}

int dry_run_print_nodes(FILE *out, const struct cluster_plan *cluster,
                        struct ff_error *err)
{
    char *text = NULL, *rest;
    size_t n;
    FILE *lines = open_memstream(&text, &n);
    if (lines != NULL)
        cluster_plan_text(lines, cluster);
    if (lines == NULL || fclose(lines) != 0 || text == NULL) {
        free(text);
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write the plan");
    }
    fputs("\n# Plan, each node taken to be like this machine:\n", out);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        fprintf(out, "#   %s\n", line);
    free(text);
    return 0;
}
