/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What commands print and what became of them: see harvest.h.
 *
 * All rows at the front are taken, up to the end of a chunk (harvest_rows.c);
 * their items come out one after the other (harvest_print.c). Only then more is
 * taken: what waits for a reader stays where it is kept best (hold.h).
 */
#include "harvest.h"
#include "harvest_parts.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int harvest_no_memory(struct ff_error *err)
{
    return ff_error_set(err, FF_LOST, "out of memory in the launcher, for what "
                        "became of items");
}

int harvest_damaged(uint32_t chunk, const char *what, struct ff_error *err)
{
    return ff_error_set(err, FF_LOST, "what workers say of chunk %" PRIu32
                        " cannot be: %s (memory of a worker was damaged)",
                        chunk, what);
}

/* ---- opening ------------------------------------------------------------- */

/* Goes on behind the whole records of a file. */
static int go_on(struct harvest *h, struct sink *sink, struct ff_error *err)
{
    struct stat st;
    const int fd = open(sink->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    void *at = MAP_FAILED;
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (fd >= 0)
        close(fd);
    if (at == MAP_FAILED)
        return 0;
    const off_t whole = (off_t)results_csv_whole(at, (size_t)st.st_size);
    munmap(at, (size_t)st.st_size);
    h->csv.has_head = whole > 0;
    if (ftruncate(sink->fd, whole) != 0
        || lseek(sink->fd, whole, SEEK_SET) < 0)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write to %s",
                              sink->name);
    return 0;
}

/* Cut to what the store says. */
static int cut_table(struct harvest *h, struct sink *sink, uint64_t bytes,
                     struct ff_error *err)
{
    struct stat st;
    if (fstat(sink->fd, &st) != 0 || (uint64_t)st.st_size < bytes)
        return ff_error_set(err, FF_CHANGED, "%s (--results) is shorter than "
                            "the run left it: put it back, or start a new run",
                            sink->name);
    h->csv.has_head = bytes > 0;
    h->kept.csv_bytes = h->csv_settled = h->csv_out = h->csv_put = bytes;
    if (ftruncate(sink->fd, (off_t)bytes) != 0
        || lseek(sink->fd, (off_t)bytes, SEEK_SET) < 0)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write to %s",
                              sink->name);
    return 0;
}

static int open_table(struct harvest *h, struct sink *sink,
                      struct store *kept, struct ff_error *err)
{
    uint64_t bytes;
    const int rc = harvest_kept_file(kept, "results", sink->path, &bytes, err);
    if (rc != 0)
        return rc < 0 ? -1 : cut_table(h, sink, bytes, err);
    return h->job->resume && h->job->store == NULL && kept == NULL
           ? go_on(h, sink, err) : sink_empty(sink, err);
}

static int open_csv(struct harvest *h, const struct items *items,
                    struct store *kept, struct ff_error *err)
{
    const struct task *task = &h->job->task;
    struct sink *sink = &h->printer.sink[PRINTER_STDOUT];
    h->is_csv = true;
    h->csv = (struct results_csv){
        .separator = results_csv_separator(task->results), .items = items,
        .plan = h->plan};
    if (task->results[0] == '-' && task->results[1] == '.')
        return 0; /* "-.csv": standard output */
    sink_close(sink, NULL);
    if (sink_open_file(sink, task->results, "--results", err) != 0)
        return -1;
    if (sink->unread)
        return ff_error_set(err, FF_USAGE, "--results %s is a FIFO that nobody "
                            "reads", task->results);
    return open_table(h, sink, kept, err);
}

static int open_log(struct harvest *h, struct store *kept,
                    struct ff_error *err)
{
    const struct job *job = h->job;
    uint64_t bytes;
    const int rc = harvest_kept_file(kept, "joblog",
                                     joblog_path(job->task.joblog), &bytes,
                                     err);
    if (rc < 0)
        return -1;
    h->kept.log_bytes = rc > 0 ? bytes : 0;
    const bool append = job->resume && job->store == NULL && kept == NULL;
    return joblog_open(&h->log, job->task.joblog, append,
                       rc > 0 ? &bytes : NULL, job->task.shell, h->plan, err);
}

static int open_files(struct harvest *h, const struct items *items,
                      struct store *kept, struct ff_error *err)
{
    const struct task *task = &h->job->task;
    if (harvest_check_files(h->job, err) != 0)
        return -1;
    if (printer_open(&h->printer, job_owns_stdout(h->job), err) != 0)
        return -1;
    if (task->joblog != NULL && open_log(h, kept, err) != 0)
        return -1;
    if (task->results == NULL)
        return 0;
    if (results_csv_separator(task->results) != 0)
        return open_csv(h, items, kept, err);
    h->tree = results_tree_open(task->results, items, err);
    return h->tree != NULL ? 0 : -1;
}

struct harvest *harvest_open(const struct job *job, const struct plan *plan,
                             const struct items *items,
                             const struct grid *grid, struct ordered *ordered,
                             struct store *kept, struct ff_error *err)
{
    struct harvest *h = calloc(1, sizeof *h);
    if (h == NULL) {
        ff_error_errno(err, FF_LOST, "cannot take in what commands print");
        return NULL;
    }
    h->job = job;
    h->plan = plan;
    h->grid = grid;
    h->ordered = ordered;
    h->log = JOBLOG_NONE;
    ordered->watched = ROW_OUTPUT;
    ordered->watches = true;
    if (open_files(h, items, kept, err) != 0
        || (kept != NULL && harvest_restore(h, kept, err) != 0)) {
        harvest_free(h);
        return NULL;
    }
    return h;
}

void harvest_before(struct harvest *h, uint64_t chunks)
{
    h->chunks_before = chunks;
}

void harvest_free(struct harvest *h)
{
    if (h == NULL)
        return;
    for (size_t i = 0; i < h->yields.n; i++)
        for (int k = 0; k < PRINTER_N_STREAMS; k++)
            free(h->yields.yield[i].printed[k].piece);
    free(h->yields.yield);
    text_release(&h->yields.text);
    text_release(&h->around);
    text_release(&h->prefix);
    free(h->pieces.piece);
    failed_rows_release(&h->failed);
    for (int k = 0; k < PRINTER_N_STREAMS; k++)
        text_release(&h->kept.bytes[k]);
    cover_release(&h->kept.again);
    cover_release(&h->kept.dropped);
    cover_release(&h->taken);
    printer_release(&h->printer);
    joblog_close(&h->log, NULL);
    results_tree_free(h->tree);
    free(h);
}

/* ---- writing ------------------------------------------------------------- */

int harvest_write(struct harvest *h, uint32_t frontier, struct ff_error *err)
{
    const uint32_t before = h->job->keep_order ? frontier : UINT32_MAX;
    int rc = harvest_count(h, err);
    h->more = false;
    h->printed_bytes = 0;
    while (rc >= 0 && (rc = harvest_print(h, err)) > 0)
        if ((rc = harvest_take(h, before, err)) <= 0)
            break;
    if (rc >= 0)
        rc = printer_flush(&h->printer, err);
    /* What was not to be written before the flush may be now. */
    h->more |= rc > 0 && h->yields.first < h->yields.n;
    if (rc > 0)
        rc = harvest_settle(h, err) == 0 ? joblog_write(&h->log, err) : -1;
    return rc < 0 ? -1 : 0;
}

uint64_t harvest_printed(const struct harvest *h)
{
    return h->printed_ever;
}

bool harvest_is_blocked(const struct harvest *h)
{
    return h->printer.blocked;
}

int harvest_blocked_fd(const struct harvest *h)
{
    return h->printer.sink[h->printer.to].fd;
}

bool harvest_has_more(const struct harvest *h)
{
    return h->more;
}

bool harvest_has_some(const struct harvest *h, uint32_t frontier)
{
    return h->yields.first < h->yields.n || h->printer.n > 0
           || ordered_first(h->ordered, ROW_OUTPUT,
                            h->job->keep_order ? frontier : UINT32_MAX)
                  != NULL;
}

bool harvest_is_in_line(const struct harvest *h)
{
    const struct sink *sink = &h->printer.sink[h->printer.to];
    return h->printer.middle && sink->fd >= 0 && isatty(sink->fd) == 1;
}

const struct harvest_counts *harvest_counts(const struct harvest *h)
{
    return &h->counts;
}

/* ---- the end ------------------------------------------------------------- */

/* Is there a row for each chunk that counts, and nothing else? */
static int check(const struct harvest *h, const struct outcome *o,
                 struct ff_error *err)
{
    const uint64_t told = h->taken.n_chunks + h->chunks_before
                          - h->kept.n_waiting;
    if (told != o->chunks_done)
        return ff_error_set(err, FF_LOST, "%" PRIu64 " chunks count, but %"
                            PRIu64 " have told what became of their items "
                            "(memory of a worker was damaged)",
                            o->chunks_done, told);
    for (uint32_t i = 0; i < ROW_N_OUTPUTS; i++)
        if (ordered_left(h->ordered, i) > 0)
            return ff_error_set(err, FF_LOST, "more was printed than rows tell "
                                "of (memory of a worker was damaged)");
    return 0;
}

/* With --keep-order items wait behind one that was not done. */
static bool is_complete(const struct harvest *h, const struct outcome *o)
{
    return !harvest_is_blocked(h) && !h->more
           && (!h->job->keep_order
               || o->chunks_done + o->n_failures == h->grid->n_chunks);
}

int harvest_finish(struct harvest *h, struct outcome *o, struct ff_error *err)
{
    int rc = is_complete(h, o) ? check(h, o, err) : 0;
    o->is_command = true;
    o->items_done = h->counts.well; /* of a store they are counted already */
    if (!h->kept.restored)
        o->items_done += o->items_before;
    o->chunks_retried += h->counts.retried;
    if (failed_rows_tell(&h->failed, o) != 0)
        rc = harvest_no_memory(err);
    harvest_save_files(h); /* while they are open */
    if (joblog_close(&h->log, rc == 0 ? err : NULL) != 0)
        rc = -1;
    for (int i = 0; i < PRINTER_N_STREAMS; i++)
        if (sink_close(&h->printer.sink[i], rc == 0 ? err : NULL) != 0)
            rc = -1;
    return rc;
}
