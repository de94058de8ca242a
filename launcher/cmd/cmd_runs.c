/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold runs: the runs that are kept; and their removal. */
#include "cmd_runs.h"
#include "complain.h"
#include "figure.h"
#include "number.h"
#include "prune.h"
#include "runs_dir.h"
#include "runs_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_RUNS 4096 /* named at once */
#define DEFAULT_OLDER_NS (30 * 86400 * UINT64_C(1000000000))

struct request {
    const char *run[MAX_RUNS];
    size_t n_runs;
    bool json, prune, unfinished;
    bool has_older, has_keep;
    uint64_t older_ns, keep;
};

static bool is_on(const char *text)
{
    return strcmp(text, "0") != 0;
}

static const char *set_json(void *into, const char *text)
{
    ((struct request *)into)->json = is_on(text);
    return NULL;
}

static const char *set_prune(void *into, const char *text)
{
    ((struct request *)into)->prune = is_on(text);
    return NULL;
}

static const char *set_unfinished(void *into, const char *text)
{
    ((struct request *)into)->unfinished = is_on(text);
    return NULL;
}

static const char *set_older(void *into, const char *text)
{
    struct request *r = into;
    r->has_older = true;
    return number_duration_ns(text, &r->older_ns) == 0
           ? NULL : "is not a duration, such as 90, 12h or 30d";
}

static const char *set_keep(void *into, const char *text)
{
    struct request *r = into;
    r->has_keep = true;
    return number_u64(text, &r->keep) == 0 ? NULL : "is not a number of runs";
}

static int add_run(void *into, const char *word, struct ff_error *err)
{
    struct request *r = into;
    if (r->n_runs == MAX_RUNS)
        return ff_error_set(err, FF_USAGE, "more than %d runs at once",
                            MAX_RUNS);
    r->run[r->n_runs++] = word;
    return 0;
}

static const char *const headings[] = {"What is shown:", "What is removed:"};

#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const struct option_row rows[] = {
    {"json", 0, NULL, 1, "Show them as JSON", set_json},
    {"prune", 0, NULL, 2, "Remove the runs that are named; else complete ones "
     "that are older than --older-than, or beyond --keep", set_prune},
    {"older-than", 0, "D", 2, "Those that ended so long ago (default: 30d)",
     set_older},
    {"keep", 0, "N", 2, "All but the newest N", set_keep},
    {"unfinished", 0, NULL, 2, "Also those that failed or were interrupted",
     set_unfinished},
};

const struct options runs_options = {
    .command = "fanfold runs",
    .operands = "[RUN]...",
    .about = "List the runs that are kept, the newest first, or remove some. RUN "
             "is an id, the beginning of one, or a store's file.",
    .after = "Examples:\n"
             "  fanfold runs\n"
             "  fanfold runs --prune --older-than 7d\n"
             "  fanfold runs --prune 20261126-00c0ffee",
    .headings = headings,
    .n_headings = 2,
    .row = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operand = add_run,
};

/* ---- which ------------------------------------------------------------------- */

/* Those that are named, or all; the caller frees it. */
static int list(const struct request *r, struct runs_dir_entry **entry,
                size_t *n, struct ff_error *err)
{
    if (r->n_runs == 0)
        return runs_dir_list(entry, n, err);
    *n = 0;
    *entry = calloc(r->n_runs, sizeof **entry);
    if (*entry == NULL)
        return ff_error_errno(err, FF_LOST, "cannot list runs");
    for (size_t i = 0; i < r->n_runs; i++) {
        char path[PATH_MAX];
        if (runs_dir_find(path, r->run[i], err) != 0)
            return -1;
        if (runs_dir_look(&(*entry)[*n], path) != 0)
            return ff_error_errno(err, FF_USAGE, "cannot open '%s'", path);
        ++*n;
    }
    return 0;
}

/* ---- removal ------------------------------------------------------------------- */

static int check(const struct request *r, struct ff_error *err)
{
    if (!r->prune && (r->has_older || r->has_keep || r->unfinished))
        return ff_error_set(err, FF_USAGE, "--older-than, --keep and "
                            "--unfinished say what --prune is to remove");
    if (r->prune && r->n_runs > 0
        && (r->has_older || r->has_keep || r->unfinished))
        return ff_error_set(err, FF_USAGE, "runs are named: --older-than, --keep "
                            "and --unfinished choose among all");
    return r->prune && r->json
           ? ff_error_set(err, FF_USAGE, "--prune and --json: one of them") : 0;
}

/* `newer`: how many that could be removed are newer. */
static bool is_chosen(const struct request *r, const struct runs_dir_entry *e,
                      uint64_t newer)
{
    const uint64_t older = r->has_older ? r->older_ns
                           : r->has_keep ? 0 : DEFAULT_OLDER_NS;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const int64_t age = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec
                        - e->modified_ns;
    return (age > 0 ? (uint64_t)age : 0) >= older
           && (!r->has_keep || newer >= r->keep);
}

/* Of all: one that is over, or --unfinished and nobody writes it. */
static bool may_go(const struct request *r, const struct runs_dir_entry *e)
{
    struct runs_row row;
    runs_row_read(&row, e);
    const bool may = row.readable
                     && (row.run.status == STORED_COMPLETE
                         || (r->unfinished
                             && row.run.status != STORED_RUNNING));
    runs_row_release(&row);
    return may;
}

static void tell_sum(uint64_t n, uint64_t bytes)
{
    char count[FIGURE_TEXT], size[FIGURE_TEXT];
    if (n == 0)
        puts("nothing to remove");
    else
        printf("removed %s run%s, %s byte%s\n", figure_count(count, n),
               n == 1 ? "" : "s", figure_count(size, bytes),
               bytes == 1 ? "" : "s");
}

/* What cannot be removed is told, and the others are removed all the same. */
static int prune(const struct request *r, const struct runs_dir_entry *entry,
                 size_t n)
{
    char text[FIGURE_TEXT];
    uint64_t n_gone = 0, all = 0, newer = 0, bytes;
    int status = FF_DONE;
    for (size_t i = 0; i < n; i++) {
        struct ff_error err = {0};
        if (r->n_runs == 0 && (!may_go(r, &entry[i])
                               || !is_chosen(r, &entry[i], newer++)))
            continue;
        if (prune_run(entry[i].path, &bytes, &err) != 0) {
            status = status == FF_DONE ? complain(&err)
                                       : (complain(&err), status);
            continue;
        }
        fputs("removed ", stdout);
        print_plain(stdout, entry[i].id);
        printf(" (%s bytes)\n", figure_count(text, bytes));
        n_gone++;
        all += bytes;
    }
    if (status == FF_DONE || n_gone > 0)
        tell_sum(n_gone, all);
    return status;
}

/* ---- the command ---------------------------------------------------------------- */

static int obey(const struct request *r, struct ff_error *err)
{
    struct runs_dir_entry *entry = NULL;
    size_t n = 0;
    int status = FF_DONE;
    int rc = check(r, err) != 0 ? -1 : list(r, &entry, &n, err);
    if (rc == 0 && r->prune)
        status = prune(r, entry, n);
    else if (rc == 0 && r->json)
        rc = runs_json(entry, n, err);
    else if (rc == 0)
        runs_table(stdout, entry, n);
    free(entry);
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        rc = ff_error_errno(err, FF_UNWRITTEN, "cannot write the list of runs");
    return rc == 0 ? status : err->status;
}

int cmd_runs(int argc, char **argv, char **all_argv, uint64_t started_ns)
{
    struct request *request = calloc(1, sizeof *request);
    struct ff_error err = {0};
    int status;
    (void)all_argv;
    (void)started_ns;
    if (request == NULL) {
        ff_error_errno(&err, FF_LOST, "cannot list runs");
        return complain(&err);
    }
    status = options_command_line(&runs_options, argc, argv, request, &err) != 0
             ? err.status : obey(request, &err);
    free(request);
    return err.status != 0 ? complain(&err) : status;
}
