/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rings of executors whose memory user code has written to, and what the
 * launcher makes of the messages. The input is a program:
 *
 *   w FLAGS N BYTES   writes a frame as an executor does (N: two bytes)
 *   p AT BYTE         a wild write into the frames (AT: two bytes)
 *   h N, t N          into `head` or `tail` (N: eight bytes)
 *   r                 the launcher reads what is there
 *
 * Without wild writes the messages are those that were written. With them the
 * launcher reads a bounded number of bounded messages, or gives the ring up; a
 * byte of a frame that was changed between is never taken for a message (with
 * the odds of a checksum of 64 bits).
 */
#include "fuzz.h"
#include "ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What was written: whole messages, and the one that is open. */
struct written {
    unsigned char *at;
    size_t n, room;
    size_t end[4096]; /* of each message */
    size_t n_messages, n_read;
    size_t begin;     /* of the open one */
    bool open;
};

struct trial {
    struct ring *ring;
    struct ring_reader reader;
    struct written written;
    bool wild, given_up;
};

static void note_frame(struct written *w, uint32_t flags, const void *bytes,
                       size_t n)
{
    if (flags & FRAME_FIRST) {
        w->n = w->begin;
        w->open = true;
    }
    if (w->n + n > w->room) {
        w->room = 2 * (w->n + n) + 64;
        w->at = realloc(w->at, w->room);
        FUZZ_EXPECT(w->at != NULL);
    }
    if (n > 0)
        memcpy(w->at + w->n, bytes, n);
    w->n += n;
    if (flags & FRAME_LAST) {
        w->end[w->n_messages++] = w->n;
        w->begin = w->n;
        w->open = false;
    }
}

static uint64_t number(struct fuzz_input *in, size_t n)
{
    uint64_t x = 0;
    for (size_t i = 0; i < n; i++)
        x |= (uint64_t)fuzz_byte(in) << 8 * i;
    return x;
}

static void write_frame(struct trial *t, struct fuzz_input *in)
{
    struct written *w = &t->written;
    uint32_t flags = fuzz_byte(in) & 3;
    const size_t n = number(in, 2) % (RING_MAX_PAYLOAD + 1);
    const unsigned char fill = fuzz_byte(in);
    unsigned char *bytes = malloc(n + 1);
    FUZZ_EXPECT(bytes != NULL);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(fill + i * 7);
    if (!w->open) /* nor does an executor begin in the middle, */
        flags |= FRAME_FIRST;
    if (w->n_messages < 4000
        && w->n - w->begin + n <= RING_MAX_MESSAGE /* or go on for ever */
        && ring_write(t->ring, flags, bytes, n))
        note_frame(w, flags, bytes, n);
    free(bytes);
}

static void expect_message(struct trial *t)
{
    struct written *w = &t->written;
    FUZZ_EXPECT(t->reader.n <= RING_MAX_MESSAGE);
    /* Whatever it is, all of it is there to be read. */
    volatile unsigned char sum = 0;
    for (size_t i = 0; i < t->reader.n; i++)
        sum = (unsigned char)(sum + t->reader.message[i]);
    if (t->wild)
        return;
    FUZZ_EXPECT(w->n_read < w->n_messages);
    const size_t begin = w->n_read > 0 ? w->end[w->n_read - 1] : 0;
    const size_t n = w->end[w->n_read++] - begin;
    FUZZ_EXPECT(t->reader.n == n);
    FUZZ_EXPECT(n == 0 || memcmp(t->reader.message, w->at + begin, n) == 0);
}

static void read_all(struct trial *t)
{
    int rc = 0;
    /* A frame is 16 bytes at least. */
    for (size_t n = 0; !t->given_up && (rc = ring_read(&t->reader)) == 1; n++) {
        FUZZ_EXPECT(n <= RING_BYTES / 16);
        expect_message(t);
    }
    if (rc < 0) {
        FUZZ_EXPECT(errno == EBADMSG && t->wild);
        t->given_up = true;
    }
    FUZZ_EXPECT(t->wild || t->written.n_read == t->written.n_messages);
}

static void step(struct trial *t, struct fuzz_input *in)
{
    switch (fuzz_byte(in)) {
    case 'w':
        write_frame(t, in);
        break;
    case 'p': {
        const size_t at = number(in, 2) % RING_BYTES;
        t->ring->data[at] ^= fuzz_byte(in);
        t->wild = true;
        break;
    }
    case 'h':
        atomic_store(&t->ring->head, number(in, 8));
        t->wild = true;
        break;
    case 't':
        atomic_store(&t->ring->tail, number(in, 8));
        t->wild = true;
        break;
    case 'r':
        read_all(t);
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct trial t;
    struct fuzz_input in = {data, size};
    t = (struct trial){.ring = aligned_alloc(64, sizeof *t.ring)};
    FUZZ_EXPECT(t.ring != NULL);
    memset(t.ring, 0, sizeof *t.ring);
    ring_reader_init(&t.reader, t.ring);
    while (in.n > 0)
        step(&t, &in);
    read_all(&t);
    ring_reader_release(&t.reader);
    free(t.written.at);
    free(t.ring);
    return 0;
}
