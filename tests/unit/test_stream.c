/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs that grow, from both ends: what is written into a FIFO piece by piece
 * is read by the launcher, and a worker sees the lines, or the ends of blocks,
 * that are complete. The lines are those of a naive splitter. */
#include "nodefile.h"
#include "stream.h"
#include "tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char word[] = "true";
static char *const words[] = {word, NULL};
static char folder[] = "/tmp/fanfold-test-stream-XXXXXX";
static char path[sizeof folder + 8];
static struct job job;
static struct job_shm shm;
static struct stream stream;
static struct input input;
static struct node_input seen;
static struct ff_error err;
static int writer = -1;

/* Somebody holds the FIFO open for writing; the launcher opens it. */
static void begin(bool pipe, uint64_t max_args)
{
    job = (struct job){.arg_file = path,
                       .task = {.word = words, .n_words = 1, .pipe = pipe,
                                .max_args = max_args, .block_bytes = 1000}};
    input = INPUT_NONE;
    err.status = 0;
    CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
    const int both = open(path, O_RDWR | O_CLOEXEC);
    CU_ASSERT_EQUAL_FATAL(stream_open(&stream, &job, true, &input, &err), 0);
    CU_ASSERT_PTR_EQUAL_FATAL(input.stream, &stream);
    writer = open(path, O_WRONLY | O_CLOEXEC);
    close(both);
    shm = (struct job_shm){.launcher = getpid(), .line_ends_with = '\n'};
    shm.input = (struct node_file){.fd = input.fd, .bytes = input.bytes};
    shm.input_index = (struct node_file){.fd = input.index.fd};
    CU_ASSERT_EQUAL_FATAL(node_input_open(&seen, &shm, pipe, &err), 0);
}

static void end(void)
{
    close(writer);
    stream_release(&stream);
    input_release(&input);
    unlink(path);
}

/* Takes what there is, and shares it as supply.c does. */
static void take(void)
{
    int rc;
    while ((rc = stream_read(&stream, &err)) > 0)
        continue;
    CU_ASSERT_EQUAL_FATAL(rc, 0);
    atomic_store(&shm.input_grown, stream.bytes);
    atomic_store(&shm.index_grown, input.index.bytes);
    atomic_store(&shm.inputs_grown, stream.n_inputs);
    CU_ASSERT_EQUAL_FATAL(node_input_refresh(&seen, &shm, &err), 0);
}

/* In pieces that a pipe takes. */
static void put(const char *text, size_t n)
{
    for (size_t done = 0; done < n;) {
        const size_t part = n - done < 4096 ? n - done : 4096;
        CU_ASSERT_EQUAL_FATAL(write(writer, text + done, part),
                              (ssize_t)part);
        done += part;
        take();
    }
}

static bool line_is(uint64_t i, const char *text, size_t n)
{
    struct span line;
    return lines_get(&seen.items.lines, i, &line) == 0 && line.n == n
           && memcmp(line.at, text, n) == 0;
}

static void lines_come(void)
{
    begin(false, 0);
    take();
    CU_ASSERT_EQUAL(stream.n_inputs, 0);
    put("one", 3);
    CU_ASSERT_EQUAL(stream.n_inputs, 0);
    put("\ntwo\nth", 7);
    CU_ASSERT_EQUAL(seen.items.lines.n, 2);
    CU_ASSERT(line_is(0, "one", 3));
    CU_ASSERT(line_is(1, "two", 3));
    CU_ASSERT_EQUAL(stream_n_items(&stream, 2), 1);
    CU_ASSERT_FALSE(stream.ended);
    close(writer);
    take();
    CU_ASSERT_TRUE(stream.ended);
    CU_ASSERT_EQUAL(seen.items.lines.n, 3);
    CU_ASSERT(line_is(2, "th", 2));
    CU_ASSERT_EQUAL(stream_n_items(&stream, 2), 2);
    CU_ASSERT_EQUAL(stream_n_items(&stream, 0), 3);
    end();
}

static uint64_t state = 88172645463325252u;

/* Xorshift: G. Marsaglia, Xorshift RNGs, J. Stat. Software 8 (2003). */
static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* The lines of the n bytes that are complete, against a splitter. */
static uint64_t compare(const char *text, size_t n)
{
    uint64_t n_lines = 0;
    for (size_t at = 0; at < n;) {
        const char *newline = memchr(text + at, '\n', n - at);
        if (newline == NULL)
            break;
        const size_t length = (size_t)(newline - text) - at;
        if (n < 20000 || n_lines % 97 == 0 || n - at < 200)
            CU_ASSERT_FATAL(line_is(n_lines, text + at, length));
        n_lines++;
        at += length + 1;
    }
    return n_lines;
}

static void many_lines_come(void)
{
    enum { N = 3000000 };
    static const unsigned rarity[] = {1, 3, 30, 5000};
    char *text = malloc(N);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (size_t r = 0; r < 4; r++) {
        for (size_t i = 0; i < N; i++)
            text[i] = next() % rarity[r] == 0 ? '\n' : 'x';
        begin(false, 0);
        for (size_t at = 0; at < N;) {
            const size_t most = r < 2 ? 300000 : 9000;
            const size_t n = 1 + next() % most;
            const size_t part = n < N - at ? n : N - at;
            put(text + at, part);
            at += part;
            if (next() % 8 == 0 || at == N)
                CU_ASSERT_EQUAL(compare(text, at), seen.items.lines.n);
        }
        end();
    }
    free(text);
}

static void blocks_come(void)
{
    char text[10000];
    memset(text, 'x', sizeof text);
    for (size_t i = 99; i < sizeof text; i += 100)
        text[i] = '\n';
    begin(true, 0);
    put(text, 999);
    CU_ASSERT_EQUAL(stream.n_inputs, 0);
    put(text + 999, 1);
    CU_ASSERT_EQUAL(seen.items.n_blocks, 1);
    put(text + 1000, 7550);
    CU_ASSERT_EQUAL(seen.items.n_blocks, 8);
    for (uint64_t i = 0; i < 8; i++)
        CU_ASSERT_EQUAL(seen.items.block_end[i], 1000 * (i + 1));
    close(writer);
    take();
    CU_ASSERT_TRUE(stream.ended);
    CU_ASSERT_EQUAL(seen.items.n_blocks, 9);
    CU_ASSERT_EQUAL(seen.items.block_end[8], 8550);
    end();
}

/* What is settled gives its room back, and no more than that. */
static void forgets(void)
{
    enum { N = 20 << 20, LINE = 64 };
    struct stat before, after;
    char *text = malloc(N);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, 'x', N);
    for (size_t i = LINE - 1; i < N; i += LINE)
        text[i] = '\n';
    begin(false, 0);
    put(text, N);
    CU_ASSERT_EQUAL(fstat(input.fd, &before), 0);
    stream_forget(&stream, (12 << 20) / LINE);
    CU_ASSERT_EQUAL(fstat(input.fd, &after), 0);
    if (stream.forgotten == 0) {
        tap_skip("/tmp has no holes");
    } else {
        CU_ASSERT(after.st_blocks <= before.st_blocks - (11 << 11));
        CU_ASSERT(stream.forgotten <= 12 << 20);
        CU_ASSERT(line_is((12 << 20) / LINE, text, LINE - 1));
        CU_ASSERT(line_is(N / LINE - 1, text, LINE - 1));
    }
    CU_ASSERT_EQUAL(after.st_size, N);
    end();
    free(text);
}

/* A regular file is cut without being read first, and lines of one are not our
 * business. */
static void files(void)
{
    uint64_t last = 0;
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    for (int i = 0; i < 10000; i++)
        fprintf(f, "%06d\n", i);
    fclose(f);
    job = (struct job){.arg_file = path,
                       .task = {.word = words, .n_words = 1}};
    input = INPUT_NONE;
    CU_ASSERT_EQUAL(stream_open(&stream, &job, true, &input, &err), 0);
    CU_ASSERT_EQUAL(input.fd, -1);
    job.task.pipe = true;
    job.task.block_bytes = 10000;
    CU_ASSERT_EQUAL(stream_open(&stream, &job, true, &input, &err), 0);
    CU_ASSERT_PTR_EQUAL(input.stream, &stream);
    stream_release(&stream);
    input_release(&input);
    /* To its end, when that must be known. */
    CU_ASSERT_EQUAL(stream_open(&stream, &job, false, &input, &err), 0);
    CU_ASSERT_PTR_NULL(input.stream);
    CU_ASSERT_EQUAL(input.n_lines, 7);
    CU_ASSERT_EQUAL(input.index.bytes, 7 * sizeof last);
    memcpy(&last, (char *)input.index.at + 6 * sizeof last, sizeof last);
    CU_ASSERT_EQUAL(last, 70000);
    stream_release(&stream);
    input_release(&input);
    unlink(path);
}

static void refuses(void)
{
    job = (struct job){.arg_file = "/no/such/file",
                       .task = {.word = words, .n_words = 1}};
    CU_ASSERT_EQUAL(stream_open(&stream, &job, true, &input, &err), -1);
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
    job.arg_file = "/";
    CU_ASSERT_EQUAL(stream_open(&stream, &job, true, &input, &err), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "is a directory"));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"lines come one by one", lines_come},
        {"lines come in pieces of any size", many_lines_come},
        {"blocks come when their last record has", blocks_come},
        {"what is settled is not kept", forgets},
        {"a regular file has its blocks, too", files},
        {"refuses what cannot be read", refuses},
    };
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/input", folder);
    const int rc = TAP_RUN(tests);
    unlink(path);
    rmdir(folder);
    return rc;
}
