/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a run that goes on: see resume_option.h. What is not listed may
 * not be changed, so that a new option is none of these by mistake. */
#include "resume_option.h"

#include <string.h>

static const char *const free_keys[] = {
    "n", "threads", "bind-to", "map-by", "use-hwthread-cpus", "oversubscribe",
    "report-bindings", "allow-run-as-root", "schedule", "no-run-if-empty",
    "delay", "memory", "memfree", "load", "nice", "timeout", "verify",
    "time-limit", "grace", "crash-limit", "recycle", "retries", "halt",
    "max-failures",
    "checkpoint", "retry-failed", "keep-bytes", "json", "csv", "hex",
    "progress", "bar", "eta", "quiet", "schedule-map", "verbose", "tag-output",
    "tag", "timestamp-output", "host", "hostfile", "ppn", "node-timeout",
    "launch", "launch-args",
    "python" /* its version counts (run_identity.h) */};

bool resume_option_may(const struct option_row *row)
{
    char letter[2];
    const char *key = option_key(row, letter);
    for (size_t i = 0; i < sizeof free_keys / sizeof free_keys[0]; i++)
        if (strcmp(key, free_keys[i]) == 0)
            return true;
    return false;
}

static int refuse(const struct option_row *row, struct ff_error *err)
{
    const char letter[2] = {row->letter, '\0'};
    const char *name = row->name != NULL ? row->name : letter;
    const char *dashes = row->name != NULL ? "--" : "-";
    if (strcmp(name, "store") == 0)
        return ff_error_set(err, FF_USAGE, "option '--store': name the file of "
                            "the run alone: 'fanfold resume FILE'");
    if (strcmp(name, "resume") == 0)
        return ff_error_set(err, FF_USAGE, "option '--resume' is of 'fanfold "
                            "run': 'fanfold resume' goes on in any case");
    if (row->passing)
        return ff_error_set(err, FF_USAGE, "option '--%s': 'fanfold show' tells "
                            "of a run that was begun", name);
    return ff_error_set(err, FF_USAGE, "option '%s%s' says what is run: a "
                        "resume goes on with what was begun ('fanfold run' "
                        "begins another)", dashes, name);
}

int resume_option_check(const struct option_list *words, struct ff_error *err)
{
    for (size_t i = 0; i < words->n; i++)
        if (words->at[i].row != NULL && !resume_option_may(words->at[i].row))
            return refuse(words->at[i].row, err);
    return 0;
}
