/* SPDX-License-Identifier: Apache-2.0 */
/* The index of the input, from both ends: the launcher makes it, a worker
 * finds lines by it. Each file is also split by a naive splitter, and the
 * lines must be the same. */
#include "input.h"
#include "lines.h"
#include "nodefile.h"
#include "tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/fanfold-test-input-XXXXXX";

static uint64_t state = 88172645463325252u;

/* Xorshift: G. Marsaglia, Xorshift RNGs, J. Stat. Software 8 (2003). */
static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static void write_file(const char *bytes, size_t n)
{
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, n, f), n);
    CU_ASSERT_EQUAL(fclose(f), 0);
}

static void open_lines(struct lines *lines, struct job_shm *job,
                       const struct input *input)
{
    struct ff_error err = {0};
    job->launcher = getpid();
    job->line_ends_with = (uint32_t)input->ends_with;
    job->input = (struct node_file){.fd = input->fd, .bytes = input->bytes};
    job->input_index = (struct node_file){.fd = input->index.fd,
                                          .bytes = input->index.bytes};
    CU_ASSERT_EQUAL(node_file_lines(lines, job, &err), 0);
}

/* The lines of the n bytes, against the splitter: all of them, or every 97th
 * of a large file. */
static void compare(const char *bytes, size_t n, int ends_with)
{
    static struct job_shm job;
    struct input input;
    struct lines lines;
    struct ff_error err = {0};
    uint64_t n_lines = 0, n_wrong = 0;
    write_file(bytes, n);
    CU_ASSERT_EQUAL_FATAL(input_open(&input, path, ends_with, &err), 0);
    open_lines(&lines, &job, &input);
    for (size_t begin = 0; begin < n; n_lines++) {
        if (n < 10000 || n_lines % 97 == 0)
            n_wrong += n_lines >= lines.n
                       || lines_find(&lines, n_lines) != lines.text + begin;
        const char *end = memchr(bytes + begin, ends_with, n - begin);
        begin = end != NULL ? (size_t)(end - bytes) + 1 : n;
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    CU_ASSERT_EQUAL(input.n_lines, n_lines);
    CU_ASSERT_EQUAL(lines.n, n_lines);
    CU_ASSERT_EQUAL(n == 0 || memcmp(lines.text, bytes, n) == 0, true);
    CU_ASSERT_FALSE(input_changed(&input, &err));
    input_release(&input);
}

static void small_files(void)
{
    static const char *const files[] = {
        "", "\n", "a", "a\n", "\na", "\n\n", "a\nb", "a\nb\n", "\n\n\n\n",
        "one\ntwo\n\nfour"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        compare(files[i], strlen(files[i]), '\n');
    compare("a\nb\0c\0", 6, 0);
    compare("\0\0", 2, 0);
}

/* Sizes around those of a block and of the launcher's buffer; from files of
 * line ends only to files with hardly any. */
static void random_files(void)
{
    static const size_t sizes[] = {1, 31, 32, 33, 4095, 4096, 4097, 8192,
                                   12345, 262143, 262144, 262145, 300000};
    static const unsigned rarity[] = {1, 2, 20, 5000, 100000};
    char *bytes = malloc(300000);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (size_t r = 0; r < sizeof rarity / sizeof rarity[0]; r++) {
            for (size_t i = 0; i < sizes[s]; i++) {
                const uint64_t x = next() >> 20;
                bytes[i] = x % rarity[r] == 0 ? '\n' : (char)(x >> 20 | 16);
            }
            compare(bytes, sizes[s], '\n');
            compare(bytes, sizes[s], 16);
        }
    free(bytes);
}

static void changes(void)
{
    struct input input;
    struct ff_error err = {0};
    write_file("1\n2\n3\n", 6);
    CU_ASSERT_EQUAL_FATAL(input_open(&input, path, '\n', &err), 0);
    CU_ASSERT_FALSE(input_changed(&input, &err));
    CU_ASSERT_EQUAL(truncate(path, 3), 0);
    CU_ASSERT_TRUE(input_changed(&input, &err));
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, path));
    input_release(&input);

    /* Of the same length, later. */
    const struct timespec old[2] = {{1000, 0}, {1000, 0}};
    write_file("1\n2\n3\n", 6);
    CU_ASSERT_EQUAL(utimensat(AT_FDCWD, path, old, 0), 0);
    CU_ASSERT_EQUAL_FATAL(input_open(&input, path, '\n', &err), 0);
    write_file("1\n2\n4\n", 6);
    CU_ASSERT_TRUE(input_changed(&input, &err));
    input_release(&input);
    CU_ASSERT_FALSE(input_changed(&input, &err));
}

static void refused(void)
{
    struct input input;
    struct ff_error err = {0};
    CU_ASSERT_EQUAL(input_open(&input, "/no/such/file", '\n', &err), -1);
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "'/no/such/file'"));
    CU_ASSERT_EQUAL(input_open(&input, "/", '\n', &err), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "is a directory"));
    CU_ASSERT_EQUAL(input.fd, -1);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"small files", small_files},
        {"random files", random_files},
        {"a file that changes is noticed", changes},
        {"what cannot be read is refused", refused},
    };
    const int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    const int rc = TAP_RUN(tests);
    unlink(path);
    return rc;
}
