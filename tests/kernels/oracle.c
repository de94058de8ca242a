/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of result, over values whose plain sum depends on the order; what
 * they must come to, by formulas: tests/faults/oracle.py. */
#include <fanfold.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

FF_ITEMS(100000)
FF_INT(spin, 0)       /* rounds of busy work an item */
FF_TEXT(attempts, "") /* file that gets a line "begin pid" a chunk */
FF_TEXT(gate, "")     /* until this file exists ... */
FF_INT(pace, 2)       /* ... each chunk takes so many milliseconds more */
FF_COUNT(items)
FF_SUM_INT(index_sum)
FF_SUM_INT(hash_sum)
FF_SUM(total)
FF_MIN(least)
FF_MAX(most)
FF_MIN_INT(least_hash)
FF_MAX_INT(most_hash)
FF_MEAN(mean)
FF_VARIANCE(variance)
FF_ARGMIN(least_at)
FF_ARGMAX(most_at)
FF_ARGMIN_INT(least_hash_at)
FF_ARGMAX_INT(most_hash_at)
FF_BIT_XOR(hash_xor)
FF_VECTOR_SUM(in_order, 1) /* rounds at each step, so the order tells */

/* The 64-bit finalizer of MurmurHash3, its high half. */
static uint32_t hash(uint64_t x)
{
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return (uint32_t)((x ^ x >> 33) >> 32);
}

/* 1 / (i + 1) with either sign and 2^-48 .. 2^48 times as large. */
static double term(uint64_t i, uint32_t h)
{
    double scale = (double)(UINT64_C(1) << h % 49);
    double x = 1.0 / ((double)i + 1);
    x = h & 1 << 30 ? x * scale : x / scale;
    return h & UINT32_C(1) << 31 ? -x : x;
}

static int note_attempt(uint64_t begin)
{
    char line[64];
    int n = snprintf(line, sizeof line, "%llu %ld\n", (unsigned long long)begin,
                     (long)getpid());
    int fd = open(attempts, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    int ok = fd >= 0 && write(fd, line, (size_t)n) == n;
    if (fd >= 0)
        close(fd);
    return ok ? 0 : -1;
}

/* A run of very many chunks thus lasts until a test opens the gate, however
 * fast the machine is, and no chunk looks like one that hangs. */
static void wait_at_gate(void)
{
    const struct timespec ms = {0, 1000000};
    for (int64_t i = 0; i < pace && access(gate, F_OK) != 0; i++)
        nanosleep(&ms, NULL);
}

static void fold(struct ff *ff, uint64_t i)
{
    uint32_t h = hash(i + 1);
    double x = term(i, h);
    ff_count(ff, items, 1);
    ff_sum_int(ff, index_sum, (int64_t)i);
    ff_sum_int(ff, hash_sum, h);
    ff_sum(ff, total, x);
    ff_min(ff, least, x);
    ff_max(ff, most, x);
    ff_min_int(ff, least_hash, h);
    ff_max_int(ff, most_hash, h);
    ff_mean(ff, mean, x);
    ff_variance(ff, variance, x);
    ff_argmin(ff, least_at, x, i);
    ff_argmax(ff, most_at, x, i);
    ff_argmin_int(ff, least_hash_at, h % 1000, i); /* with ties */
    ff_argmax_int(ff, most_hash_at, h % 1000, i);
    ff_bit_xor(ff, hash_xor, h);
    ff_vector_sum(ff, in_order, &x);
}

FF_KERNEL(ff, begin, end)
{
    if (*attempts && note_attempt(begin)) {
        ff_fail(ff, begin, "cannot append to '%s'", attempts);
        return;
    }
    if (*gate)
        wait_at_gate();
    for (uint64_t i = begin; i < end; i++) {
        for (volatile int64_t k = 0; k < spin;)
            k = k + 1;
        fold(ff, i);
    }
}
