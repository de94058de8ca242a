/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What nodes say, taken in: see root.h. All of it comes from our own programs,
 * and is checked all the same; what cannot be ends the run.
 */
#include "root.h"
#include "clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_BYTES 4096 /* a pipe that says it can be written to takes them */
#define TAKE_NS 20000000u /* then it is time for all else, too */

/* ---- what kernels print -------------------------------------------------- */

static FILE *stream_of(const struct root *root, uint32_t stream)
{
    return stream == 1 ? root->run->crew->kernel_stdout : stderr;
}

/* Whoever reads it may be slow: then nodes wait, not we. True when all of it
 * is written, or cannot be. */
static bool print_text(struct root *root)
{
    struct wire_message *m = &root->text;
    uint32_t stream;
    memcpy(&stream, m->body, sizeof stream);
    FILE *to = stream_of(root, stream);
    const char *text = (const char *)m->body + sizeof stream;
    const size_t n = m->head.bytes - sizeof stream;
    struct pollfd on = {.fd = fileno(to), .events = POLLOUT};
    progress_clear(&root->run->progress);
    fflush(to);
    while (root->text_done < n && poll(&on, 1, 0) > 0) {
        const size_t left = n - root->text_done;
        const ssize_t done = write(on.fd, text + root->text_done,
                                   left < TEXT_BYTES ? left : TEXT_BYTES);
        if (done < 0 && errno == EAGAIN)
            return false;
        if (done < 0 && errno != EINTR) {
            if (to == stdout)
                supervise_unprinted(root->run, errno);
            root->text_done = n; /* nobody reads: as with what workers print */
        }
        root->text_done += done > 0 ? (size_t)done : 0;
    }
    if (root->text_done < n)
        return false;
    wire_message_release(m);
    return true;
}

/* True: it can be printed later, and the message is kept until then. */
static bool keep_text(struct root *root, struct wire_message *m,
                      struct ff_error *err)
{
    uint32_t stream = 0;
    if (m->head.bytes >= sizeof stream)
        memcpy(&stream, m->body, sizeof stream);
    if (stream != 1 && stream != 2) {
        root_damaged(root, m->head.node, "a text", err);
        return false;
    }
    root->text = *m;
    root->text_done = 0;
    print_text(root);
    return true;
}

/* ---- records ------------------------------------------------------------- */

/* Range i of a RECORD_NODE. */
static struct range range_at(const struct wire_message *m, uint32_t i)
{
    struct range r;
    memcpy(&r, m->body + sizeof(struct record_node) + i * sizeof r, sizeof r);
    return r;
}

/* Nobody has done what he was not granted, or what is settled. */
static bool is_of_node(const struct root *root, const struct wire_message *m)
{
    const struct cover *with = &root->grants.node[m->head.node].with;
    struct record_node head;
    if (m->head.bytes < sizeof head)
        return false;
    memcpy(&head, m->body, sizeof head);
    const uint32_t n = head.head.n_ranges;
    if (n > (m->head.bytes - sizeof head) / sizeof(struct range))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        const struct range r = range_at(m, i);
        if (r.lo >= r.hi || !cover_contains(with, r))
            return false;
    }
    return true;
}

/* Those of a record that was accepted are no longer with the node. */
static int settle_ranges(struct root *root, const struct wire_message *m)
{
    struct record_head head;
    memcpy(&head, m->body, sizeof head);
    for (uint32_t i = 0; i < head.n_ranges; i++)
        if (grants_settled(&root->grants, m->head.node, range_at(m, i)) != 0)
            return -1;
    return 0;
}

static int judge(struct root *root, const struct wire_message *m,
                 enum gather_verdict v, struct ff_error *err)
{
    switch (v) {
    case GATHER_ACCEPTED:
        return 0;
    case GATHER_NO_MEMORY:
        return ff_error_set(err, FF_LOST, "out of memory in the launcher");
    case GATHER_UNWRITTEN:
        *err = root->run->gather.error;
        return -1;
    default:
        return root_damaged(root, m->head.node, "a record", err);
    }
}

static bool is_last(const struct wire_message *m)
{
    struct record_node head;
    if (m->head.bytes < sizeof head)
        return false;
    memcpy(&head, m->body, sizeof head);
    return head.head.kind == RECORD_NODE && head.fold != 0;
}

static int on_last_record(struct root *root, const struct wire_message *m,
                          struct ff_error *err)
{
    struct root_node *node = &root->node[m->head.node];
    if (!root->folding || node->staged || !is_of_node(root, m))
        return root_damaged(root, m->head.node, "a last record", err);
    node->staged = true;
    if (root_map_record(root, m) != 0)
        return ff_error_set(err, FF_LOST, "out of memory in the launcher");
    return judge(root, m,
                 gather_stage(&root->run->gather, m->head.node, m->body,
                              m->head.bytes), err);
}

static int on_record(struct root *root, const struct wire_message *m,
                     struct ff_error *err)
{
    struct record_head head;
    if (!root->open || root->folded || m->head.bytes < sizeof head)
        return root_damaged(root, m->head.node, "a record", err);
    if (is_last(m))
        return on_last_record(root, m, err);
    memcpy(&head, m->body, sizeof head);
    if (head.kind == RECORD_NODE && !is_of_node(root, m))
        return root_damaged(root, m->head.node, "a record", err);
    const enum gather_verdict v = deliver_record(
        root->run, m->head.node, &root->grants.node[m->head.node].with,
        m->body, m->head.bytes);
    if (v == GATHER_ACCEPTED && head.kind == RECORD_NODE
        && (settle_ranges(root, m) != 0 || root_map_record(root, m) != 0))
        return ff_error_set(err, FF_LOST, "out of memory in the launcher");
    return judge(root, m, v, err);
}

static int on_lanes(struct root *root, const struct wire_message *m,
                    struct ff_error *err)
{
    struct lanes *l = &root->lanes;
    const unsigned char *p = m->body;
    lanes_release(l);
    if (lanes_init(l, &root->run->gather.layout, err) != 0)
        return -1;
    const size_t sum = l->n_sum * sizeof l->sum[0];
    const size_t max = l->n_max * sizeof l->max[0];
    if (!root->folding || root->has_lanes
        || m->head.bytes != sum + max + l->n_bytes)
        return root_damaged(root, m->head.node, "sums", err);
    if (sum > 0)
        memcpy(l->sum, p, sum);
    if (max > 0)
        memcpy(l->max, p + sum, max);
    if (l->n_bytes > 0)
        memcpy(l->bytes, p + sum + max, l->n_bytes);
    root->has_lanes = true;
    return 0;
}

/* ---- chunks that failed -------------------------------------------------- */

/* One thread, of at most *n bytes; NULL when it is none, or without memory. */
static struct backtrace *read_stack(const unsigned char **bytes, size_t *n)
{
    struct wire_stack head;
    if (*n < sizeof head)
        return NULL;
    memcpy(&head, *bytes, sizeof head);
    *bytes += sizeof head;
    *n -= sizeof head;
    if (head.n_frames > BACKTRACE_FRAMES || head.whose > WHOSE_KERNEL
        || *n < head.n_frames * sizeof(struct frame))
        return NULL;
    struct backtrace *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    memcpy(b->frame, *bytes, head.n_frames * sizeof b->frame[0]);
    *bytes += head.n_frames * sizeof b->frame[0];
    *n -= head.n_frames * sizeof b->frame[0];
    b->n = head.n_frames;
    b->whose = head.whose;
    b->thread = head.thread;
    b->left_out = head.left_out;
    for (uint32_t i = 0; i < b->n; i++) {
        struct frame *f = &b->frame[i];
        f->function[sizeof f->function - 1] = '\0';
        f->file[sizeof f->file - 1] = '\0';
        f->object[sizeof f->object - 1] = '\0';
    }
    return b;
}

/* The threads that follow a failure. False: they are none. */
static bool read_stacks(const unsigned char *bytes, size_t n, uint32_t n_stacks,
                        struct backtrace **out)
{
    struct backtrace **at = out;
    *out = NULL;
    for (uint32_t i = 0; i < n_stacks; i++, at = &(*at)->next)
        if ((*at = read_stack(&bytes, &n)) == NULL)
            break;
    if (n == 0 && *at == NULL)
        return true;
    backtrace_free(*out);
    return false;
}

static int fill_failure(struct failure *f, const struct wire_failed *w)
{
    f->attempts = w->attempts;
    f->fatal = w->fatal != 0;
    f->has_item = w->has_item != 0 && w->item >= f->begin && w->item < f->end;
    f->item = w->item;
    f->item_end = w->item_end > w->item && w->item_end <= f->end ? w->item_end
                                                                 : f->end;
    return failure_set_reason(f, w->reason, w->n_reason);
}

static struct failure *note_failed(struct root *root, uint32_t node,
                                   const struct wire_failed *w,
                                   struct ff_error *err)
{
    struct gather *g = &root->run->gather;
    const struct range one = {w->chunk, w->chunk + 1};
    if (!cover_contains(&root->grants.node[node].with, one)) {
        root_damaged(root, node, "a failure", err);
        return NULL;
    }
    gather_forget_chunk(g, node, w->chunk);
    struct failure *f = gather_fail(g, w->chunk, w->reason);
    if (f != NULL && grants_settled(&root->grants, node, one) == 0)
        return f;
    ff_error_set(err, FF_LOST, "out of memory in the launcher");
    return NULL;
}

static int on_failed(struct root *root, const struct wire_message *m,
                     struct ff_error *err)
{
    struct gather *g = &root->run->gather;
    struct wire_failed w = {.chunk = 0};
    size_t n = offsetof(struct wire_failed, reason);
    if (!root->open || m->head.bytes < n)
        return root_damaged(root, m->head.node, "a failure", err);
    memcpy(&w, m->body, n);
    if (w.chunk >= g->grid.n_chunks || w.n_stacks > STACKS_THREADS
        || w.n_reason >= sizeof w.reason || m->head.bytes < n + w.n_reason)
        return root_damaged(root, m->head.node, "a failure", err);
    memcpy(w.reason, m->body + n, w.n_reason);
    n += w.n_reason;
    struct backtrace *stacks;
    if (!read_stacks(m->body + n, m->head.bytes - n, w.n_stacks, &stacks))
        return root_damaged(root, m->head.node, "a failure", err);
    struct failure *f = gather_failure(g, w.chunk);
    const bool late = f == NULL && root->quit; /* it does not count any more */
    if (f == NULL && !late)
        f = note_failed(root, m->head.node, &w, err);
    if (f == NULL) {
        backtrace_free(stacks);
        return late ? 0 : -1;
    }
    if (stacks != NULL) {
        backtrace_free(f->backtrace);
        f->backtrace = stacks;
    }
    return fill_failure(f, &w) == 0 ? 0
           : ff_error_set(err, FF_LOST, "out of memory in the launcher");
}

static int on_return(struct root *root, const struct wire_message *m,
                     struct ff_error *err)
{
    const struct range *range;
    if (!root->open)
        return root_damaged(root, m->head.node, "a return", err);
    const long n = wire_ranges(m, root->run->gather.grid.n_chunks, &range);
    if (n < 0)
        return root_damaged(root, m->head.node, "a return", err);
    return grants_returned(&root->grants, m->head.node, range, (size_t)n) == 0
           ? 0 : ff_error_set(err, FF_LOST, "out of memory in the launcher");
}

/* ---- how it goes, how it ended ------------------------------------------- */

static int on_status(struct root *root, const struct wire_message *m,
                     struct ff_error *err)
{
    struct wire_status status;
    if (m->head.bytes != sizeof status)
        return root_damaged(root, m->head.node, "a status", err);
    memcpy(&status, m->body, sizeof status);
    if (!root->open)
        return 0; /* it lives: that is all */
    grants_status(&root->grants, m->head.node, &status);
    root_map_status(root, m->head.node);
    run_note_longest(root->run, status.longest_chunk, status.longest_ns);
    if (status.ended_ns > root->run->ended_ns)
        root->run->ended_ns = status.ended_ns;
    return 0;
}

/* Errors of the job are the same on all nodes: then no matter where. */
static int on_error(struct root *root, const struct wire_message *m,
                    struct ff_error *err)
{
    char name[WIRE_HOST + 32];
    if (m->head.bytes != sizeof *err)
        return root_damaged(root, m->head.node, "an error", err);
    memcpy(err, m->body, sizeof *err);
    err->text[sizeof err->text - 1] = '\0';
    if (err->status <= 0 || err->status > 255)
        err->status = FF_LOST;
    if (err->status != FF_USAGE && m->head.node < root->n_nodes
        && root->node[m->head.node].said_hello) {
        const struct ff_error cause = *err;
        ff_error_set(err, cause.status, "%s: %.700s",
                     root_node_name(root, m->head.node, name), cause.text);
    }
    return -1;
}

static int on_done(struct root *root, const struct wire_message *m,
                   struct ff_error *err)
{
    struct root_node *node = &root->node[m->head.node];
    struct worker_outcome *worker = root->run->worker;
    const unsigned char *p = m->body + sizeof node->end;
    const size_t bytes = node->n_workers * sizeof worker[0];
    if (node->done || m->head.bytes < sizeof node->end)
        return root_damaged(root, m->head.node, "an end", err);
    memcpy(&node->end, m->body, sizeof node->end);
    node->end.fingerprint_differs[FINGERPRINT_DIFFERS - 1] = '\0';
    node->done = true;
    if (node->end.n_workers == 0)
        return 0; /* it had not begun */
    if (node->end.n_workers != node->n_workers
        || m->head.bytes != sizeof node->end + bytes)
        return root_damaged(root, m->head.node, "an end", err);
    for (uint32_t w = 0; worker != NULL && w < node->n_workers; w++)
        memcpy(&worker[node->rank[w]], p + w * sizeof worker[0],
               sizeof worker[0]);
    run_note_longest(root->run, node->end.longest_chunk,
                     node->end.longest_ns);
    if (root->run->fingerprint_differs[0] == '\0')
        memcpy(root->run->fingerprint_differs, node->end.fingerprint_differs,
               FINGERPRINT_DIFFERS);
    return 0;
}

static int on_bye(struct root *root, const struct wire_message *m,
                  struct ff_error *err)
{
    struct root_node *node = &root->node[m->head.node];
    if (m->head.bytes != sizeof node->bye)
        return root_damaged(root, m->head.node, "an end", err);
    memcpy(&node->bye, m->body, sizeof node->bye);
    node->said_bye = true;
    return 0;
}

/* ---- all of it ----------------------------------------------------------- */

static int on_message(struct root *root, const struct wire_message *m,
                      struct ff_error *err)
{
    if (m->head.kind == WIRE_HELLO)
        return root_hello(root, m, err);
    if (m->head.kind == WIRE_ERROR) /* also before it could say hello */
        return on_error(root, m, err);
    if (m->head.node >= root->n_nodes
        || !root->node[m->head.node].said_hello)
        return ff_error_set(err, FF_LOST, "node %u, which there is not, says "
                            "something", m->head.node);
    root->node[m->head.node].heard_ns = root->run->now_ns;
    switch (m->head.kind) {
    case WIRE_PLANNED:
        return root_planned(root, m, err);
    case WIRE_OPENED:
        return root_opened(root, m, err);
    case WIRE_STATUS:
        return on_status(root, m, err);
    case WIRE_RECORD:
        return on_record(root, m, err);
    case WIRE_FAILED:
        return on_failed(root, m, err);
    case WIRE_RETURN:
        return on_return(root, m, err);
    case WIRE_LANES:
        return on_lanes(root, m, err);
    case WIRE_DONE:
        return on_done(root, m, err);
    case WIRE_BYE:
        return on_bye(root, m, err);
    default:
        return root_damaged(root, m->head.node, "a message", err);
    }
}

/* When the run has its result, or has failed, only ends still matter, and
 * names of frames, which come last. */
static bool still_matters(const struct root *root, uint32_t kind)
{
    return !root->quit || kind == WIRE_DONE || kind == WIRE_BYE
           || kind == WIRE_FAILED;
}

/* Whoever emits or prints more than is read waits, as long as the run is to go
 * on. */
static bool must_wait(struct root *root)
{
    struct run *run = root->run;
    if (root->text.body != NULL && !print_text(root))
        return true;
    return run->opened && !run->over && !run->stopping
           && delivery_is_full(&run->delivery);
}

/* Nodes have not been silent while we did not listen. */
static void listen_again(struct root *root)
{
    for (uint32_t k = 0; root->deaf && k < root->n_nodes; k++)
        root->node[k].heard_ns = root->run->now_ns;
    if (root->deaf)
        root->begun_ns = root->fold_ns = root->run->now_ns;
    root->deaf = false;
}

void root_take(struct root *root)
{
    const uint64_t until_ns = clock_ns() + TAKE_NS;
    struct wire_message m;
    struct ff_error err = {0};
    int rc;
    if (root->link_ended)
        return;
    for (;;) {
        if (clock_ns() > until_ns) {
            event_notify(root->run->crew->event); /* goes on */
            return;
        }
        if (must_wait(root)) {
            root->deaf = true;
            return;
        }
        listen_again(root);
        rc = link_receive(root->start.link, &m);
        if (rc < 0)
            root->link_ended = true;
        if (rc <= 0)
            return;
        rc = 0;
        if (m.head.kind == WIRE_TEXT && m.head.node < root->n_nodes) {
            root->node[m.head.node].heard_ns = root->run->now_ns;
            if (keep_text(root, &m, &err))
                continue;
            rc = -1;
        } else if (still_matters(root, m.head.kind)) {
            rc = on_message(root, &m, &err);
        }
        wire_message_release(&m);
        if (rc != 0)
            run_fail(root->run, &err);
    }
}
