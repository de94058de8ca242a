/* SPDX-License-Identifier: Apache-2.0 */
/* Emitted bytes into the order of items: see ordered.h. */
#include "ordered.h"
#include "ledger.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#define MAX_BLOCK_BYTES ORDERED_TURN
#define MIN_BLOCK_BYTES 4096u
#define FIRST_TURN (UINT64_C(1) << 56) /* there is as good as no end on either
                                           side */
#define MAX_SEGMENTS 4096u /* in a message that is handed on */
#define HANDFUL_BYTES WIRE_PIECE

/* Each source has a block open for each output: they must fit as well. */
static uint32_t block_bytes(uint64_t memory_bytes, uint64_t n_open)
{
    uint64_t n = MAX_BLOCK_BYTES;
    while (n > MIN_BLOCK_BYTES && n * n_open > memory_bytes)
        n /= 2;
    return (uint32_t)n;
}

int ordered_init(struct ordered *o, uint32_t n_outputs, uint32_t n_sources,
                 uint32_t n_chunks, uint64_t memory_bytes,
                 struct ff_error *err)
{
    const size_t n_open = (size_t)n_outputs * n_sources;
    *o = (struct ordered){.n_outputs = n_outputs, .n_sources = n_sources,
                          .n_chunks = n_chunks, .turn = FIRST_TURN,
                          .first_turn = FIRST_TURN};
    hold_init(&o->hold, block_bytes(memory_bytes, n_open), memory_bytes);
    o->pending = calloc(n_sources, sizeof o->pending[0]);
    o->ready = calloc(n_outputs, sizeof o->ready[0]);
    o->open = malloc((n_open + 1) * sizeof o->open[0]);
    o->without_row = calloc(n_outputs, sizeof o->without_row[0]);
    if (o->pending == NULL || o->ready == NULL || o->open == NULL
        || o->without_row == NULL) {
        ordered_release(o);
        return ff_error_errno(err, FF_LOST, "cannot keep what is emitted");
    }
    for (size_t i = 0; i < n_open; i++)
        o->open[i] = HOLD_NO_BLOCK;
    return 0;
}

void ordered_release(struct ordered *o)
{
    for (uint32_t i = 0; o->pending != NULL && i < o->n_sources; i++)
        free(o->pending[i].piece);
    for (uint32_t i = 0; o->ready != NULL && i < o->n_outputs; i++)
        free(o->ready[i].piece);
    free(o->pending);
    free(o->ready);
    free(o->open);
    free(o->fresh.piece);
    free(o->without_row);
    free(o->gone);
    hold_release(&o->hold);
    *o = (struct ordered){.hold.file = -1};
}

/* ---- lists and heaps ----------------------------------------------------- */

int pieces_reserve(struct pieces *p, size_t n)
{
    if (p->n + n <= p->room)
        return 0;
    size_t room = p->room > 0 ? 2 * p->room : 16;
    while (room < p->n + n)
        room *= 2;
    struct piece *more = realloc(p->piece, room * sizeof *more);
    if (more == NULL)
        return -1;
    p->piece = more;
    p->room = room;
    return 0;
}

static bool is_before(const struct piece *a, const struct piece *b)
{
    return a->lo != b->lo ? a->lo < b->lo : a->turn < b->turn;
}

static void swap(struct piece *a, struct piece *b)
{
    const struct piece t = *a;
    *a = *b;
    *b = t;
}

/* There is room. */
static void heap_push(struct pieces *p, struct piece piece)
{
    size_t i = p->n++;
    p->piece[i] = piece;
    while (i > 0 && is_before(&p->piece[i], &p->piece[(i - 1) / 2])) {
        swap(&p->piece[i], &p->piece[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

static void heap_pop(struct pieces *p)
{
    size_t i = 0;
    p->piece[0] = p->piece[--p->n];
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
            if (child < p->n && is_before(&p->piece[child], &p->piece[least]))
                least = child;
        if (least == i)
            return;
        swap(&p->piece[i], &p->piece[least]);
        i = least;
    }
}

/* ---- in ------------------------------------------------------------------ */

int ordered_no_memory(struct ff_error *err)
{
    return ff_error_errno(err, FF_LOST, "cannot keep what was emitted");
}

static struct output_segment segment_at(const unsigned char *body, uint32_t i)
{
    struct output_segment s;
    memcpy(&s, body + i * sizeof s, sizeof s);
    return s;
}

static bool is_message(const struct ordered *o, const unsigned char *body,
                       size_t n, uint32_t n_segments)
{
    if (n_segments == 0 || n / sizeof(struct output_segment) < n_segments)
        return false;
    uint64_t left = n - n_segments * sizeof(struct output_segment);
    for (uint32_t i = 0; i < n_segments; i++) {
        const struct output_segment s = segment_at(body, i);
        if (s.lo >= s.hi || s.hi > o->n_chunks || s.output >= o->n_outputs
            || s.bytes == 0 || s.bytes > left)
            return false;
        left -= s.bytes;
    }
    return left == 0;
}

static int take_segment(struct ordered *o, uint32_t source,
                        const struct output_segment *s,
                        const unsigned char *data, struct ff_error *err)
{
    struct pieces *p = &o->pending[source];
    uint32_t *open = &o->open[(size_t)source * o->n_outputs + s->output];
    for (uint64_t left = s->bytes; left > 0;) {
        struct piece piece = {.lo = s->lo, .hi = s->hi,
                              .output = s->output, .turn = o->turn};
        if (pieces_reserve(p, 1) != 0)
            return ordered_no_memory(err);
        if (hold_append(&o->hold, open, data, left, &piece.held, err) != 0)
            return -1;
        p->piece[p->n++] = piece;
        o->turn += ORDERED_TURN;
        data += piece.held.n;
        left -= piece.held.n;
    }
    return 0;
}

int ordered_take(struct ordered *o, uint32_t source, const void *body,
                 size_t n, uint32_t n_segments, struct ff_error *err)
{
    const unsigned char *p = body;
    if (!is_message(o, p, n, n_segments))
        return 1;
    const unsigned char *data = p + n_segments
                                    * sizeof(struct output_segment);
    for (uint32_t i = 0; i < n_segments; i++) {
        const struct output_segment s = segment_at(p, i);
        if (take_segment(o, source, &s, data, err) != 0)
            return -1;
        data += s.bytes;
    }
    return 0;
}

bool ordered_is_within(const struct ordered *o, uint32_t source,
                       const struct cover *cover)
{
    const struct pieces *p = &o->pending[source];
    for (size_t i = 0; i < p->n; i++)
        if (!cover_contains(cover, (struct range){p->piece[i].lo,
                                                  p->piece[i].hi}))
            return false;
    return true;
}

/* ---- counts, or not ------------------------------------------------------ */

/* Does b continue a, in the same place? */
static bool continues(const struct piece *a, const struct piece *b)
{
    return a->output == b->output && a->held.block == b->held.block
           && a->held.at + a->held.n == b->held.at
           && (a->hi == b->lo || a->hi == b->lo + 1);
}

void ordered_add(struct ordered *o, struct piece piece)
{
    heap_push(&o->ready[piece.output], piece);
    o->without_row[piece.output] += !piece.has_row;
    o->waiting += piece.held.n;
}

int ordered_commit(struct ordered *o, uint32_t source, struct ff_error *err)
{
    struct pieces *p = &o->pending[source];
    for (size_t i = 0; i < p->n;) {
        struct piece piece = p->piece[i++];
        struct pieces *ready = &o->ready[piece.output];
        for (; i < p->n && continues(&piece, &p->piece[i]); i++) {
            piece.hi = p->piece[i].hi;
            piece.held.n += p->piece[i].held.n;
        }
        const bool looks = o->watches && piece.output == o->watched;
        if (pieces_reserve(ready, 1) != 0 || (looks && pieces_reserve(&o->fresh, 1) != 0))
            return ordered_no_memory(err);
        ordered_add(o, piece);
        if (looks)
            o->fresh.piece[o->fresh.n++] = piece;
        o->counted += piece.held.n;
    }
    p->n = 0;
    return 0;
}

void ordered_drop(struct ordered *o, uint32_t source)
{
    struct pieces *p = &o->pending[source];
    for (size_t i = 0; i < p->n; i++)
        hold_give_back(&o->hold, p->piece[i].held.block, p->piece[i].held.n);
    p->n = 0;
}

/* What a running chunk has emitted stands in pieces of its own. */
void ordered_drop_chunk(struct ordered *o, uint32_t source, uint32_t c)
{
    struct pieces *p = &o->pending[source];
    size_t kept = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct piece *piece = &p->piece[i];
        if (piece->lo == c && piece->hi == c + 1)
            hold_give_back(&o->hold, piece->held.block, piece->held.n);
        else
            p->piece[kept++] = *piece;
    }
    p->n = kept;
}

/* ---- out ----------------------------------------------------------------- */

int ordered_next(struct ordered *o, uint32_t output, uint32_t frontier,
                 const char **data, size_t *n, struct ff_error *err)
{
    const struct pieces *ready = &o->ready[output];
    if (ready->n == 0 || ready->piece[0].lo >= frontier)
        return 0;
    *n = ready->piece[0].held.n;
    *data = hold_bytes(&o->hold, ready->piece[0].held, err);
    return *data != NULL ? 1 : -1;
}

/* The row of the piece, which counts, is not what it is any more. */
static void lose_row(struct ordered *o, struct piece *piece)
{
    if (!piece->has_row)
        return;
    o->gone[o->n_gone++] = (int64_t)piece->turn;
    o->n_rows--;
    piece->has_row = false;
    o->without_row[piece->output]++;
}

/* The first n bytes leave the piece at the front of what counts. */
static void shorten(struct ordered *o, struct pieces *ready, uint32_t n)
{
    struct piece *piece = &ready->piece[0];
    lose_row(o, piece);
    piece->held.at += n;
    piece->held.n -= n;
    piece->turn += n;
    if (piece->held.n == 0) {
        o->without_row[piece->output]--;
        heap_pop(ready);
    }
}

void ordered_written(struct ordered *o, uint32_t output, size_t n)
{
    struct pieces *ready = &o->ready[output];
    const uint32_t block = ready->piece[0].held.block;
    o->waiting -= n;
    shorten(o, ready, (uint32_t)n);
    hold_give_back(&o->hold, block, (uint32_t)n);
}

/* ---- apart --------------------------------------------------------------- */

const struct piece *ordered_first(const struct ordered *o, uint32_t output,
                                  uint32_t frontier)
{
    const struct pieces *ready = &o->ready[output];
    return ready->n > 0 && ready->piece[0].lo < frontier ? &ready->piece[0]
                                                         : NULL;
}

/* All or nothing: what was cut off goes back, as it was. */
static void undo_cut(struct ordered *o, struct pieces *list, size_t begin)
{
    while (list->n > begin) {
        const struct piece piece = list->piece[--list->n];
        o->waiting -= piece.held.n; /* it never left what waits */
        ordered_add(o, piece);
    }
}

int ordered_cut(struct ordered *o, uint32_t output, uint64_t n,
                struct pieces *list, struct ff_error *err)
{
    struct pieces *ready = &o->ready[output];
    const size_t begin = list->n;
    for (uint64_t left = n; left > 0;) {
        const bool is_there = ready->n > 0;
        if (!is_there || pieces_reserve(list, 1) != 0) {
            undo_cut(o, list, begin);
            return !is_there ? 1 : ordered_no_memory(err);
        }
        struct piece piece = ready->piece[0];
        piece.has_row = false;
        if (left < piece.held.n)
            piece.held.n = (uint32_t)left;
        shorten(o, ready, piece.held.n);
        list->piece[list->n++] = piece;
        left -= piece.held.n;
    }
    return 0;
}

const char *ordered_cut_bytes(struct ordered *o, const struct piece *piece,
                              struct ff_error *err)
{
    return hold_bytes(&o->hold, piece->held, err);
}

void ordered_cut_done(struct ordered *o, struct piece *piece, uint32_t n)
{
    piece->held.at += n;
    piece->held.n -= n;
    o->waiting -= n;
    hold_give_back(&o->hold, piece->held.block, n);
}

/* ---- on ------------------------------------------------------------------ */

/* Segments as they are collected, and their bytes. */
struct handful {
    struct output_segment segment[MAX_SEGMENTS];
    uint32_t n_segments;
    size_t n;
    unsigned char data[HANDFUL_BYTES];
};

/* Continues the last one when it can: the same chunk, or the next ones. */
static void add_segment(struct handful *h, const struct piece *p)
{
    struct output_segment *last = h->segment + h->n_segments - 1;
    if (h->n_segments > 0 && last->output == p->output
        && (last->hi == p->lo || last->hi == p->lo + 1)) {
        last->hi = p->hi;
        last->bytes += p->held.n;
        return;
    }
    h->segment[h->n_segments++] = (struct output_segment){
        .lo = p->lo, .hi = p->hi, .output = p->output, .bytes = p->held.n};
}

static int fill(struct ordered *o, struct handful *h, struct ff_error *err)
{
    for (uint32_t i = 0; i < o->n_outputs; i++) {
        struct pieces *ready = &o->ready[i];
        while (ready->n > 0 && h->n_segments < MAX_SEGMENTS) {
            const struct piece piece = ready->piece[0];
            if (piece.held.n > sizeof h->data - h->n)
                return 0;
            const char *data = hold_bytes(&o->hold, piece.held, err);
            if (data == NULL)
                return -1;
            memcpy(h->data + h->n, data, piece.held.n);
            h->n += piece.held.n;
            add_segment(h, &piece);
            ordered_written(o, i, piece.held.n);
        }
    }
    return 0;
}

static void *wrap(const struct handful *h, size_t *n)
{
    const struct record_head head = {RECORD_OUTPUT, h->n_segments};
    const size_t segments = h->n_segments * sizeof h->segment[0];
    unsigned char *message = malloc(sizeof head + segments + h->n);
    if (message == NULL)
        return NULL;
    memcpy(message, &head, sizeof head);
    memcpy(message + sizeof head, h->segment, segments);
    memcpy(message + sizeof head + segments, h->data, h->n);
    *n = sizeof head + segments + h->n;
    return message;
}

int ordered_hand_on(struct ordered *o, void **message, size_t *n,
                    struct ff_error *err)
{
    struct handful *h = malloc(sizeof *h);
    if (h == NULL)
        return ordered_no_memory(err);
    h->n_segments = 0;
    h->n = 0;
    int rc = fill(o, h, err);
    if (rc == 0 && h->n_segments > 0) {
        *message = wrap(h, n);
        rc = *message != NULL ? 1 : ordered_no_memory(err);
    }
    free(h);
    return rc;
}

uint64_t ordered_left(const struct ordered *o, uint32_t output)
{
    uint64_t n = 0;
    for (size_t i = 0; i < o->ready[output].n; i++)
        n += o->ready[output].piece[i].held.n;
    return n;
}
