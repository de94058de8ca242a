/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What counts and waits, in the store: see ordered.h.
 *
 * The number of a row is the turn of its piece. A piece whose bytes have changed
 * has another turn, so a row is right as long as its number is one of a piece; and
 * since the rest of a piece has a higher one than what left its front, and a lower
 * one than whatever came after it, the order of numbers is that of bytes.
 *
 * A piece that comes and is written between two batches is never looked at; nor is
 * one that has its row already, but for those that stand behind a new one.
 */
#include "ordered.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- to rows ------------------------------------------------------------- */

/* So that none of the rows, and n more, can fail to become one of `gone`. */
static int reserve_gone(struct ordered *o, size_t n)
{
    const size_t need = o->n_gone + o->n_rows + n;
    if (need <= o->gone_room)
        return 0;
    size_t room = o->gone_room > 0 ? o->gone_room : 64;
    while (room < need)
        room *= 2;
    int64_t *more = realloc(o->gone, room * sizeof *more);
    if (more == NULL)
        return -1;
    o->gone = more;
    o->gone_room = room;
    return 0;
}

static int put(struct ordered *o, struct piece *piece,
               struct store_batch *batch, struct ff_error *err)
{
    struct store_value v[PIECE_N];
    if (reserve_gone(o, 1) != 0)
        return ordered_no_memory(err);
    const char *data = hold_bytes_alone(&o->hold, piece->held, err);
    if (data == NULL)
        return -1;
    v[PIECE_NUMBER] = store_int((int64_t)piece->turn);
    v[PIECE_OUTPUT] = store_int(piece->output);
    v[PIECE_LO] = store_int(piece->lo);
    v[PIECE_HI] = store_int(piece->hi);
    v[PIECE_BYTES] = store_blob(data, piece->held.n);
    store_batch_put(batch, STORE_PIECES, v);
    piece->has_row = true;
    o->n_rows++;
    o->without_row[piece->output]--;
    return 0;
}

/* What is new stands most often at the end of a heap. */
static int put_output(struct ordered *o, uint32_t output,
                      struct store_batch *batch, struct ff_error *err)
{
    struct pieces *ready = &o->ready[output];
    for (size_t i = ready->n; i-- > 0 && o->without_row[output] > 0;)
        if (!ready->piece[i].has_row
            && put(o, &ready->piece[i], batch, err) != 0)
            return -1;
    return 0;
}

uint64_t ordered_unsaved(const struct ordered *o)
{
    uint64_t n = 0;
    for (uint32_t output = 0; output < o->n_outputs; output++) {
        const struct pieces *ready = &o->ready[output];
        size_t left = o->without_row[output];
        for (size_t i = ready->n; i-- > 0 && left > 0;)
            if (!ready->piece[i].has_row) {
                n += ready->piece[i].held.n;
                left--;
            }
    }
    return n;
}

int ordered_save(struct ordered *o, struct store_batch *batch,
                 struct ff_error *err)
{
    for (size_t i = 0; i < o->n_gone; i++) {
        const struct store_value number = store_int(o->gone[i]);
        store_batch_remove(batch, STORE_PIECES, &number);
    }
    o->n_gone = 0;
    for (uint32_t i = 0; i < o->n_outputs; i++)
        if (put_output(o, i, batch, err) != 0)
            return -1;
    return 0;
}

/* ---- and back ------------------------------------------------------------ */

struct loading {
    struct ordered *o;
    struct store *kept;
    uint64_t before; /* the turn of the next piece with a number below 0 */
};

static int damaged(const struct loading *l, int64_t number,
                   struct ff_error *err)
{
    return ff_error_set(err, FF_DAMAGED, "'%s' is damaged: piece %" PRId64
                        " of the output cannot be", store_path(l->kept),
                        number);
}

static bool is_row(const struct ordered *o, const struct store_value *v)
{
    const int64_t number = v[PIECE_NUMBER].i;
    return v[PIECE_OUTPUT].i >= 0 && v[PIECE_OUTPUT].i < o->n_outputs
           && v[PIECE_LO].i >= 0 && v[PIECE_LO].i < v[PIECE_HI].i
           && v[PIECE_HI].i <= o->n_chunks && v[PIECE_BYTES].n > 0
           && v[PIECE_BYTES].n <= ORDERED_TURN
           && number < INT64_MAX / 2;
}

/* As many pieces as blocks have room for; just one, and it is the row's. */
static int load_bytes(struct loading *l, struct piece piece, bool is_whole,
                      const struct store_value *bytes, struct ff_error *err)
{
    struct ordered *o = l->o;
    const char *data = bytes->bytes;
    for (size_t left = bytes->n; left > 0;) {
        if (pieces_reserve(&o->ready[piece.output], 1) != 0)
            return ordered_no_memory(err);
        if (hold_append(&o->hold, &o->open[piece.output], data, left,
                        &piece.held, err)
            != 0)
            return -1;
        piece.has_row = is_whole && piece.held.n == bytes->n;
        ordered_add(o, piece);
        if (piece.has_row)
            o->n_rows++;
        piece.turn += piece.held.n;
        data += piece.held.n;
        left -= piece.held.n;
    }
    return 0;
}

static int load_row(void *context, const struct store_value *v,
                    struct ff_error *err)
{
    struct loading *l = context;
    struct ordered *o = l->o;
    const int64_t number = v[PIECE_NUMBER].i;
    if (!is_row(o, v))
        return damaged(l, number, err);
    struct piece piece = {.lo = (uint32_t)v[PIECE_LO].i,
                          .hi = (uint32_t)v[PIECE_HI].i,
                          .output = (uint32_t)v[PIECE_OUTPUT].i,
                          .turn = (uint64_t)number};
    if (reserve_gone(o, 1) != 0)
        return ordered_no_memory(err);
    if (number < 0) {
        piece.turn = l->before;
        l->before += ORDERED_TURN;
    }
    const size_t n_rows = o->n_rows;
    if (load_bytes(l, piece, number >= 0, &v[PIECE_BYTES], err) != 0)
        return -1;
    if (o->n_rows == n_rows)
        o->gone[o->n_gone++] = number;
    if (number >= (int64_t)(o->turn - ORDERED_TURN))
        o->turn = (uint64_t)number + 2 * ORDERED_TURN;
    return 0;
}

static int note_first(void *context, const struct store_value *v,
                      struct ff_error *err)
{
    struct ordered *o = context;
    (void)err;
    if ((uint64_t)v[PIECE_NUMBER].i < o->first_turn)
        o->first_turn = (uint64_t)v[PIECE_NUMBER].i;
    return 1;
}

/* Numbers below 0 are of what stood in front of all others of its chunk. */
int ordered_load(struct ordered *o, struct store *kept, struct ff_error *err)
{
    struct loading l = {.o = o, .kept = kept};
    const int64_t n = store_count(kept, STORE_PIECES, "number < 0", NULL, 0,
                                  err);
    if (n < 0
        || store_each(kept, STORE_PIECES, "number >= 0", NULL, 0, note_first,
                      o, err) < 0)
        return -1;
    if ((uint64_t)n >= o->first_turn / ORDERED_TURN)
        return damaged(&l, (int64_t)o->first_turn, err);
    o->first_turn -= (uint64_t)n * ORDERED_TURN;
    l.before = o->first_turn;
    return store_each(kept, STORE_PIECES, NULL, NULL, 0, load_row, &l, err);
}
