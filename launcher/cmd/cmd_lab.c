/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold lab: lists the labs, or runs one: what it measures here, and what can
 * be seen of what it is about. */
#include "cmd_lab.h"
#include "clock.h"
#include "complain.h"
#include "lab_file.h"
#include "lab_guard.h"
#include "lab_list.h"
#include "lab_report.h"
#include "lab_run.h"
#include "lab_words.h"
#include "option_value.h"
#include "paths.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIME_LIMIT_NS UINT64_C(60000000000)

struct request {
    const char *name, *json, *python;
    uint32_t cores;
    uint64_t limit_ns;
    bool predict, show, names;
};

/* ---- options ------------------------------------------------------------- */

static const char *set_json(void *into, const char *text)
{
    return option_text(&((struct request *)into)->json, text);
}

static const char *set_python(void *into, const char *text)
{
    return option_text(&((struct request *)into)->python, text);
}

static const char *set_cores(void *into, const char *text)
{
    return option_positive_u32(&((struct request *)into)->cores, text);
}

static const char *set_limit(void *into, const char *text)
{
    return option_duration(&((struct request *)into)->limit_ns, text);
}

static const char *set_predict(void *into, const char *text)
{
    ((struct request *)into)->predict = option_is_on(text);
    return NULL;
}

static const char *set_show(void *into, const char *text)
{
    ((struct request *)into)->show = option_is_on(text);
    return NULL;
}

static const char *set_names(void *into, const char *text)
{
    ((struct request *)into)->names = option_is_on(text);
    return NULL;
}

static int set_name(void *into, const char *word, struct ff_error *err)
{
    struct request *r = into;
    if (r->name != NULL)
        return ff_error_set(err, FF_USAGE, "more than one lab: '%s' and '%s'",
                            r->name, word);
    r->name = word;
    return 0;
}

static const char *const headings[] = {"How it runs:", "What is shown:"};

/* A row ends where nothing more is to be said. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const struct option_row rows[] = {
    {NULL, 'n', "N", 1, "Use at most N cores (default: those of the budget)",
     set_cores},
    {"python", 0, "PATH", 1, "The Python interpreter, or virtual environment "
     "(default: as of 'fanfold run')", set_python},
    {"time-limit", 0, "D", 1, "End the lab after this time (default: 60s)",
     set_limit},
    {"predict", 0, NULL, 1, "First ask what you expect, then compare",
     set_predict},
    {"json", 0, "FILE", 2, "Write what was measured as JSON; - is standard "
     "output", set_json},
    {"show", 0, NULL, 2, "Only list the lab's files", set_show},
    {"names", 0, NULL, 2, "Only list the names of all labs", set_names},
};

const struct options lab_options = {
    .command = "fanfold lab",
    .operands = "[LAB]",
    .about = "Run a lab: a small experiment about processes and threads, "
             "measured on this machine while you wait. LAB is one of the list "
             "that 'fanfold lab' prints, or a file of your own (.yaml).",
    .after = "Examples:\n"
             "  fanfold lab\n"
             "  fanfold lab false-sharing --predict",
    .headings = headings,
    .n_headings = sizeof headings / sizeof headings[0],
    .row = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operand = set_name,
    .operand_command = "fanfold lab --names",
};

/* ---- lists --------------------------------------------------------------- */

static int print_about(const char *folder, const char *name, int width,
                       struct ff_error *err)
{
    char path[PATH_MAX];
    struct lab *lab = lab_list_find(folder, name, path, err) == 0
                      ? lab_file_read(path, err) : NULL;
    if (lab == NULL)
        return -1;
    printf("%-*s  %s\n", width, lab->name, lab->about);
    lab_destroy(lab);
    return 0;
}

/* Every name, with what the lab is about; or just the names. One that cannot
 * be read is told when all others are listed. */
static int list_labs(const char *folder, const struct request *r,
                     struct ff_error *err)
{
    struct lab_list list;
    struct ff_error other;
    int width = 0, rc = lab_list_read(&list, folder, err);
    for (size_t i = 0; i < list.n; i++)
        width = (int)strlen(list.name[i]) > width ? (int)strlen(list.name[i])
                                                  : width;
    for (size_t i = 0; i < list.n; i++)
        if (r->names)
            printf("%s\n", list.name[i]);
        else if (print_about(folder, list.name[i], width,
                             rc == 0 ? err : &other) != 0)
            rc = -1;
    if (list.n > 0 && !r->names)
        printf("\n'fanfold lab NAME' runs one, 'fanfold lab NAME --show' "
               "lists its files.\n");
    lab_list_release(&list);
    return rc;
}

/* Each file once, in the order in which the lab names them. */
struct seen {
    char *path[200];
    size_t n;
};

static void print_file(struct seen *seen, const char *folder, const char *name,
                       size_t n)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%.*s", folder, (int)n, name)
            >= PATH_MAX
        || access(path, F_OK) != 0)
        return;
    for (size_t i = 0; i < seen->n; i++)
        if (strcmp(seen->path[i], path) == 0)
            return;
    if (seen->n < sizeof seen->path / sizeof seen->path[0])
        seen->path[seen->n++] = strdup(path);
    puts(path);
}

static void print_files_of(struct seen *seen, const struct lab *lab,
                           const struct lab_step *step)
{
    struct lab_piece p;
    for (size_t i = 0; i < step->n_words; i++)
        for (const char *at = step->word[i]; lab_words_next(&at, step, &p);)
            if (p.kind == LAB_NAME_C || p.kind == LAB_NAME_PY)
                print_file(seen, lab->folder, p.name, strlen(p.name));
            else if (p.kind == LAB_NAME_LAB && *at == '/')
                print_file(seen, lab->folder, at + 1,
                           strcspn(at + 1, ":{"));
}

static void show_files(const struct lab *lab)
{
    struct seen seen = {.n = 0};
    puts(lab->path);
    for (size_t i = 0; i < lab->n_tables; i++)
        for (size_t k = 0; k < lab->table[i].n_steps; k++)
            print_files_of(&seen, lab, &lab->table[i].step[k]);
    for (size_t i = 0; i < seen.n; i++)
        free(seen.path[i]);
}

/* ---- a lab --------------------------------------------------------------- */

/* What the other process needs (lab_guard.h). */
struct work {
    const struct request *r;
    FILE *out; /* for people; NULL: nobody reads it */
    struct lab_found_out found;
};

static int measure(struct work *w, struct lab_site *site, struct ff_error *err)
{
    const struct lab *lab = w->found.lab;
    int rc = 0;
    w->found.site = site;
    for (size_t i = 0; i < lab->n_tables && rc == 0; i++) {
        rc = lab_run_table(site, lab, &w->found.table[i], err);
        if (rc == 0 && w->out != NULL) {
            lab_report_table(w->out, &w->found.table[i]);
            fflush(w->out);
        }
    }
    for (size_t i = 0; i < lab->n_claims && rc == 0; i++)
        rc = lab_claim_check(site, lab, &lab->claim[i], w->found.table,
                             &w->found.verdict[i], err);
    return rc;
}

static int report(struct work *w, struct ff_error *err)
{
    if (w->out != NULL)
        lab_report_end(w->out, &w->found);
    if (w->out != NULL && (fflush(w->out) != 0 || ferror(w->out)))
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write what was "
                              "found");
    return w->r->json == NULL ? 0
           : lab_report_json(w->r->json, &w->found, err);
}

static int work(const char *folder, int wake_fd, void *arg)
{
    struct work *w = arg;
    struct lab_site *site = calloc(1, sizeof *site);
    const struct lab *lab = w->found.lab;
    struct ff_error err = {0};
    const uint64_t end_ns = clock_ns() + w->r->limit_ns;
    for (size_t i = 0; i < lab->n_tables; i++)
        lab_measured_init(&w->found.table[i], &lab->table[i]);
    int rc = site == NULL ? ff_error_errno(&err, FF_LOST, "cannot run a lab")
             : lab_site_init(site, w->r->cores, w->r->python, folder, wake_fd,
                             end_ns, &err);
    if (rc == 0)
        rc = measure(w, site, &err);
    if (rc == 0)
        rc = report(w, &err);
    for (size_t i = 0; i < lab->n_tables; i++)
        lab_measured_release(&w->found.table[i]);
    if (site != NULL)
        lab_site_release(site);
    free(site);
    return rc == 0 ? FF_DONE : complain(&err);
}

/* *status: of the lab, which has told its errors; -1 with *err of others. */
static int run_lab(const struct request *r, const struct lab *lab, int *status,
                   struct ff_error *err)
{
    const bool piped = r->json != NULL && strcmp(r->json, "-") == 0;
    FILE *talk = piped ? stderr : stdout;
    struct work *w = calloc(1, sizeof *w);
    if (w == NULL)
        return ff_error_errno(err, FF_LOST, "cannot run a lab");
    w->r = r;
    w->out = piped ? NULL : stdout;
    w->found.lab = lab;
    w->found.predicts = r->predict;
    if (!piped || r->predict) {
        lab_report_paragraph(talk, "", lab->question, 0);
        fputc('\n', talk);
    }
    int rc = r->predict ? lab_predict_ask(talk, lab, w->found.prediction, err)
                        : 0;
    if (rc == 0) {
        *status = lab_guard(work, w, err);
        rc = *status < 0 ? -1 : 0;
    }
    free(w);
    return rc;
}

static int obey(const struct request *r, int *status, struct ff_error *err)
{
    char folder[PATHS_MAX], path[PATH_MAX];
    if (r->name == NULL && (r->predict || r->show || r->json != NULL))
        return ff_error_set(err, FF_USAGE, "no lab: write 'fanfold lab NAME'; "
                            "'fanfold lab' lists all");
    if (paths_labs(folder, err) != 0)
        return -1;
    if (r->name == NULL || r->names)
        return list_labs(folder, r, err);
    if (lab_list_find(folder, r->name, path, err) != 0)
        return -1;
    struct lab *lab = lab_file_read(path, err);
    int rc = lab == NULL ? -1 : 0;
    if (rc == 0 && r->show)
        show_files(lab);
    else if (rc == 0)
        rc = run_lab(r, lab, status, err);
    lab_destroy(lab);
    return rc;
}

int cmd_lab(int argc, char **argv, char **all_argv, uint64_t started_ns)
{
    struct request request = {.limit_ns = TIME_LIMIT_NS};
    struct ff_error err = {0};
    int status = FF_DONE;
    (void)all_argv;
    (void)started_ns;
    if (options_command_line(&lab_options, argc, argv, &request, &err) != 0
        || obey(&request, &status, &err) != 0)
        return complain(&err);
    if (status == FF_DONE && (fflush(stdout) != 0 || ferror(stdout))) {
        ff_error_errno(&err, FF_UNWRITTEN, "cannot write to standard output");
        return complain(&err);
    }
    return status;
}
