/* SPDX-License-Identifier: Apache-2.0 */
/* Two outputs and three arrays, with bytes that a test can work out by itself:
 * item i emits i * i % 97 bytes (i * 31 + k * 7) & 255 into `bytes`, and i, as
 * eight bytes, into `numbers`; its rows are {i + 0.5, -i}, {3 i}, {i & 255}. */
#include <fanfold.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

FF_ITEMS(20000)
FF_INT(big, -1)       /* this item emits much before its own bytes: ... */
FF_INT(much, 0)       /* ... so many bytes 'x' */
FF_INT(crash, -1)     /* this item crashes after it has emitted */
FF_INT(fails, -1)     /* this one fails then */
FF_INT(slow, -1)      /* this one waits for the gate */
FF_TEXT(attempts, "") /* file that gets a line "begin pid" a chunk */
FF_TEXT(gate, "")     /* until this file exists ... */
FF_INT(pace, 2)       /* ... each chunk takes so many milliseconds more */
FF_OUTPUT(bytes)
FF_OUTPUT(numbers, "the items")
FF_ARRAY_F64(pairs, 2)
FF_ARRAY_I32(triples, 1)
FF_ARRAY_U8(low, 1, "the low byte")
FF_COUNT(items)

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

static void wait_at_gate(int64_t turns)
{
    const struct timespec ms = {0, 1000000};
    for (int64_t i = 0; i < turns && access(gate, F_OK) != 0; i++)
        nanosleep(&ms, NULL);
}

static void emit_much(struct ff *ff)
{
    char block[1000];
    memset(block, 'x', sizeof block);
    for (int64_t left = much; left > 0; left -= 1000)
        ff_emit(ff, bytes, block,
                left < 1000 ? (size_t)left : sizeof block);
}

static void emit_item(struct ff *ff, uint64_t i)
{
    unsigned char own[97];
    const size_t n = i * i % 97;
    for (size_t k = 0; k < n; k++)
        own[k] = (unsigned char)(i * 31 + k * 7);
    ff_emit(ff, bytes, own, n);
    ff_emit(ff, numbers, &i, sizeof i);
    double *pair = ff_array_f64(ff, pairs, i);
    pair[0] = (double)i + 0.5;
    pair[1] = -(double)i;
    *ff_array_i32(ff, triples, i) = (int32_t)(3 * i);
    *ff_array_u8(ff, low, i) = (uint8_t)i;
}

FF_KERNEL(ff, begin, end)
{
    if (*attempts && note_attempt(begin)) {
        ff_fail(ff, begin, "cannot append to '%s'", attempts);
        return;
    }
    if (*gate)
        wait_at_gate(pace);
    for (uint64_t i = begin; i < end; i++) {
        if ((int64_t)i == big)
            emit_much(ff);
        emit_item(ff, i);
        if ((int64_t)i == slow)
            wait_at_gate(INT64_MAX);
        if ((int64_t)i == crash)
            abort();
        if ((int64_t)i == fails) {
            ff_fail(ff, i, "as asked");
            return;
        }
        ff_count(ff, items, 1);
    }
}
