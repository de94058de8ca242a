/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim words and record rings, by one thread and by many. What must come out
 * is known without the code under test: chunks are counted one by one in an
 * array, messages are drawn again from the generator that made them.
 * Assertions are made by the main thread only; the others count faults.
 */
#include "claim.h"
#include "clock.h"
#include "ring.h"
#include "tap.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* xorshift64*, Vigna 2016. */
static uint64_t draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du;
}

static uint32_t below(uint64_t *state, uint32_t n)
{
    return (uint32_t)((draw(state) >> 32) * n >> 32);
}

/* ---- claim words, one thread --------------------------------------------- */

static uint64_t word_of(uint32_t lo, uint32_t hi)
{
    return claim_pack((struct range){lo, hi});
}

#define ASSERT_RANGE(r, low, high) \
    do { \
        const struct range range_ = (r); \
        CU_ASSERT_EQUAL(range_.lo, (low)); \
        CU_ASSERT_EQUAL(range_.hi, (high)); \
    } while (0)

static void takes_from_the_low_end(void)
{
    claim_word w = word_of(10, 15);
    struct range r = {7, 7};
    CU_ASSERT_TRUE(claim_take(&w, 2, &r));
    ASSERT_RANGE(r, 10, 12);
    ASSERT_RANGE(claim_peek(&w), 12, 15);
    CU_ASSERT_TRUE(claim_take(&w, 100, &r));
    ASSERT_RANGE(r, 12, 15);
    CU_ASSERT_FALSE(claim_take(&w, 1, &r));
    ASSERT_RANGE(r, 12, 15);
}

static void steals_the_upper_half(void)
{
    claim_word w = word_of(0, 5);
    struct range r;
    CU_ASSERT_TRUE(claim_steal(&w, &r));
    ASSERT_RANGE(r, 2, 5);
    CU_ASSERT_TRUE(claim_steal(&w, &r));
    ASSERT_RANGE(r, 1, 2);
    CU_ASSERT_TRUE(claim_steal(&w, &r));
    ASSERT_RANGE(r, 0, 1);
    CU_ASSERT_FALSE(claim_steal(&w, &r));
}

static void empties_a_word(void)
{
    claim_word w = word_of(3, UINT32_MAX);
    struct range r;
    CU_ASSERT_TRUE(claim_take_all(&w, &r));
    ASSERT_RANGE(r, 3, UINT32_MAX);
    CU_ASSERT_FALSE(claim_take_all(&w, &r));
    CU_ASSERT_FALSE(claim_steal(&w, &r));
}

static void puts_into_an_empty_word(void)
{
    claim_word w = 0;
    CU_ASSERT_TRUE(claim_put(&w, (struct range){4, 9}));
    ASSERT_RANGE(claim_peek(&w), 4, 9);
    /* Empty in another way: a thief left [7, 7), a wild write [9, 2). */
    w = word_of(7, 7);
    CU_ASSERT_TRUE(claim_put(&w, (struct range){0, 2}));
    ASSERT_RANGE(claim_peek(&w), 0, 2);
    w = word_of(9, 2);
    CU_ASSERT_TRUE(claim_put(&w, (struct range){1, 3}));
    ASSERT_RANGE(claim_peek(&w), 1, 3);
}

static void puts_chunks_back_in_front(void)
{
    claim_word w = word_of(0, 10);
    struct range r;
    CU_ASSERT_TRUE(claim_take(&w, 4, &r));
    CU_ASSERT_TRUE(claim_put(&w, (struct range){2, 4}));
    ASSERT_RANGE(claim_peek(&w), 2, 10);
}

static void refuses_a_gap(void)
{
    claim_word w = word_of(5, 8);
    CU_ASSERT_FALSE(claim_put(&w, (struct range){1, 4}));
    CU_ASSERT_FALSE(claim_put(&w, (struct range){8, 9}));
    CU_ASSERT_FALSE(claim_put(&w, (struct range){6, 7}));
    ASSERT_RANGE(claim_peek(&w), 5, 8);
}

static void works_at_the_last_chunks(void)
{
    claim_word w = word_of(UINT32_MAX - 3, UINT32_MAX);
    struct range r;
    CU_ASSERT_TRUE(claim_steal(&w, &r));
    ASSERT_RANGE(r, UINT32_MAX - 2, UINT32_MAX);
    CU_ASSERT_TRUE(claim_take(&w, UINT32_MAX, &r));
    ASSERT_RANGE(r, UINT32_MAX - 3, UINT32_MAX - 2);
    CU_ASSERT_TRUE(claim_put(&w, r));
    ASSERT_RANGE(claim_peek(&w), UINT32_MAX - 3, UINT32_MAX - 2);
}

/* ---- claim words, many threads ------------------------------------------- */

#define SECOND UINT64_C(1000000000)

enum { N_OWNERS = 4, N_POOL = 2 };

struct field {
    _Alignas(64) claim_word word[N_OWNERS + N_POOL];
    uint32_t n_chunks;
    _Atomic uint32_t n_seen;
    _Atomic uint32_t n_refused;
    _Atomic uint64_t n_operations;
    _Atomic uint8_t *seen; /* n_chunks; how often */
};

struct owner {
    struct field *field;
    uint32_t me;
    pthread_t thread;
};

static void see(struct field *f, struct range r)
{
    for (uint32_t c = r.lo; c < r.hi && c < f->n_chunks; c++)
        atomic_fetch_add_explicit(&f->seen[c], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&f->n_seen, r.hi - r.lo, memory_order_relaxed);
}

/* Chunks from elsewhere into my own word. */
static bool find(struct field *f, uint32_t me, uint64_t *random)
{
    const uint32_t v = below(random, N_OWNERS + N_POOL);
    struct range r;
    if (v == me)
        return false;
    if (v < N_OWNERS ? !claim_steal(&f->word[v], &r)
                     : !claim_take_all(&f->word[v], &r))
        return false;
    if (!claim_put(&f->word[me], r))
        atomic_fetch_add(&f->n_refused, 1);
    return true;
}

/* Takes up to eight chunks, sees some, gives the rest back. */
static bool take_some(struct field *f, uint32_t me, uint64_t *random)
{
    struct range r;
    if (!claim_take(&f->word[me], 1 + below(random, 8), &r))
        return false;
    const uint32_t n = 1 + below(random, r.hi - r.lo);
    see(f, (struct range){r.lo, r.lo + n});
    if (r.lo + n < r.hi
        && !claim_put(&f->word[me], (struct range){r.lo + n, r.hi}))
        atomic_fetch_add(&f->n_refused, 1);
    return true;
}

static void *own(void *arg)
{
    const struct owner *o = arg;
    struct field *f = o->field;
    uint64_t random = 88172645463325252u + o->me, n = 0;
    while (atomic_load_explicit(&f->n_seen, memory_order_relaxed)
           < f->n_chunks) {
        n++;
        if (!take_some(f, o->me, &random) && !find(f, o->me, &random)
            && n % 64 == 0)
            sched_yield();
    }
    atomic_fetch_add(&f->n_operations, n);
    return NULL;
}

/* The launcher: into pool words that it has seen empty. A little at a time, so
 * that all contend; but each time costs turns of the others, and on a loaded
 * machine they are long: after a while, all that is left. */
static void post_all(struct field *f, uint64_t *random)
{
    const uint64_t until_ns = clock_ns() + (tap_long() ? 60 : 3) * SECOND;
    uint32_t next = 0;
    while (next < f->n_chunks) {
        claim_word *w = &f->word[N_OWNERS + below(random, N_POOL)];
        const struct range now = claim_peek(w);
        if (now.lo < now.hi) {
            sched_yield();
            continue;
        }
        const uint32_t left = f->n_chunks - next;
        const uint32_t some = clock_ns() < until_ns ? 1 + below(random, 40)
                                                        : left;
        const uint32_t n = some < left ? some : left;
        if (!claim_put(w, (struct range){next, next + n}))
            atomic_fetch_add(&f->n_refused, 1);
        next += n;
    }
}

static void every_chunk_is_seen_once(void)
{
    static struct field f;
    struct owner owner[N_OWNERS];
    uint64_t random = 1;
    f.n_chunks = tap_long() ? 50000000 : 2000000;
    f.seen = calloc(f.n_chunks, sizeof f.seen[0]);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f.seen);
    for (uint32_t i = 0; i < N_OWNERS; i++) {
        owner[i] = (struct owner){.field = &f, .me = i};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&owner[i].thread, NULL, own,
                                             &owner[i]), 0);
    }
    post_all(&f, &random);
    for (uint32_t i = 0; i < N_OWNERS; i++)
        pthread_join(owner[i].thread, NULL);

    uint32_t wrong = 0;
    for (uint32_t c = 0; c < f.n_chunks; c++)
        wrong += f.seen[c] != 1;
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(f.n_seen, f.n_chunks);
    CU_ASSERT_EQUAL(f.n_refused, 0);
    for (uint32_t i = 0; i < N_OWNERS + N_POOL; i++) {
        const struct range r = claim_peek(&f.word[i]);
        CU_ASSERT_TRUE(r.lo >= r.hi);
    }
    tap_note("%u chunks, %llu rounds", f.n_chunks,
             (unsigned long long)f.n_operations);
    free(f.seen);
}

/* Who sees chunks gone from a word sees the taker's epoch, stored before. */
struct witness {
    _Alignas(64) claim_word word;
    _Alignas(64) _Atomic uint64_t epoch;
    uint32_t n;
};

static void *take_one_by_one(void *arg)
{
    struct witness *w = arg;
    struct range r;
    for (uint32_t c = 0; c < w->n; c++) {
        atomic_store_explicit(&w->epoch, c + 1, memory_order_relaxed);
        if (!claim_take(&w->word, 1, &r) || r.lo != c)
            break;
    }
    return NULL;
}

static void a_take_shows_the_epoch(void)
{
    static struct witness w;
    pthread_t thread;
    uint64_t stale = 0;
    struct range r;
    w.n = tap_long() ? 100000000 : 2000000;
    atomic_store(&w.word, word_of(0, w.n));
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, take_one_by_one, &w),
                          0);
    do {
        r = claim_peek(&w.word);
        stale += atomic_load_explicit(&w.epoch, memory_order_relaxed) < r.lo;
    } while (r.lo < w.n);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(stale, 0);
}

/* ---- rings, one thread --------------------------------------------------- */

#define FRAME_HEAD 16u /* bytes of a frame's header, see ring.c */

static struct ring ring;
static struct ring_reader reader;

static void ring_begin(uint64_t at)
{
    memset(&ring, 0, sizeof ring);
    atomic_store(&ring.head, at);
    atomic_store(&ring.tail, at);
    ring_reader_init(&reader, &ring);
    reader.tail = at;
}

static bool read_is(const void *expected, size_t n)
{
    return ring_read(&reader) == 1 && reader.n == n
           && memcmp(reader.message, expected, n) == 0;
}

static bool read_is_damaged(void)
{
    errno = 0;
    return ring_read(&reader) == -1 && errno == EBADMSG;
}

static bool write_last(const void *p, size_t n)
{
    return ring_write(&ring, FRAME_FIRST | FRAME_LAST, p, n);
}

static void messages_come_in_order(void)
{
    ring_begin(0);
    CU_ASSERT_EQUAL(ring_read(&reader), 0);
    CU_ASSERT_TRUE(write_last("one", 3));
    CU_ASSERT_TRUE(ring_write(&ring, FRAME_FIRST, "tw", 2));
    CU_ASSERT_TRUE(read_is("one", 3));
    CU_ASSERT_EQUAL(ring_read(&reader), 0);
    CU_ASSERT_TRUE(ring_write(&ring, 0, "", 0));
    CU_ASSERT_TRUE(ring_write(&ring, FRAME_LAST, "o 2", 3));
    CU_ASSERT_TRUE(read_is("two 2", 5));
    CU_ASSERT_EQUAL(ring_read(&reader), 0);
    CU_ASSERT_EQUAL(ring.tail, ring.head);
    ring_reader_release(&reader);
}

static void an_empty_message_is_one(void)
{
    ring_begin(0);
    CU_ASSERT_TRUE(write_last("", 0));
    CU_ASSERT_EQUAL(ring_read(&reader), 1);
    CU_ASSERT_EQUAL(reader.n, 0);
    CU_ASSERT_EQUAL(ring_read(&reader), 0);
    ring_reader_release(&reader);
}

static void an_unfinished_message_is_discarded(void)
{
    ring_begin(0);
    CU_ASSERT_TRUE(ring_write(&ring, FRAME_FIRST, "lost", 4));
    CU_ASSERT_TRUE(ring_write(&ring, 0, "lost", 4));
    CU_ASSERT_EQUAL(ring_read(&reader), 0);
    CU_ASSERT_TRUE(ring_write(&ring, 0, "lost", 4));
    CU_ASSERT_TRUE(ring_write(&ring, FRAME_FIRST, "ke", 2));
    CU_ASSERT_TRUE(ring_write(&ring, FRAME_LAST, "pt", 2));
    CU_ASSERT_TRUE(read_is("kept", 4));
    CU_ASSERT_EQUAL(ring_read(&reader), 0);
    ring_reader_release(&reader);
}

static void a_message_without_a_beginning_is_damage(void)
{
    ring_begin(0);
    CU_ASSERT_TRUE(ring_write(&ring, FRAME_LAST, "x", 1));
    CU_ASSERT_TRUE(read_is_damaged());
    CU_ASSERT_TRUE(read_is_damaged());
    ring_reader_release(&reader);
}

static void a_full_ring_refuses(void)
{
    static const unsigned char payload[RING_MAX_PAYLOAD];
    unsigned n = 0;
    ring_begin(12345 * 8);
    while (write_last(payload, RING_MAX_PAYLOAD))
        n++;
    CU_ASSERT_EQUAL(n, RING_BYTES / (RING_MAX_PAYLOAD + FRAME_HEAD));
    CU_ASSERT_TRUE(write_last(payload, RING_BYTES
        - n * (RING_MAX_PAYLOAD + FRAME_HEAD) - FRAME_HEAD));
    CU_ASSERT_FALSE(write_last(payload, 0));
    CU_ASSERT_FALSE(ring_has_room(&ring, 1));
    for (; n > 0; n--)
        CU_ASSERT_TRUE(read_is(payload, RING_MAX_PAYLOAD));
    CU_ASSERT_EQUAL(ring_read(&reader), 1);
    CU_ASSERT_EQUAL(ring_read(&reader), 0);
    ring_reader_release(&reader);
}

/* What ring_has_room promises can be written, whatever is in the ring. */
static void promised_room_is_there(void)
{
    static const unsigned char payload[RING_MAX_PAYLOAD];
    uint64_t random = 3;
    unsigned promised = 0, broken = 0;
    ring_begin(0);
    for (int i = 0; i < 20000; i++) {
        size_t n = 1 + below(&random, 40000);
        const bool promise = ring_has_room(&ring, n);
        bool written = true;
        promised += promise;
        for (uint32_t flags = FRAME_FIRST; promise && n > 0; flags = 0) {
            const size_t part = n < RING_MAX_PAYLOAD ? n : RING_MAX_PAYLOAD;
            n -= part;
            written = written && ring_write(&ring, flags | (n == 0
                                            ? FRAME_LAST : 0), payload, part);
        }
        broken += !written;
        if (below(&random, 2) == 0 && ring_read(&reader) < 0)
            broken++;
    }
    CU_ASSERT_EQUAL(broken, 0);
    CU_ASSERT_TRUE(promised > 1000);
    ring_reader_release(&reader);
}

/* Streams n bytes through in frames; the status of the last read. */
static int stream(size_t n)
{
    static const unsigned char payload[RING_MAX_PAYLOAD];
    int rc = 0;
    uint32_t flags = FRAME_FIRST;
    while (n > 0 && rc == 0) {
        const size_t part = n < RING_MAX_PAYLOAD ? n : RING_MAX_PAYLOAD;
        n -= part;
        if (!ring_write(&ring, n == 0 ? flags | FRAME_LAST : flags, payload,
                        part))
            return -2;
        rc = ring_read(&reader);
        flags = 0;
    }
    return rc;
}

static void a_message_has_a_largest_size(void)
{
    ring_begin(0);
    CU_ASSERT_EQUAL(stream(RING_MAX_MESSAGE), 1);
    CU_ASSERT_EQUAL(reader.n, RING_MAX_MESSAGE);
    errno = 0;
    CU_ASSERT_EQUAL(stream(RING_MAX_MESSAGE + 1), -1);
    CU_ASSERT_EQUAL(errno, EBADMSG);
    ring_reader_release(&reader);
}

/* ---- rings, damaged ------------------------------------------------------ */

enum { SAMPLE = 101 }; /* bytes of payload; 3 bytes of padding follow */

static unsigned char sample[2 * SAMPLE];

/* A message of two frames, each with its payload of SAMPLE bytes, at a place
 * where the second one wraps around. Returns where the frames are. */
static uint64_t sample_begin(void)
{
    const uint64_t at = 5 * (uint64_t)RING_BYTES - 200;
    uint64_t random = 4;
    ring_begin(at);
    for (size_t i = 0; i < sizeof sample; i++)
        sample[i] = (unsigned char)draw(&random);
    CU_ASSERT_TRUE(ring_write(&ring, FRAME_FIRST, sample, SAMPLE));
    CU_ASSERT_TRUE(ring_write(&ring, FRAME_LAST, sample + SAMPLE, SAMPLE));
    return at;
}

static void sample_again(uint64_t at)
{
    ring_reader_release(&reader);
    ring_reader_init(&reader, &ring);
    reader.tail = at;
}

static void every_flipped_bit_is_found(void)
{
    const uint64_t at = sample_begin();
    const size_t frame = FRAME_HEAD + SAMPLE + 3;
    unsigned wrong = 0;
    CU_ASSERT_EQUAL_FATAL(ring.head - at, 2 * frame);
    CU_ASSERT_TRUE(read_is(sample, sizeof sample));
    for (size_t bit = 0; bit < 2 * frame * 8; bit++) {
        const size_t byte = bit / 8;
        unsigned char *p = &ring.data[(at + byte) % RING_BYTES];
        const unsigned char flip = (unsigned char)(1u << bit % 8);
        const bool padding = byte % frame >= FRAME_HEAD + SAMPLE;
        sample_again(at);
        *p ^= flip;
        const bool right = padding ? read_is(sample, sizeof sample)
                                   : read_is_damaged();
        *p ^= flip;
        wrong += !right;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    sample_again(at);
    CU_ASSERT_TRUE(read_is(sample, sizeof sample));
    ring_reader_release(&reader);
}

/* Wherever head is moved to, no message comes that was not written. */
static void a_wrong_head_is_found(void)
{
    const uint64_t at = sample_begin(), end = ring.head;
    unsigned wrong = 0;
    for (uint64_t head = at - 2000; head < at + RING_BYTES + 2000; head++) {
        sample_again(at);
        atomic_store(&ring.head, head);
        const int first = ring_read(&reader);
        if (head == at || head == at + (end - at) / 2)
            wrong += first != 0;
        else if (head < end || head > at + RING_BYTES)
            wrong += first != -1;
        else
            wrong += first != 1 || reader.n != sizeof sample
                     || memcmp(reader.message, sample, sizeof sample) != 0
                     || (head != end && !read_is_damaged());
    }
    CU_ASSERT_EQUAL(wrong, 0);
    for (int bit = 17; bit < 64; bit++) {
        sample_again(at);
        atomic_store(&ring.head, end ^ (uint64_t)1 << bit);
        CU_ASSERT_TRUE(read_is_damaged());
    }
    ring_reader_release(&reader);
}

/* Frames of the lap before look right but for their place. */
static void an_old_lap_is_not_read_again(void)
{
    unsigned char payload[RING_BYTES / 64 - FRAME_HEAD] = {1, 2, 3};
    ring_begin(0);
    for (int i = 0; i < 64; i++) {
        CU_ASSERT_TRUE(write_last(payload, sizeof payload));
        CU_ASSERT_TRUE(read_is(payload, sizeof payload));
    }
    atomic_fetch_add(&ring.head, RING_BYTES / 64);
    CU_ASSERT_TRUE(read_is_damaged());
    ring_reader_release(&reader);
}

static void noise_is_never_a_message(void)
{
    uint64_t random = 5;
    unsigned wrong = 0;
    const int n = tap_long() ? 200000 : 5000;
    ring_begin(0);
    for (size_t i = 0; i < RING_BYTES; i++)
        ring.data[i] = (unsigned char)draw(&random);
    for (int i = 0; i < n; i++) {
        /* Plausible flags and length, so that the checksum has to find it. */
        const uint64_t at = (uint64_t)below(&random, RING_BYTES / 8) * 8;
        const uint32_t head[2] = {1 + 2 * below(&random, 2),
                                  below(&random, RING_MAX_PAYLOAD + 1)};
        sample_again(at);
        memcpy(&ring.data[at], head, sizeof head);
        atomic_store(&ring.head, at + RING_BYTES);
        wrong += !read_is_damaged();
    }
    CU_ASSERT_EQUAL(wrong, 0);
    ring_reader_release(&reader);
}

/* ---- rings, two threads -------------------------------------------------- */

enum { MESSAGE_MAX = 200000 };

struct traffic {
    struct ring ring;
    _Atomic uint32_t n_messages; /* lowered by the writer, see is_last */
    uint64_t until_ns;
};

/* Message number i: its size, whether its writer gives it up in the middle,
 * and its bytes. */
struct draft {
    uint64_t random;
    uint32_t n;
    bool given_up;
};

static struct draft draft_of(uint32_t i)
{
    struct draft d = {.random = 0x9e3779b97f4a7c15u * (i + 1)};
    const uint32_t kind = below(&d.random, 8);
    d.n = kind == 0 ? below(&d.random, 10)
          : kind < 4 ? below(&d.random, 3000)
          : below(&d.random, MESSAGE_MAX + 1);
    d.given_up = i % 7 == 3; /* not the last one, for which we wait */
    return d;
}

static void fill(const struct draft *d, unsigned char *p)
{
    uint64_t random = d->random;
    for (uint32_t i = 0; i < d->n; i += 8) {
        const uint64_t x = draw(&random);
        memcpy(p + i, &x, d->n - i < 8 ? d->n - i : 8);
    }
}

/* On a loaded machine each full ring costs long turns of others: after a while
 * this message is the last. Its reader sees that when it has read it. */
static bool is_last(struct traffic *t, uint32_t i, bool given_up)
{
    if (given_up || clock_ns() < t->until_ns)
        return false;
    atomic_store(&t->n_messages, i + 1);
    return true;
}

static void *produce(void *arg)
{
    struct traffic *t = arg;
    unsigned char *const message = malloc(MESSAGE_MAX);
    uint64_t random = 6;
    bool last = message == NULL;
    for (uint32_t i = 0; i < t->n_messages && !last; i++) {
        const struct draft d = draft_of(i);
        const unsigned char *p = message;
        uint32_t flags = FRAME_FIRST, left = d.n;
        last = is_last(t, i, d.given_up);
        fill(&d, message);
        do {
            const uint32_t some = 1 + below(&random, RING_MAX_PAYLOAD);
            const uint32_t part = left < some ? left : some;
            if (d.given_up && left <= d.n / 2)
                break;
            left -= part;
            if (left == 0 && !d.given_up)
                flags |= FRAME_LAST;
            while (!ring_write(&t->ring, flags, p, part))
                sched_yield();
            p += part;
            flags = 0;
        } while (left > 0);
    }
    free(message);
    return NULL;
}

/* Reads all messages that were not given up; how many were wrong. */
static unsigned consume(struct traffic *t, uint64_t *bytes)
{
    static unsigned char expected[MESSAGE_MAX];
    struct ring_reader r;
    unsigned wrong = 0;
    ring_reader_init(&r, &t->ring);
    for (uint32_t i = 0; i < t->n_messages; i++) {
        const struct draft d = draft_of(i);
        int rc;
        if (d.given_up)
            continue;
        while ((rc = ring_read(&r)) == 0)
            sched_yield();
        if (rc < 0) {
            wrong++;
            break;
        }
        fill(&d, expected);
        wrong += r.n != d.n || memcmp(r.message, expected, d.n) != 0;
        *bytes += r.n;
    }
    ring_reader_release(&r);
    return wrong;
}

static void messages_cross_threads(void)
{
    static struct traffic t;
    pthread_t thread;
    uint64_t bytes = 0;
    t.n_messages = tap_long() ? 50000 : 2000;
    t.until_ns = clock_ns() + (tap_long() ? 60 : 3) * SECOND;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, produce, &t), 0);
    const unsigned wrong = consume(&t, &bytes);
    CU_ASSERT_EQUAL(wrong, 0);
    if (wrong != 0)
        return; /* the producer may wait for room for ever */
    pthread_join(thread, NULL);
    tap_note("%u messages, %llu bytes", (unsigned)t.n_messages,
             (unsigned long long)bytes);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"claim_take takes from the low end", takes_from_the_low_end},
        {"claim_steal takes the upper half", steals_the_upper_half},
        {"claim_take_all empties a word", empties_a_word},
        {"claim_put fills an empty word", puts_into_an_empty_word},
        {"claim_put gives chunks back", puts_chunks_back_in_front},
        {"claim_put refuses a gap", refuses_a_gap},
        {"claim words reach the last chunks", works_at_the_last_chunks},
        {"threads see every chunk once", every_chunk_is_seen_once},
        {"a take shows the epoch", a_take_shows_the_epoch},
        {"messages come in order", messages_come_in_order},
        {"an empty message is a message", an_empty_message_is_one},
        {"an unfinished message is discarded",
         an_unfinished_message_is_discarded},
        {"a message without a beginning is damage",
         a_message_without_a_beginning_is_damage},
        {"a full ring refuses", a_full_ring_refuses},
        {"promised room is there", promised_room_is_there},
        {"a message has a largest size", a_message_has_a_largest_size},
        {"every flipped bit is found", every_flipped_bit_is_found},
        {"a wrong head is found", a_wrong_head_is_found},
        {"an old lap is not read again", an_old_lap_is_not_read_again},
        {"noise is never a message", noise_is_never_a_message},
        {"messages cross threads", messages_cross_threads},
    };
    return TAP_RUN(tests);
}
