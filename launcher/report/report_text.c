/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for people: see report.h. Standard output gets the results and
 * nothing else (report_results.c). All that explains them goes to the notes:
 * how long it took (report_times.c), and what went wrong.
 * What a kernel said is shown without control characters and what is not UTF-8:
 * it may not drive the terminal. On a narrow terminal lines are broken between
 * words.
 */
#include "backtrace.h"
#include "complain.h"
#include "figure.h"
#include "reason.h"
#include "report.h"
#include "wrap.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FAILURES_SHOWN 10
#define MAX_FRAMES_SHOWN 10

/* ---- notes --------------------------------------------------------------- */

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* What is not where it should be, and why. */
static void print_lacking(FILE *notes, const struct delivered *d,
                          const struct outcome *o)
{
    char n[FIGURE_TEXT];
    if (d->is_array && d->is_kept)
        fprintf(notes, "fanfold: %s is not there yet: it gets its name when "
                "the run is done; %s row%s missing\n", d->file,
                figure_count(n, d->items_missing),
                d->items_missing == 1 ? " is" : "s are");
    else if (d->is_array && d->items_missing > 0)
        fprintf(notes, "fanfold: %s: %s row%s of items that were not done "
                "%s %s\n", d->file, figure_count(n, d->items_missing),
                plural(d->items_missing), d->items_missing == 1 ? "is" : "are",
                d->has_nan ? "NaN" : "0");
    if (d->is_array)
        return;
    figure_count(n, d->bytes_left);
    if (d->unread)
        fprintf(notes, "fanfold: output '%s' is not all written, for nobody "
                "reads it\n", d->name);
    else if (d->bytes_left > 0
             || (o->end == RUN_INTERRUPTED
                 && o->items_done < o->grid.last - o->grid.first))
        fprintf(notes, "fanfold: output '%s' ends before the first item that "
                "was not done; %s byte%s of later ones are %s\n",
                d->name, n, plural(d->bytes_left),
                d->is_kept ? "kept" : "dropped");
    else if (o->n_failures > 0)
        fprintf(notes, "fanfold: output '%s' has nothing of the chunks that "
                "failed\n", d->name);
}

static void print_delivered(FILE *notes, const struct outcome *o, bool quiet)
{
    char bytes[FIGURE_TEXT];
    for (size_t i = 0; i < o->n_delivered; i++) {
        const struct delivered *d = &o->delivered[i];
        if (!quiet && strcmp(d->file, "-") != 0
            && !(d->is_array && d->is_kept))
            fprintf(notes, "%s: %s byte%s\n", d->file,
                    figure_count(bytes, d->bytes), plural(d->bytes));
        print_lacking(notes, d, o);
    }
}

/* ---- what went wrong ----------------------------------------------------- */

/* "numbers.txt:18: reason (item 17, chunk 3, items 12 to 15, 1 attempt)". Of a
 * reason of several lines, here as below, the one that says most. */
static void print_line_failure(FILE *notes, const struct job *job,
                               const struct outcome *o,
                               const struct failure *f)
{
    const uint64_t item = f->has_item ? f->item : f->begin;
    fputs("fanfold: failed: ", notes);
    report_item(notes, job, o, item);
    fputs(f->reason[0] != '\0' ? ": " : "", notes);
    reason_print_line(notes, f->reason);
    fprintf(notes, " (item %" PRIu64 ", chunk %" PRIu32, item, f->chunk);
    if (f->end - f->begin > 1)
        fprintf(notes, ", items %" PRIu64 " to %" PRIu64, f->begin,
                f->end - 1);
    fprintf(notes, ", %" PRIu32 " attempt%s)\n", f->attempts,
            plural(f->attempts));
}

/* "item 17 (chunk 3, items 12 to 15, 3 attempts): reason"; without the item,
 * "chunk 3 (items 12 to 15, 3 attempts): reason". */
static void print_failure(FILE *notes, const struct job *job,
                          const struct outcome *o, const struct failure *f)
{
    const bool several = f->end - f->begin > 1;
    const bool narrowed = !f->has_item && f->item_end > f->item
                          && f->item_end - f->item < f->end - f->begin;
    if (job->arg_file != NULL && o->items == NULL && (f->has_item || !several)) {
        print_line_failure(notes, job, o, f);
        return;
    }
    fputs("fanfold: failed: ", notes);
    if (f->has_item || !several) {
        report_item(notes, job, o, f->has_item ? f->item : f->begin);
        fputs(" (", notes);
    }
    fprintf(notes, "chunk %" PRIu32, f->chunk);
    if (several)
        fprintf(notes, "%s %" PRIu64 " to %" PRIu64,
                f->has_item ? ", items" : " (items", f->begin, f->end - 1);
    if (narrowed)
        fprintf(notes, ", narrowed to %" PRIu64 " to %" PRIu64, f->item,
                f->item_end - 1);
    fprintf(notes, ", %" PRIu32 " attempt%s)%s", f->attempts,
            plural(f->attempts), f->reason[0] != '\0' ? ": " : "");
    reason_print_line(notes, f->reason);
    fputc('\n', notes);
}

static void print_frame(FILE *notes, const struct frame *f, uint32_t n)
{
    fprintf(notes, "    #%" PRIu32 " ", n);
    if (f->function[0] != '\0')
        print_plain(notes, f->function);
    if (f->file[0] != '\0') {
        fputs(f->function[0] != '\0' ? " at " : "", notes);
        print_plain(notes, f->file);
        fprintf(notes, ":%" PRIu32, f->line);
    } else if (f->object[0] != '\0') {
        fputs(f->function[0] != '\0' ? " in " : "", notes);
        print_plain(notes, f->object);
        fprintf(notes, "+0x%" PRIx64, f->address);
    } else {
        fprintf(notes, "0x%" PRIx64 " (no code of any object)", f->address);
    }
}

static bool same_frame(const struct frame *a, const struct frame *b)
{
    return a->address == b->address && a->line == b->line
           && strcmp(a->function, b->function) == 0
           && strcmp(a->object, b->object) == 0;
}

static bool same_stack(const struct backtrace *a, const struct backtrace *b)
{
    bool same = a->whose == b->whose && a->n == b->n;
    for (uint32_t i = 0; same && i < a->n; i++)
        same = same_frame(&a->frame[i], &b->frame[i]);
    return same;
}

/* "threads 1, 4, in this chunk:", all that are at the same place. Of a crash
 * there is but one thread, which needs no name. */
static void print_threads(FILE *notes, const struct backtrace *b)
{
    static const char *const whose[] = {
        [WHOSE_CHUNK] = "in this chunk", [WHOSE_OTHER] = "in another chunk",
        [WHOSE_KERNEL] = "started by the kernel"};
    unsigned n = 0;
    if (b->whose == WHOSE_CRASH || b->whose > WHOSE_KERNEL)
        return;
    for (const struct backtrace *at = b; at != NULL; at = at->next)
        n += same_stack(b, at);
    fprintf(notes, "    thread%s ", n == 1 ? "" : "s");
    for (const struct backtrace *at = b; at != NULL; at = at->next)
        if (same_stack(b, at))
            fprintf(notes, "%" PRIu32 ", ", at->thread);
    fprintf(notes, "%s:\n", whose[b->whose]);
}

/* A frame that repeats (recursion) is shown once. */
static void print_backtrace(FILE *notes, const struct job *job,
                            const struct backtrace *b)
{
    uint32_t shown = 0;
    print_threads(notes, b);
    for (uint32_t i = 0, next; i < b->n; i = next) {
        next = i + 1;
        while (next < b->n && same_frame(&b->frame[i], &b->frame[next]))
            next++;
        if (!job->verbose && shown++ == MAX_FRAMES_SHOWN) {
            fprintf(notes, "    and %" PRIu32 " more (--verbose shows "
                    "all)\n", b->n - i);
            return;
        }
        print_frame(notes, &b->frame[i], i);
        if (next > i + 1)
            fprintf(notes, ", %" PRIu32 " times", next - i);
        fputc('\n', notes);
    }
}

static void print_backtraces(FILE *notes, const struct job *job,
                             const struct backtrace *first)
{
    for (const struct backtrace *b = first; b != NULL; b = b->next) {
        const struct backtrace *told = first;
        while (told != b && !same_stack(told, b))
            told = told->next;
        if (told == b)
            print_backtrace(notes, job, b);
    }
    if (first != NULL && first->left_out > 0)
        fprintf(notes, "    where %" PRIu32 " other thread%s, is not known\n",
                first->left_out, first->left_out == 1 ? " is" : "s are");
}

static void print_failures(FILE *notes, const struct job *job,
                           const struct outcome *o)
{
    char more[FIGURE_TEXT];
    struct reasons told = {.n = 0};
    size_t n = o->n_failures;
    if (!job->verbose && n > MAX_FAILURES_SHOWN)
        n = MAX_FAILURES_SHOWN;
    for (size_t i = 0; i < n; i++) {
        print_failure(notes, job, o, &o->failure[i]);
        reason_print_rest(notes, &told, o->failure[i].reason);
        print_backtraces(notes, job, o->failure[i].backtrace);
    }
    if (n < o->n_failures)
        fprintf(notes, "fanfold: failed: %s more chunk%s (--verbose or --json "
                "FILE names all)\n", figure_count(more, o->n_failures - n),
                plural(o->n_failures - n));
}

/* Results that are not of all items say so. (All may be done in a run that
 * failed, when a result of the kernel's own could not be combined.) */
static void print_missing(FILE *notes, const struct outcome *o)
{
    char done[FIGURE_TEXT], all[FIGURE_TEXT], halted[64];
    if (o->reached)
        snprintf(halted, sizeof halted, "halted, for so much is done");
    else
        snprintf(halted, sizeof halted, "halted after %s failure%s",
                 figure_count(done, o->n_failures), plural(o->n_failures));
    const char *why = o->halted ? halted
                      : o->hopeless ? "given up, no chunk could be done"
                      : o->status == FF_TIME_LIMIT ? "time limit reached"
                      : o->goes_on ? "so far"
                      : o->end == RUN_INTERRUPTED ? "interrupted"
                                                  : "not complete";
    if ((o->end == RUN_COMPLETE && !o->halted)
        || (o->uncombined.status != 0 && o->chunks_done == o->grid.n_chunks))
        return;
    fprintf(notes, "fanfold: %s: the results are of %s of %s items\n", why,
            figure_count(done, o->items_done),
            figure_count(all, o->grid.last - o->grid.first));
}

/* What the bits may depend on, besides the job. */
static void print_fingerprint(FILE *notes, const struct outcome *o)
{
    const struct fingerprint *f = &o->fingerprint;
    fprintf(notes, "fingerprint: object %s; libm %s; cpu %s\n", f->object,
            f->libm, f->cpu);
}

static void print_notes(FILE *notes, const struct job *job,
                        const struct machine *machine,
                        const struct plan *plan, const struct outcome *o)
{
    if (!o->is_command || job->verbose)
        report_times(notes, job, machine, plan, o);
    report_map(notes, plan, o);
    if (job->hex && !job->quiet && !o->is_command)
        print_fingerprint(notes, o);
    if (o->is_command) {
        report_items(notes, job, o);
        return;
    }
    if (o->hopeless)
        print_missing(notes, o);
    print_failures(notes, job, o);
    if (!o->hopeless)
        print_missing(notes, o);
    print_delivered(notes, o, job->quiet);
}

int report_text(FILE *out, FILE *notes, const struct job *job,
                const struct machine *machine, const struct plan *plan,
                const struct outcome *outcome)
{
    char *text = NULL;
    size_t n = 0;
    if (out != NULL)
        report_results(out, job, outcome);
    /* In this order on a terminal, where both are the same. */
    if (out != NULL && (fflush(out) != 0 || ferror(out)))
        return -1;
    if (out != NULL && !job->quiet && !outcome->is_command)
        fputc('\n', notes);
    FILE *lines = open_memstream(&text, &n);
    if (lines == NULL)
        return -1;
    print_notes(lines, job, machine, plan, outcome);
    /* (Without memory for the last of it the C library says that all is well,
     * and gives nothing.) */
    const int rc = fclose(lines) == 0 && text != NULL ? 0 : -1;
    if (rc == 0)
        wrap_write(notes, text);
    free(text);
    return rc != 0 || fflush(notes) != 0 || ferror(notes) ? -1 : 0;
}
