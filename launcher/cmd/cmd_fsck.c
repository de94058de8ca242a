/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold fsck: is the store of a run sound? */
#include "cmd_fsck.h"
#include "complain.h"
#include "fsck.h"
#include "runs_dir.h"
#include "store.h"

#include <stdio.h>

static int set_run(void *into, const char *word, struct ff_error *err)
{
    const char **run = into;
    if (*run != NULL)
        return ff_error_set(err, FF_USAGE, "more than one run: '%s' and '%s'",
                            *run, word);
    *run = word;
    return 0;
}

const struct options fsck_options = {
    .command = "fanfold fsck",
    .operands = "[RUN]",
    .about = "Check the store of a run: its rows, what of the run is covered, and "
             "its results, which are folded again. RUN is an id, the beginning "
             "of one, or a store's file (default: the last run).",
    .after = "Examples:\n"
             "  fanfold fsck\n"
             "  fanfold fsck 20261126-00c0ffee",
    .operand = set_run,
};

int cmd_fsck(int argc, char **argv, char **all_argv, uint64_t started_ns)
{
    const char *run = NULL;
    char path[PATH_MAX];
    struct ff_error err = {0};
    struct store *s = NULL;
    (void)all_argv;
    (void)started_ns;
    if (options_command_line(&fsck_options, argc, argv, &run, &err) == 0
        && runs_dir_find(path, run, &err) == 0
        && (s = store_open(path, STORE_READ, &err)) != NULL)
        fsck(s, stdout, &err);
    if (s != NULL)
        store_close(s, NULL);
    if (fflush(stdout) != 0 && err.status == 0)
        ff_error_errno(&err, FF_UNWRITTEN, "cannot write what was found");
    return err.status == 0 ? FF_DONE : complain(&err);
}
