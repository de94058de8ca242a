/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold cat: what an item printed, byte for byte as it is kept. */
#include "cmd_cat.h"
#include "complain.h"
#include "number.h"
#include "runs_dir.h"
#include "store.h"
#include "stored_run.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct request {
    const char *run;
    bool has_item, of_stderr;
    uint64_t item;
    bool found;
};

static const char *set_item(void *into, const char *text)
{
    struct request *r = into;
    r->has_item = true;
    return number_u64(text, &r->item) == 0 && r->item <= INT64_MAX
           ? NULL : "is not the number of an item";
}

static const char *set_stderr(void *into, const char *text)
{
    ((struct request *)into)->of_stderr = strcmp(text, "0") != 0;
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

static const char *const headings[] = {"What is printed:"};

#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const struct option_row rows[] = {
    {"item", 0, "N", 1, "Of this item; the first one is 0", set_item},
    {"stderr", 0, NULL, 1, "What it printed to standard error, not to standard "
     "output", set_stderr},
};

const struct options cat_options = {
    .command = "fanfold cat",
    .operands = "[RUN] --item N",
    .about = "Print what an item of a run of commands has printed. RUN is an id, "
             "the beginning of one, or a store's file (default: the last run).",
    .after = "Examples:\n"
             "  fanfold cat --item 17\n"
             "  fanfold cat 20261126-00c0ffee --item 17 --stderr",
    .headings = headings,
    .n_headings = 1,
    .row = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operand = set_run,
};

static int print_item(void *context, const struct store_value *v,
                      struct ff_error *err)
{
    struct request *r = context;
    const struct store_value *kept = &v[r->of_stderr ? ITEM_STDERR
                                                     : ITEM_STDOUT];
    const int64_t all = stored_int(&v[r->of_stderr ? ITEM_STDERR_BYTES
                                                   : ITEM_STDOUT_BYTES]);
    const size_t n = kept->type == STORE_BLOB || kept->type == STORE_TEXT
                     ? kept->n : 0;
    r->found = true;
    if ((n > 0 && fwrite(kept->bytes, 1, n, stdout) != n)
        || fflush(stdout) != 0)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write the output of "
                              "item %" PRIu64, r->item);
    if (all > 0 && (uint64_t)all > n)
        fprintf(stderr, "fanfold: %zu of the %" PRId64 " bytes that item %"
                PRIu64 " printed are kept (--keep-bytes of 'fanfold run')\n", n,
                all, r->item);
    return 0;
}

/* Why is it not there? */
static int explain(const struct request *r, struct store *s,
                   struct ff_error *err)
{
    struct stored_run run;
    const int rc = stored_run_read(&run, s, err);
    const bool commands = rc == 0 && store_count(s, STORE_ITEMS, NULL, NULL, 0,
                                                 err) != 0;
    if (rc == 0 && run.has_items && r->item >= run.items)
        ff_error_set(err, FF_ITEMS_FAILED, "there is no item %" PRIu64 " in run "
                     "'%s', which has %" PRIu64 " (the first one is 0)",
                     r->item, run.id, run.items);
    else if (rc == 0 && !commands)
        ff_error_set(err, FF_ITEMS_FAILED, "nothing is kept of item %" PRIu64
                     " of run '%s': only items that are commands, and have "
                     "ended, have an output", r->item, run.id);
    else if (rc == 0)
        ff_error_set(err, FF_ITEMS_FAILED, "nothing is kept of item %" PRIu64
                     " of run '%s': it has not ended", r->item, run.id);
    stored_run_release(&run);
    return -1;
}

static int cat(struct request *r, struct ff_error *err)
{
    char path[PATH_MAX];
    if (!r->has_item)
        return ff_error_set(err, FF_USAGE, "which item? 'fanfold cat --item N'; "
                            "'fanfold show --items' lists them");
    if (runs_dir_find(path, r->run, err) != 0)
        return -1;
    struct store *s = store_open(path, STORE_READ, err);
    if (s == NULL)
        return -1;
    const struct store_value number = store_int((int64_t)r->item);
    int rc = store_each(s, STORE_ITEMS, "number = ?1", &number, 1, print_item, r,
                        err);
    if (rc == 0 && !r->found)
        rc = explain(r, s, err);
    store_close(s, NULL);
    return rc;
}

int cmd_cat(int argc, char **argv, char **all_argv, uint64_t started_ns)
{
    struct request request = {.run = NULL};
    struct ff_error err = {0};
    (void)all_argv;
    (void)started_ns;
    if (options_command_line(&cat_options, argc, argv, &request, &err) != 0
        || cat(&request, &err) != 0)
        return complain(&err);
    return FF_DONE;
}
