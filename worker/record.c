/* SPDX-License-Identifier: Apache-2.0 */
/* The record of an executor: see record.h. The words in brackets are the steps
 * of common/ledger.h. */
#include "record.h"
#include "clock.h"
#include "failpoint.h"
#include "fdio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_DUE_NS 10000000u /* due this long after the last one ... */
#define RECORD_COST 100u        /* ... and this many times what one costs */
#define ROOM_WAIT_NS 10000000u
#define LOOKED_WAIT_NS 1000000000u
#define LOOK_NS 100000u
#define SLICE_BYTES 262144u     /* emitted bytes in a message, at most */

_Static_assert(sizeof(struct record_head)
               + EMIT_SEGMENTS * sizeof(struct output_segment)
               + SLICE_BYTES <= RING_MAX_MESSAGE,
               "emitted bytes must fit into a message");

static enum phase phase(const struct record *rec)
{
    return atomic_load_explicit(&rec->job->phase, memory_order_acquire);
}

void record_notify(const struct record *rec)
{
    event_notify(rec->event);
}

/* Waits for room in the ring: false when the launcher has ended the run. */
static bool wait_for_room(struct record *rec)
{
    struct ring *ring = &rec->shm->ring;
    const uint32_t turn = atomic_load(&ring->turn);
    atomic_store(&ring->waiting, 1);
    record_notify(rec);
    /* The launcher may have made room before it could see `waiting`. */
    if (!ring_has_room(ring, RING_MAX_PAYLOAD))
        futex_wait(&ring->turn, turn, ROOM_WAIT_NS);
    if (rec->meanwhile != NULL)
        rec->meanwhile(rec->meanwhile_arg);
    return phase(rec) != PHASE_QUIT;
}

/* A piece of a message. */
struct part {
    const void *at;
    size_t n;
};

static bool all_taken(const struct ring *ring)
{
    return atomic_load(&ring->tail) == atomic_load(&ring->head);
}

void record_wait_taken(struct record *rec)
{
    struct ring *ring = &rec->shm->ring;
    while (rec->file < 0 && phase(rec) != PHASE_QUIT && !all_taken(ring)) {
        const uint32_t turn = atomic_load(&ring->turn);
        atomic_store(&ring->waiting, 1);
        record_notify(rec);
        if (!all_taken(ring))
            futex_wait(&ring->turn, turn, ROOM_WAIT_NS);
    }
}

/* The ring is emptied in an odd look: so when it is empty and no look goes on,
 * that one is over. */
void record_wait_looked(struct record *rec)
{
    const _Atomic uint32_t *looks = &rec->job->looks;
    const uint64_t until = clock_ns() + LOOKED_WAIT_NS;
    record_notify(rec);
    while (rec->file < 0 && phase(rec) == PHASE_RUN
           && (!all_taken(&rec->shm->ring) || atomic_load(looks) % 2 != 0)
           && clock_ns() < until)
        futex_wait(&rec->job->phase, PHASE_RUN, LOOK_NS);
}

/* To a file: its length, then the message. A disk that is full ends the
 * process: nothing else would be reported. */
static bool write_to_file(const struct record *rec, const struct part *part,
                          size_t n_parts)
{
    uint64_t length = 0;
    if (getpid() != rec->owner)
        _exit(0);
    for (size_t i = 0; i < n_parts; i++)
        length += part[i].n;
    int rc = fd_write_all(rec->file, &length, sizeof length);
    for (size_t i = 0; i < n_parts && rc == 0; i++)
        rc = fd_write_all(rec->file, part[i].at, part[i].n);
    if (rc != 0) {
        fprintf(stderr, "fanfold-worker: cannot write results: %s\n",
                strerror(errno));
        _exit(FF_UNWRITTEN);
    }
    return true;
}

/* A part in frames, waiting for room; *flags: of the first frame. */
static bool write_part(struct record *rec, uint32_t *flags, struct part part,
                       bool last)
{
    const unsigned char *p = part.at;
    do {
        const size_t n = part.n < RING_MAX_PAYLOAD ? part.n : RING_MAX_PAYLOAD;
        if (last && n == part.n)
            *flags |= FRAME_LAST;
        while (!ring_write(&rec->shm->ring, *flags, p, n))
            if (!wait_for_room(rec))
                return false;
        *flags = 0;
        p += n;
        part.n -= n;
        if (part.n > 0)
            FAILPOINT("mid-write");
    } while (part.n > 0);
    return true;
}

/* [WRITE] A message, of which the last part is not empty unless it is the only
 * one. */
static bool write_parts(struct record *rec, const struct part *part, size_t n)
{
    uint32_t flags = FRAME_FIRST;
    if (rec->file >= 0)
        return write_to_file(rec, part, n);
    for (size_t i = 0; i < n; i++)
        if ((i == 0 || part[i].n > 0)
            && !write_part(rec, &flags, part[i], i + 1 == n))
            return false;
    return true;
}

static bool write_message(struct record *rec, const void *message, size_t n)
{
    const struct part part = {message, n};
    return write_parts(rec, &part, 1);
}

/* ---- what was emitted ---------------------------------------------------- */

/* All segments, by output, in one message. */
static bool send_at_once(struct record *rec)
{
    const struct emit *emit = rec->emit;
    struct {
        struct record_head head;
        struct output_segment segment[EMIT_SEGMENTS];
    } first;
    struct part part[1 + SPEC_MAX_OUTPUTS + 1];
    size_t n_parts = 1;
    uint32_t n = 0;
    for (uint32_t i = 0; i < emit->n_outputs; i++) {
        const struct emit_output *o = &emit->output[i];
        if (o->n == 0)
            continue;
        memcpy(first.segment + n, o->segment, o->n * sizeof o->segment[0]);
        n += o->n;
        part[n_parts++] = (struct part){emit->bytes[i].data, o->committed};
    }
    first.head = (struct record_head){RECORD_OUTPUT, n};
    part[0] = (struct part){&first, sizeof first.head
                                    + n * sizeof first.segment[0]};
    return n == 0 || write_parts(rec, part, n_parts);
}

/* A segment that is too large for a message, in several. */
static bool send_slices(struct record *rec, struct output_segment segment,
                        const char *data)
{
    uint64_t left = segment.bytes;
    while (left > 0) {
        struct {
            struct record_head head;
            struct output_segment segment;
        } first = {{RECORD_OUTPUT, 1}, segment};
        first.segment.bytes = left < SLICE_BYTES ? left : SLICE_BYTES;
        const struct part part[2] = {{&first, sizeof first},
                                     {data, first.segment.bytes}};
        if (!write_parts(rec, part, 2))
            return false;
        data += first.segment.bytes;
        left -= first.segment.bytes;
    }
    return true;
}

static bool send_in_slices(struct record *rec)
{
    const struct emit *emit = rec->emit;
    for (uint32_t i = 0; i < emit->n_outputs; i++) {
        const struct emit_output *o = &emit->output[i];
        const char *data = emit->bytes[i].data;
        for (uint32_t k = 0; k < o->n; k++) {
            if (!send_slices(rec, o->segment[k], data))
                return false;
            data += o->segment[k].bytes;
        }
    }
    return true;
}

/* When the launcher has ended the run, what is not sent is dropped. */
void record_stream(struct record *rec, bool running)
{
    struct emit *emit = rec->emit;
    if (emit == NULL)
        return;
    if (running)
        emit_add_running(emit);
    const size_t n = emit_waiting(emit);
    if (!emit->muted && n > SLICE_BYTES)
        send_in_slices(rec);
    else if (!emit->muted && n > 0)
        send_at_once(rec);
    emit_clear(emit);
    if (n > 0 && rec->file < 0 && !emit->muted
        && !ring_has_room(&rec->shm->ring, RING_BYTES / 2))
        record_notify(rec);
}

static size_t tree_bytes(const struct stage *stage)
{
    return stage->layout->n_state_words == 0
               ? 0 : tree_encoded_words(&stage->tree) * sizeof(int64_t);
}

static size_t most_tree_bytes(const struct stage *stage)
{
    const size_t words = stage->layout->n_state_words;
    return words == 0 ? 0 : (1 + stage->max_nodes * (1 + words))
                            * sizeof(int64_t);
}

static size_t record_bytes(const struct record *rec)
{
    return sizeof(struct record_head) + rec->n_open * sizeof(struct range)
           + rec->stage->layout->n_words * sizeof(int64_t)
           + tree_bytes(rec->stage);
}

static size_t encode_partial(struct record *rec)
{
    const struct record_head head = {RECORD_PARTIAL, rec->n_open};
    const struct stage *stage = rec->stage;
    const size_t n = stage->layout->n_words;
    unsigned char *p = rec->message;
    memcpy(p, &head, sizeof head);
    p += sizeof head;
    memcpy(p, rec->open, rec->n_open * sizeof rec->open[0]);
    p += rec->n_open * sizeof rec->open[0];
    int64_t *words = (int64_t *)(void *)p; /* as gather.c has them */
    memcpy(words, stage->partial, n * sizeof *words);
    if (stage->layout->n_state_words > 0)
        tree_encode(&stage->tree, words + n);
    return record_bytes(rec);
}

static void close_record(struct record *rec) /* [CLOSE] */
{
    rec->n_open = 0;
    atomic_store_explicit(&rec->shm->n_open, 0, memory_order_release);
}

/* [WRITE] False when the run is over. */
static bool write_record(struct record *rec)
{
    FAILPOINT("before-publish");
    stage_drain(rec->stage);
    if (rec->rows != NULL)
        rows_write(rec->rows);
    record_stream(rec, false);
    FAILPOINT("streamed");
    if (!write_message(rec, rec->message, encode_partial(rec)))
        return false;
    FAILPOINT("after-publish");
    return true;
}

/* A record is written and closed, but for so many chunks that run; begin: when
 * that began. */
static void start_anew(struct record *rec, uint64_t n_running, uint64_t begin)
{
    if (rec->emit != NULL && rec->emit->sent > 0) {
        rec->emit->sent = 0;
        record_notify(rec);
    }
    shared_store64(&rec->shm->kept,
                   atomic_load_explicit(&rec->shm->begun,
                                        memory_order_relaxed) - n_running);
    stage_reset(rec->stage);
    const uint64_t end = clock_ns();
    rec->published_ns = end;
    rec->due_ns = (end - begin) * RECORD_COST;
    if (rec->due_ns < RECORD_DUE_NS)
        rec->due_ns = RECORD_DUE_NS;
    shared_store64(&rec->shm->publish_ns, rec->publish_ns += end - begin);
}

/* Publishes what is open: all of it has been run. Unless forced, leaves it for
 * later when there is no room. */
void record_publish(struct record *rec, bool forced)
{
    const uint64_t begin = clock_ns();
    if (rec->n_open == 0)
        return;
    if (!forced && record_bytes(rec) < RING_BYTES / 2
        && !ring_has_room(&rec->shm->ring, record_bytes(rec)))
        return;
    if (!write_record(rec))
        return;
    close_record(rec);
    start_anew(rec, 0, begin);
}

void record_publish_failure(struct record *rec, enum record_kind kind,
                            uint32_t c, uint64_t item,
                            const char text[FAIL_TEXT])
{
    const struct record_head head = {kind, 1};
    const struct range r = {c, c + 1};
    const size_t n_text = strnlen(text, FAIL_TEXT - 1);
    unsigned char message[sizeof head + sizeof r + sizeof(uint64_t)
                          + FAIL_TEXT];
    unsigned char *p = message;
    p = (unsigned char *)memcpy(p, &head, sizeof head) + sizeof head;
    p = (unsigned char *)memcpy(p, &r, sizeof r) + sizeof r;
    p = (unsigned char *)memcpy(p, &item, sizeof item)
        + sizeof item;
    p = (unsigned char *)memcpy(p, text, n_text) + n_text;
    *p++ = '\0';
    write_message(rec, message, (size_t)(p - message));
    record_notify(rec); /* it may be a reason to halt */
}

void record_publish_cancelled(struct record *rec, uint32_t c)
{
    const struct {
        struct record_head head;
        struct range r;
    } message = {{RECORD_CANCELLED, 1}, {c, c + 1}};
    write_message(rec, &message, sizeof message);
}

/* ---- the record under construction --------------------------------------- */

/* Shows the last range, and how many there are, to the launcher. */
static void show(struct record *rec)
{
    if (rec->n_open > 0)
        atomic_store_explicit(&rec->shm->open[rec->n_open - 1],
                              claim_pack(rec->open[rec->n_open - 1]),
                              memory_order_release);
    atomic_store_explicit(&rec->shm->n_open, rec->n_open,
                          memory_order_release);
}

bool record_open(struct record *rec, struct range r) /* [OPEN] */
{
    if (rec->n_open > 0 && rec->open[rec->n_open - 1].hi == r.lo) {
        rec->open[rec->n_open - 1].hi = r.hi;
    } else {
        if (rec->n_open == OPEN_RANGES)
            record_publish(rec, true);
        if (rec->n_open == OPEN_RANGES)
            return false;
        rec->open[rec->n_open++] = r;
    }
    show(rec);
    return true;
}

void record_settle(struct record *rec, uint32_t running)
{
    const uint64_t begin = clock_ns();
    const struct range alone = {running, running + 1};
    struct range *last = &rec->open[rec->n_open - 1];
    if (rec->n_open == 0 || last->hi != alone.hi
        || (rec->n_open == 1 && last->lo == alone.lo))
        return;
    last->hi = alone.lo;
    rec->n_open -= last->lo == last->hi;
    if (!write_record(rec)) { /* the run is over: all of it stays open */
        rec->n_open += last->lo == last->hi;
        last->hi = alone.hi;
        return;
    }
    rec->open[0] = alone;
    rec->n_open = 1;
    show(rec);
    start_anew(rec, 1, begin);
}

void record_trim(struct record *rec, uint32_t hi)
{
    struct range *last = &rec->open[rec->n_open - 1];
    last->hi = hi;
    if (last->lo == hi)
        rec->n_open--;
    show(rec);
}

int record_init(struct record *rec, const struct job_shm *job,
                struct executor_shm *shm, struct stage *stage, int event,
                int file, struct ff_error *err)
{
    *rec = (struct record){.job = job, .shm = shm, .stage = stage,
                           .event = event, .file = file,
                           .owner = getpid(),
                           .due_ns = RECORD_DUE_NS};
    rec->message = malloc(sizeof(struct record_head)
                          + OPEN_RANGES * sizeof(struct range)
                          + stage->layout->n_words * sizeof(int64_t)
                          + most_tree_bytes(stage));
    if (rec->message == NULL)
        return ff_error_errno(err, FF_LOST, "cannot get memory for records");
    return 0;
}

void record_release(struct record *rec)
{
    free(rec->message);
    rec->message = NULL;
}
