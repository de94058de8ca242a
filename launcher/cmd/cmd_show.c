/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold show: the report of a run again, or a table of what is kept of it. */
#include "cmd_show.h"
#include "complain.h"
#include "runs_dir.h"
#include "show.h"
#include "show_rows.h"
#include "store.h"

#include <stdio.h>
#include <string.h>

struct request {
    const char *run;
    struct show_how how;
    bool json;
    int (*table)(struct store *s, struct ff_error *err);
    unsigned n_wanted;
};

static bool is_on(const char *text)
{
    return strcmp(text, "0") != 0;
}

static const char *want(struct request *r, const char *text,
                        int (*table)(struct store *s, struct ff_error *err))
{
    if (is_on(text) && r->table != table) {
        r->table = table;
        r->n_wanted++;
    }
    return NULL;
}

static const char *set_items(void *into, const char *text)
{
    return want(into, text, show_items);
}

static const char *set_failures(void *into, const char *text)
{
    return want(into, text, show_failures);
}

static const char *set_attempts(void *into, const char *text)
{
    return want(into, text, show_attempts);
}

static const char *set_events(void *into, const char *text)
{
    return want(into, text, show_events);
}

static const char *set_plan(void *into, const char *text)
{
    return want(into, text, show_starts);
}

static const char *set_json(void *into, const char *text)
{
    struct request *r = into;
    r->n_wanted += is_on(text) && !r->json;
    r->json = is_on(text);
    return NULL;
}

static const char *set_hex(void *into, const char *text)
{
    ((struct request *)into)->how.hex = is_on(text);
    return NULL;
}

static const char *set_verbose(void *into, const char *text)
{
    ((struct request *)into)->how.verbose = is_on(text);
    return NULL;
}

static const char *set_quiet(void *into, const char *text)
{
    ((struct request *)into)->how.quiet = is_on(text);
    return NULL;
}

static int set_run(void *into, const char *word, struct ff_error *err)
{
    struct request *r = into;
    if (r->run != NULL)
        return ff_error_set(err, FF_USAGE, "more than one run: '%s' and '%s'",
                            r->run, word);
    r->run = word;
    return 0;
}

static const char *const headings[] = {"In place of the report:",
                                       "The report:"};

#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const struct option_row rows[] = {
    {"items", 0, NULL, 1, "What became of each item that is a command",
     set_items},
    {"failures", 0, NULL, 1, "Items and chunks that failed for good",
     set_failures},
    {"attempts", 0, NULL, 1, "Items and chunks that were tried more than once",
     set_attempts},
    {"events", 0, NULL, 1, "What happened, and when", set_events},
    {"plan", 0, NULL, 1, "Each start of it, and who ran where in the last one",
     set_plan},
    {"json", 0, NULL, 1, "The report as JSON, as 'fanfold run --json' has it",
     set_json},
    {"hex", 0, NULL, 2, "The bits of results as well", set_hex},
    {"verbose", 'v', NULL, 2, "Each worker, and all failures", set_verbose},
    {"quiet", 'q', NULL, 2, "Only results, and what went wrong", set_quiet},
};

const struct options show_options = {
    .command = "fanfold show",
    .operands = "[RUN]",
    .about = "Show the report of a run again, as far as it is. RUN is an id, the "
             "beginning of one, or a store's file (default: the last run).",
    .after = "Examples:\n"
             "  fanfold show\n"
             "  fanfold show 20261126-00c0ffee --failures",
    .headings = headings,
    .n_headings = 2,
    .row = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operand = set_run,
};

static int show(const struct request *r, int *status, struct ff_error *err)
{
    char path[PATH_MAX];
    if (r->n_wanted > 1)
        return ff_error_set(err, FF_USAGE, "--items, --failures, --attempts, "
                            "--events, --plan, --json: one of them");
    if (runs_dir_find(path, r->run, err) != 0)
        return -1;
    struct store *s = store_open(path, STORE_READ, err);
    if (s == NULL)
        return -1;
    const int rc = r->json ? show_json(s, status, err)
                   : r->table != NULL ? r->table(s, err)
                   : show_report(s, &r->how, stdout, stderr, status, err);
    store_close(s, NULL);
    return rc;
}

int cmd_show(int argc, char **argv, char **all_argv, uint64_t started_ns)
{
    struct request request = {.run = NULL};
    struct ff_error err = {0};
    int status = FF_DONE;
    (void)all_argv;
    (void)started_ns;
    if (options_command_line(&show_options, argc, argv, &request, &err) != 0
        || show(&request, &status, &err) != 0)
        return complain(&err);
    return status;
}
