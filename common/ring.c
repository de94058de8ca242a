/* SPDX-License-Identifier: Apache-2.0 */
/* Record rings: see ring.h for the protocol. */
#include "ring.h"
#include "hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct frame {
    uint32_t flags;
    uint32_t bytes; /* of the payload, without padding */
    uint64_t check; /* of the payload, keyed by position, flags and length */
};

static uint64_t frame_check(const struct frame *f, uint64_t at,
                            const void *payload)
{
    const uint64_t key = at * 0x9e3779b97f4a7c15u
                         ^ ((uint64_t)f->flags << 32 | f->bytes);
    return hash_seeded(payload, f->bytes, key);
}

static size_t frame_size(size_t payload)
{
    return sizeof(struct frame) + ((payload + 7) & ~(size_t)7);
}

static void copy_in(struct ring *ring, uint64_t at, const void *from, size_t n)
{
    const size_t i = at % RING_BYTES;
    const size_t part = n < RING_BYTES - i ? n : RING_BYTES - i;
    memcpy(ring->data + i, from, part);
    memcpy(ring->data, (const unsigned char *)from + part, n - part);
}

static void copy_out(const struct ring *ring, uint64_t at, void *to, size_t n)
{
    const size_t i = at % RING_BYTES;
    const size_t part = n < RING_BYTES - i ? n : RING_BYTES - i;
    memcpy(to, ring->data + i, part);
    memcpy((unsigned char *)to + part, ring->data, n - part);
}

static size_t room(const struct ring *ring)
{
    const uint64_t used =
        atomic_load_explicit(&ring->head, memory_order_relaxed)
        - atomic_load_explicit(&ring->tail, memory_order_acquire);
    return used > RING_BYTES ? 0 : RING_BYTES - (size_t)used;
}

bool ring_has_room(const struct ring *ring, size_t n)
{
    const size_t frames = n / RING_MAX_PAYLOAD + 1;
    return n + frames * (sizeof(struct frame) + 8) <= room(ring);
}

bool ring_write(struct ring *ring, uint32_t flags, const void *payload,
                size_t n)
{
    if (frame_size(n) > room(ring))
        return false;
    const uint64_t at = atomic_load_explicit(&ring->head, memory_order_relaxed);
    struct frame f = {flags, (uint32_t)n, 0};
    f.check = frame_check(&f, at, payload);
    copy_in(ring, at, &f, sizeof f);
    copy_in(ring, at + sizeof f, payload, n);
    atomic_store_explicit(&ring->head, at + frame_size(n),
                          memory_order_release);
    return true;
}

void ring_reader_init(struct ring_reader *reader, struct ring *ring)
{
    *reader = (struct ring_reader){.ring = ring};
}

void ring_reader_release(struct ring_reader *reader)
{
    free(reader->message);
    *reader = (struct ring_reader){0};
}

static int grow(struct ring_reader *reader, size_t n)
{
    if (n < RING_MAX_PAYLOAD)
        n = RING_MAX_PAYLOAD; /* never nothing: a message may be empty */
    if (n <= reader->room)
        return 0;
    unsigned char *more = realloc(reader->message, n);
    if (more == NULL)
        return -1;
    reader->message = more;
    reader->room = n;
    return 0;
}

static int damaged(void)
{
    errno = EBADMSG;
    return -1;
}

/* Reads the frame at the tail, of which `there` bytes are published, into the
 * message. Its flags, or -1. */
static int read_frame(struct ring_reader *reader, uint64_t there)
{
    struct frame f;
    if (there < sizeof f || there > RING_BYTES)
        return damaged();
    copy_out(reader->ring, reader->tail, &f, sizeof f);
    if (f.bytes > RING_MAX_PAYLOAD || frame_size(f.bytes) > there
        || f.flags > (FRAME_FIRST | FRAME_LAST))
        return damaged();
    if (f.flags & FRAME_FIRST)
        reader->n = 0;
    else if (!reader->open)
        return damaged();
    if (reader->n + f.bytes > RING_MAX_MESSAGE)
        return damaged();
    if (grow(reader, reader->n + f.bytes) != 0)
        return -1;
    unsigned char *payload = reader->message + reader->n;
    copy_out(reader->ring, reader->tail + sizeof f, payload, f.bytes);
    if (f.check != frame_check(&f, reader->tail, payload))
        return damaged();
    reader->n += f.bytes;
    reader->open = !(f.flags & FRAME_LAST);
    reader->tail += frame_size(f.bytes);
    atomic_store_explicit(&reader->ring->tail, reader->tail,
                          memory_order_release);
    return (int)f.flags;
}

int ring_read(struct ring_reader *reader)
{
    for (;;) {
        const uint64_t there =
            atomic_load_explicit(&reader->ring->head, memory_order_acquire)
            - reader->tail;
        if (there == 0) {
            /* A wild write may have told the producer that it is full. */
            if (atomic_load_explicit(&reader->ring->tail, memory_order_relaxed)
                != reader->tail)
                atomic_store_explicit(&reader->ring->tail, reader->tail,
                                      memory_order_release);
            return 0;
        }
        const int flags = read_frame(reader, there);
        if (flags < 0)
            return -1;
        if (flags & FRAME_LAST)
            return 1;
    }
}
