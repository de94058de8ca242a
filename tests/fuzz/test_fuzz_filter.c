/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of --filter that nobody would write: some right ones, changed at
 * random, the same changes each time. Whatever comes, it is refused with
 * words, or it says of each input that it passes, does not, or cannot be
 * computed. FANFOLD_TEST_LONG=1: many more.
 */
#include "filter.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MAX_BYTES 512
#define QUICK_CASES 100000
#define LONG_CASES 5000000

static const char *const seeds[] = {
    "{1} < {2}", "!({1} == 'a b' || {-1} != \"x\") && length({}) >= 3",
    "{1} =~ '^a+[0-9]*$' && {2} !~ \"b|c\"", "-{1} * 2 + {2} / 3 - 1e2 % 7",
    "((1 < .5) + (2 >= 1)) * {3} > 0", "1 || 0 && {2}", "- - !! 1"};
/* (No "{9999}" of a regular expression: the C library takes gigabytes for
 * some.) */
static const char *const tokens[] = {
    "{1}", "{2}", "{-1}", "{}", "{", "}", "(", ")", "!", "!~", "=~", "==", "=",
    "<", "<=", ">", "&&", "||", "&", "'", "\"", "+", "-", "*", "/", "%", "0",
    "1e9", "1e", ".", "length(", "'a'", "'('", "'[z-a]'", " ", "\n", "\xff",
    "0x1", "{0}", "{name}"};

static uint64_t state = 88172645463325252u; /* xorshift64, Marsaglia 2003 */

static size_t below(size_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % n);
}

/* Puts a token, or some bytes, in the place of some others. */
static size_t mutate(char *text, size_t n)
{
    const size_t at = below(n + 1), rest = n - at;
    const size_t gone = below(3) > 0 ? 0 : below(rest + 1 < 8 ? rest + 1 : 8);
    const char *with = tokens[below(COUNT(tokens))];
    char byte[2] = {(char)(1 + below(255)), '\0'};
    if (below(8) == 0)
        with = byte;
    const size_t k = strlen(with);
    if (n - gone + k >= MAX_BYTES)
        return n;
    memmove(text + at + k, text + at + gone, rest - gone);
    memcpy(text + at, with, k);
    return n - gone + k;
}

/* Of the heap, to the byte, so that a sanitizer sees what is beyond. */
static struct span value(void)
{
    static const char bytes[] = "0123456789.-+eExab \t\0";
    const size_t n = below(12);
    char *at = malloc(n > 0 ? n : 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    for (size_t i = 0; i < n; i++)
        at[i] = bytes[below(sizeof bytes - 1)];
    return (struct span){at, n};
}

static void free_span(struct span s)
{
    free((void *)(uintptr_t)s.at);
}

static int pass_once(struct filter *f, unsigned n_verdicts[3])
{
    struct span whole = value(), column[3] = {value(), value(), value()};
    struct item item = {.n_inputs = 1, .n_columns = (uint32_t)below(4),
                        .whole = &whole, .column = column};
    struct ff_error err = {.status = 0};
    const int rc = filter_passes(f, &item, &err);
    const bool sound = rc >= -1 && rc <= 1 && rc == filter_passes(f, &item, NULL)
                       && (rc < 0) == (err.status == FF_USAGE);
    if (sound)
        n_verdicts[rc + 1]++;
    free_span(whole);
    for (size_t i = 0; i < COUNT(column); i++)
        free_span(column[i]);
    return sound;
}

static void changed_at_random(void)
{
    const unsigned n = tap_long() ? LONG_CASES : QUICK_CASES;
    unsigned n_read = 0, n_wrong = 0, n_verdicts[3] = {0};
    char text[MAX_BYTES + 1];
    for (unsigned i = 0; i < n && n_wrong < 10; i++) {
        struct ff_error err = {.status = 0};
        const char *seed = seeds[below(COUNT(seeds))];
        size_t k = strlen(seed);
        memcpy(text, seed, k);
        for (size_t turns = below(6); turns > 0; turns--)
            k = mutate(text, k);
        text[k] = '\0';
        struct filter *f = filter_parse(text, NULL, &err);
        bool sound = f != NULL || (err.status == FF_USAGE && *err.text != '\0');
        n_read += f != NULL;
        for (int turn = 0; f != NULL && turn < 3; turn++)
            sound = pass_once(f, n_verdicts) && sound;
        filter_free(f);
        if (!sound) {
            n_wrong++;
            tap_note("%s", text);
        }
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
    CU_ASSERT(n_read > n / 20 && n_read < n * 19 / 20);
    CU_ASSERT(n_verdicts[0] > 0 && n_verdicts[1] > 0 && n_verdicts[2] > 0);
    tap_note("%u of %u were read; of inputs %u passed, %u did not, %u could "
             "not be computed", n_read, n, n_verdicts[2], n_verdicts[1],
             n_verdicts[0]);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"changed at random they do no harm", changed_at_random},
    };
    return TAP_RUN(tests);
}
