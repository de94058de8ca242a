/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Record rings: how an executor publishes.
 *
 * One producer (the executor), one consumer (the launcher), in memory that
 * only these two map. A message is one or more frames; a frame is a header and
 * its payload, padded to eight bytes, and may wrap around the end. A frame is
 * there when `head` is released over it; a message is there when its last
 * frame is. The consumer trusts nothing: it keeps its own tail, copies first,
 * then checks lengths and the checksum. `tail` in the shared memory only tells
 * the producer what is free.
 *
 *   producer  [WRITE] payload and header, then release head
 *   consumer  [READ]  acquire head, copy, check, then release tail
 *
 * A death in the middle leaves frames without a last one: the next first frame
 * (or the end of the worker) discards them.
 */
#ifndef FANFOLD_COMMON_RING_H
#define FANFOLD_COMMON_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_BYTES 65536u     /* a power of two */
#define RING_MAX_PAYLOAD 8192u /* of a frame */
#define RING_MAX_MESSAGE (1u << 20)

struct ring {
    _Alignas(64) _Atomic uint64_t head; /* executor; bytes ever written */
    _Alignas(64) _Atomic uint64_t tail; /* launcher; bytes ever read */
    _Atomic uint32_t waiting; /* executor: 1 while it waits for room; then the
                                 launcher wakes the futex `turn` */
    _Atomic uint32_t turn;    /* launcher: goes up with every wake */
    _Alignas(64) unsigned char data[RING_BYTES];
};

enum { FRAME_FIRST = 1, FRAME_LAST = 2 };

/* Could n payload bytes, in as few frames as possible, be written at once? */
bool ring_has_room(const struct ring *ring, size_t n);

/* Writes one frame of n <= RING_MAX_PAYLOAD bytes: false when there is no
 * room for it now. */
bool ring_write(struct ring *ring, uint32_t flags, const void *payload,
                size_t n);

/* The consumer's side, in its own memory. */
struct ring_reader {
    struct ring *ring;
    uint64_t tail;
    unsigned char *message; /* RING_MAX_MESSAGE at most, grown as needed */
    size_t n, room;
    bool open; /* a first frame came, its last one did not */
};

void ring_reader_init(struct ring_reader *reader, struct ring *ring);
void ring_reader_release(struct ring_reader *reader);

/* The next whole message: 1 and reader->message, reader->n (valid until the
 * next call); 0 when there is none; -1 when the ring is damaged (EBADMSG) or
 * memory is short (ENOMEM). */
int ring_read(struct ring_reader *reader);

#endif
