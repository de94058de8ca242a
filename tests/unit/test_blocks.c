/* SPDX-License-Identifier: Apache-2.0 */
/* Where texts are cut. Examples of records are those of GNU parallel's tutorial
 * ("Record separators"); else the oracle asks each place of a text whether it
 * is one between two records. */
#include "blocks.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    const char *at;
    size_t n;
    size_t n_read;
};

static int read_text(void *context, void *to, size_t n, uint64_t at)
{
    struct text *text = context;
    if (at > text->n || n > text->n - at) {
        errno = EIO;
        return -1;
    }
    memcpy(to, text->at + at, n);
    text->n_read += n;
    return 0;
}

static struct blocks_rule rule_of(const char *recstart, const char *recend,
                                  uint64_t bytes, uint64_t n_records)
{
    struct blocks_rule rule;
    struct ff_error err = {0};
    CU_ASSERT_EQUAL_FATAL(blocks_rule_make(&rule, recstart, recend, bytes,
                                           n_records, &err), 0);
    return rule;
}

/* All blocks, the text coming in pieces of `step` bytes. */
static size_t cut(struct text *text, const struct blocks_rule *rule,
                  size_t step, uint64_t *end, size_t room)
{
    struct blocks b;
    size_t n = 0;
    int rc = 0;
    CU_ASSERT_EQUAL_FATAL(blocks_init(&b, rule, read_text, text), 0);
    for (size_t have = 0;; have = have + step < text->n ? have + step
                                                        : text->n) {
        const bool ended = have == text->n;
        while (n < room
               && (rc = blocks_next(&b, have, ended, &end[n])) > 0)
            n++;
        if (rc < 0 || ended || n == room)
            break;
    }
    CU_ASSERT_EQUAL(rc, 0);
    blocks_release(&b);
    return n;
}

static void check(const char *recstart, const char *recend,
                  uint64_t bytes, uint64_t n_records, const char *text,
                  size_t n_text, const char *const *want)
{
    const struct blocks_rule rule = rule_of(recstart, recend, bytes,
                                            n_records);
    for (size_t step = 1; step <= n_text + 1; step++) {
        struct text t = {text, n_text, 0};
        uint64_t end[100], at = 0;
        const size_t n = cut(&t, &rule, step, end, 100);
        size_t i = 0;
        for (; i < n && want[i] != NULL; at = end[i++]) {
            CU_ASSERT_EQUAL(end[i] - at, strlen(want[i]));
            CU_ASSERT_EQUAL(strncmp(text + at, want[i], strlen(want[i])), 0);
        }
        CU_ASSERT_EQUAL(i, n);
        CU_ASSERT_PTR_NULL(want[i]);
    }
}

#define WANT(...) (const char *const[]){__VA_ARGS__, NULL}
#define TUTORIAL "/foo, bar/, /baz, qux/,\n"

static void cuts_records(void)
{
    const size_t n = strlen(TUTORIAL);
    check(NULL, ", ", 1 << 20, 1, TUTORIAL, n,
          WANT("/foo, ", "bar/, ", "/baz, ", "qux/,\n"));
    check("/", NULL, 1 << 20, 1, TUTORIAL, n,
          WANT("/foo, bar", "/, ", "/baz, qux", "/,\n"));
    check("/", ", ", 1 << 20, 1, TUTORIAL, n,
          WANT("/foo, bar/, ", "/baz, qux/,\n"));
    check(NULL, NULL, 1 << 20, 2, "1\n2\n3\n4\n5\n", 10,
          WANT("1\n2\n", "3\n4\n", "5\n"));
    check(NULL, "\\n\\n", 1 << 20, 1, "a\nb\n\n\nc", 7,
          WANT("a\nb\n\n", "\nc"));
    check(NULL, NULL, 1 << 20, 1, "", 0, WANT(NULL));
    check(NULL, NULL, 1 << 20, 3, "last", 4, WANT("last"));
}

static void cuts_near_multiples(void)
{
    check(NULL, NULL, 4, 0, "1\n2\n3\n4\n5\n", 10,
          WANT("1\n2\n", "3\n4\n", "5\n"));
    check(NULL, NULL, 3, 0, "1\n2\n3\n4\n5\n", 10,
          WANT("1\n2\n", "3\n", "4\n5\n"));
    /* A record that is longer than a block stays whole. */
    check(NULL, NULL, 2, 0, "a\nlonglong\nb\n", 13,
          WANT("a\n", "longlong\n", "b\n"));
    check(NULL, "", 4, 0, "0123456789", 10, WANT("0123", "4567", "89"));
    check(NULL, "", 5, 0, "0123456789", 10, WANT("01234", "56789"));
    check(">", NULL, 3, 0, ">a\n>b\nb\n>c\n", 11,
          WANT(">a\n", ">b\nb\n", ">c\n"));
}

static void reads_escapes(void)
{
    const struct blocks_rule rule = rule_of("\\t\\x41\\q", "\\0\\n\\\\",
                                            1, 0);
    CU_ASSERT_EQUAL(rule.n_recend, 3);
    CU_ASSERT_EQUAL(rule.n_mark, 7);
    CU_ASSERT_EQUAL(memcmp(rule.mark, "\0\n\\\tA\\q", 7), 0);
    const struct blocks_rule zero = rule_of(NULL, "\\0", 1, 1);
    struct text t = {"a\0bc\0", 5, 0};
    uint64_t end[5];
    CU_ASSERT_EQUAL_FATAL(cut(&t, &zero, 5, end, 5), 2);
    CU_ASSERT_EQUAL(end[0], 2);
    CU_ASSERT_EQUAL(end[1], 5);
}

static void refuses_what_cannot_be(void)
{
    char long_mark[BLOCKS_MARK + 2];
    struct blocks_rule rule;
    struct ff_error err = {0};
    memset(long_mark, 'x', sizeof long_mark);
    long_mark[sizeof long_mark - 1] = '\0';
    CU_ASSERT_EQUAL(blocks_rule_make(&rule, NULL, long_mark, 1, 0, &err), -1);
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
    CU_ASSERT_EQUAL(blocks_rule_make(&rule, NULL, "", 1, 2, &err), -1);
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
}

/* ---- against each place ---------------------------------------------------- */

static uint64_t state = 88172645463325252u;

/* Xorshift: G. Marsaglia, Xorshift RNGs, J. Stat. Software 8 (2003). */
static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static bool is_between(const char *text, size_t n, size_t p,
                       const char *recstart, const char *recend)
{
    const size_t n_start = strlen(recstart), n_end = strlen(recend);
    return p >= n_end && p + n_start <= n
           && memcmp(text + p - n_end, recend, n_end) == 0
           && memcmp(text + p, recstart, n_start) == 0;
}

/* The k-th cut is the first place from k * bytes on. */
static size_t cut_slowly(const char *text, size_t n, const char *recstart,
                         const char *recend, uint64_t bytes, uint64_t *end)
{
    size_t n_blocks = 0;
    uint64_t last = 0;
    for (size_t k = 1; k * bytes <= n; k++) {
        size_t p = k * bytes;
        while (p <= n && !is_between(text, n, p, recstart, recend))
            p++;
        if (p <= n && p > last)
            end[n_blocks++] = last = p;
    }
    if (last < n)
        end[n_blocks++] = n;
    return n_blocks;
}

static void is_what_each_place_says(void)
{
    static const char *const mark[][2] = {
        {"", "\n"}, {"", "ab"}, {"ab", ""}, {"b", "a"}, {"", "aa"},
        {"aab", "ba"}};
    static char text[20000];
    static uint64_t end[20001], want[20001];
    for (int round = 0; round < 300; round++) {
        const char *const *m = mark[next() % 6];
        const size_t n = next() % sizeof text;
        const uint64_t bytes = 1 + next() % (round % 2 ? 50 : 9000);
        const uint64_t letters = 2 + next() % 40;
        for (size_t i = 0; i < n; i++)
            text[i] = next() % letters == 0 ? '\n'
                                            : (char)('a' + next() % 3);
        const struct blocks_rule rule = rule_of(m[0], m[1], bytes, 0);
        struct text t = {text, n, 0};
        const size_t n_blocks = cut(&t, &rule, 1 + next() % (n + 1), end,
                                    20001);
        CU_ASSERT_EQUAL_FATAL(n_blocks, cut_slowly(text, n, m[0], m[1], bytes,
                                                   want));
        CU_ASSERT_EQUAL(memcmp(end, want, n_blocks * sizeof end[0]), 0);
    }
}

/* Of a large file little is read: a window a cut. */
static void reads_around_multiples_only(void)
{
    enum { N = 8 << 20 };
    struct text t = {malloc(N), N, 0};
    static uint64_t end[100];
    CU_ASSERT_PTR_NOT_NULL_FATAL(t.at);
    char *text = (char *)(uintptr_t)t.at;
    memset(text, 'x', N);
    for (size_t i = 99; i < N; i += 100)
        text[i] = '\n';
    const struct blocks_rule rule = rule_of(NULL, NULL, 1 << 20, 0);
    CU_ASSERT_EQUAL(cut(&t, &rule, N, end, 100), 8);
    CU_ASSERT_EQUAL(end[0], (1 << 20) + 24); /* 100 * 10,486 */
    CU_ASSERT_EQUAL(end[7], N);
    CU_ASSERT(t.n_read <= 8 * 4096);
    free(text);
}

static void tells_that_it_cannot_read(void)
{
    struct text t = {"12", 2, 0}; /* and it is said to have more */
    const struct blocks_rule rule = rule_of(NULL, NULL, 1, 0);
    struct blocks b;
    uint64_t end;
    CU_ASSERT_EQUAL_FATAL(blocks_init(&b, &rule, read_text, &t), 0);
    CU_ASSERT_EQUAL(blocks_next(&b, 10, true, &end), -1);
    CU_ASSERT_EQUAL(errno, EIO);
    blocks_release(&b);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"cuts records as GNU parallel's tutorial does", cuts_records},
        {"cuts at the first record end from a multiple on",
         cuts_near_multiples},
        {"reads escapes in marks", reads_escapes},
        {"refuses marks that cannot be", refuses_what_cannot_be},
        {"cuts where each place of a random text says",
         is_what_each_place_says},
        {"reads a large file only around the cuts",
         reads_around_multiples_only},
        {"tells that it cannot read", tells_that_it_cannot_read},
    };
    return TAP_RUN(tests);
}
