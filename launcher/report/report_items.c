/* SPDX-License-Identifier: Apache-2.0 */
/* What became of the items of a command, for people: nothing when all is well,
 * as with xargs. Its results, if there are any, are those of report_results.c;
 * how long it took is told with --verbose. */
#include "complain.h"
#include "figure.h"
#include "report.h"

#include <inttypes.h>

#define MAX_SHOWN 10

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* "item 17 ('a b'): exit status 3, 2 attempts"; of an item whose worker died
 * each time the engine knows no text. */
static void print_failure(FILE *notes, const struct failure *f)
{
    fprintf(notes, "fanfold: failed: item %" PRIu64,
            f->has_item ? f->item : f->begin);
    if (f->text != NULL && f->text[0] != '\0') {
        fputs(" ('", notes);
        print_plain(notes, f->text);
        fputs("')", notes);
    }
    fputs(": ", notes);
    print_plain(notes, f->reason);
    if (f->attempts > 1)
        fprintf(notes, ", %" PRIu32 " attempts", f->attempts);
    fputc('\n', notes);
}

static uint64_t print_failures(FILE *notes, const struct job *job,
                               const struct outcome *o)
{
    char more[FIGURE_TEXT];
    const uint64_t all = o->n_failures + o->failures_more;
    size_t n = o->n_failures;
    if (!job->verbose && n > MAX_SHOWN)
        n = MAX_SHOWN;
    for (size_t i = 0; i < n; i++)
        print_failure(notes, &o->failure[i]);
    if (n < o->n_failures)
        fprintf(notes, "fanfold: failed: %s more item%s (--verbose, --json FILE "
                "or --joblog FILE names them)\n", figure_count(more, all - n),
                plural(all - n));
    else if (n < all)
        fprintf(notes, "fanfold: failed: %s more item%s (--joblog FILE names "
                "all)\n", figure_count(more, all - n), plural(all - n));
    return all;
}

/* Of n items not all were run: --halt. */
static void print_halted(FILE *notes, const struct outcome *o, uint64_t n,
                         uint64_t n_failed)
{
    char a[FIGURE_TEXT], b[FIGURE_TEXT], c[FIGURE_TEXT], d[FIGURE_TEXT];
    fprintf(notes, "fanfold: halted, as asked for: %s of %s item%s done, %s "
            "failed, %s not run\n", figure_count(a, o->items_done),
            figure_count(b, n), plural(n), figure_count(c, n_failed),
            figure_count(d, n - o->items_done - n_failed));
}

void report_items(FILE *notes, const struct job *job, const struct outcome *o)
{
    char failed[FIGURE_TEXT], done[FIGURE_TEXT], all[FIGURE_TEXT];
    const uint64_t n = o->grid.last - o->grid.first;
    const uint64_t n_failed = print_failures(notes, job, o);
    figure_count(failed, n_failed);
    figure_count(done, o->items_done);
    figure_count(all, n);
    if (o->halted)
        print_halted(notes, o, n, n_failed);
    else if (o->end == RUN_INTERRUPTED)
        fprintf(notes, "fanfold: %s: %s of %s item%s done, %s failed%s\n",
                o->goes_on ? "so far"
                : o->status == FF_TIME_LIMIT ? "time limit reached"
                                             : "interrupted",
                done, all, plural(n), failed,
                job->task.joblog != NULL && job->n_folds == 0
                    ? " (with --resume the same line does the rest)" : "");
    else if (n_failed > 0)
        fprintf(notes, "fanfold: %s of %s item%s failed\n", failed, all,
                plural(n));
    if (o->items_before > 0 && job->verbose)
        fprintf(notes, "fanfold: %s item%s done before (--resume)\n",
                figure_count(done, o->items_before), plural(o->items_before));
}
