/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers out of what commands print. The expected ones were written by hand:
 * they are what a reader of the text, who knows the rules of extract.h and
 * printed.h, finds there.
 */
#include "extract.h"
#include "printed.h"
#include "tap.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE -4711.5  /* no such place */
#define OTHER -4712.5 /* no number there */

struct sample {
    const char *field, *text;
    double value;
};

static struct extract *make(const char *field)
{
    struct ff_error err = {0};
    struct extract *x = extract_new(&field, 1, &err);
    if (x == NULL)
        tap_note("%s: %s", field, err.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(x);
    return x;
}

static double value_of(const struct extract *x, size_t i)
{
    double value;
    switch (extract_value(x, i, &value)) {
    case EXTRACT_NUMBER:
        return value;
    case EXTRACT_OTHER:
        return OTHER;
    default:
        return NONE;
    }
}

static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static const struct row no_row;

/* In pieces: all, then of so many bytes. */
static double read_text(struct extract *x, const char *text, size_t n,
                        size_t first, size_t piece)
{
    extract_begin(x);
    for (size_t i = 0, m = first; i < n; i += m, m = piece) {
        /* (In memory of its own, so that nothing behind it is read.) */
        m = m < n - i ? m : n - i;
        char *copy = malloc(m);
        memcpy(copy, text + i, m);
        extract_feed(x, copy, m);
        free(copy);
    }
    extract_end(x, &no_row);
    return value_of(x, 0);
}

/* However the text is cut into two, and byte by byte. */
static void check(const struct sample *s)
{
    struct extract *x = make(s->field);
    const size_t n = strlen(s->text);
    for (size_t cut = 0; cut <= n + 1; cut++) {
        const bool bytes = cut > n;
        const double got = read_text(x, s->text, n, bytes ? 1 : cut,
                                     bytes ? 1 : n);
        if (same(got, s->value))
            continue;
        tap_note("'%s' of '%s': %.17g, not %.17g", s->field, s->text, got,
                 s->value);
        CU_FAIL("a number");
        break;
    }
    extract_free(x);
}

#define CHECK(samples)                                                        \
    do {                                                                      \
        for (size_t i_ = 0; i_ < sizeof samples / sizeof samples[0]; i_++)    \
            check(&samples[i_]);                                              \
    } while (0)

/* ---- the last number ----------------------------------------------------- */

static void last_numbers(void)
{
    static const struct sample samples[] = {
        {"", "", NONE}, {"", "\n", NONE}, {"", "no number\n", NONE},
        {"", "42", 42}, {"", "42\n", 42}, {"", "1 2 3\n", 3},
        {"", "1\n2\nend\n\n", 2}, {"", "pi is 3.25.\n", 3.25},
        {"", "a=1, b=-2.5e-3;", -2.5e-3}, {"", "x:+7", 7},
        {"", ".5", 0.5}, {"", "5.", 5}, {"", "-.5", -0.5}, {"", ".", NONE},
        {"", "1e5", 1e5}, {"", "1E+05", 1e5}, {"", "1e", 1}, {"", "1e+", 1},
        {"", "e5", NONE}, {"", "-0\n", -0.0}, {"", "007", 7},
        {"", "took 12ms\n", 12}, {"", "50%", 50}, {"", "$3", 3},
        {"", "(4)", 4}, {"", "[1,2]", 2}, {"", "{\"a\": 6}", 6},
        {"", "\"8\"", 8}, {"", "1\r\n", 1}, {"", "1/3", 3},
        /* Words. */
        {"", "x86", NONE}, {"", "x86_64", NONE}, {"", "3f9a2b", NONE},
        {"", "0x1F", NONE}, {"", "0xff", NONE}, {"", "1.2.3", NONE},
        {"", "192.168.0.1", NONE}, {"", "0m0.003s", NONE},
        {"", "1_000", NONE}, {"", "v1.2", NONE}, {"", "a.5", NONE},
        {"", "9 x86", 9}, {"", "2nd", 2},
        /* Signs. */
        {"", "10-20", 20}, {"", "10 -20", -20}, {"", "utf-8", 8},
        {"", "2024-01-15", 15}, {"", "1--5", -5}, {"", "3+4", 4},
        {"", "--", NONE}, {"", "-", NONE}, {"", "5-", 5}, {"", "x=-5", -5},
        /* Not finite. */
        {"", "nan", NAN}, {"", "1 NaN", NAN}, {"", "-nan\n", NAN},
        {"", "inf", INFINITY}, {"", "-Inf.", -INFINITY},
        {"", "Infinity", INFINITY}, {"", "info", NONE}, {"", "nano", NONE},
        {"", "banan", NONE}, {"", "inf1", NONE}, {"", "1e999", INFINITY},
        /* Not ASCII; colours. */
        {"", "\xc2\xb1" "5", 5}, {"", "12\xc2\xb5s", 12},
        {"", "\033[32m7\033[0m\n", 7}, {"", "\033[0m", NONE},
        {"", "7\033", 7}, {"", "7 \033[", 7}, {"", "7 \033[3", 7}};
    CHECK(samples);
}

/* ---- columns ------------------------------------------------------------- */

static void columns(void)
{
    static const struct sample samples[] = {
        {"1", "", NONE}, {"1", "5", 5}, {"-1", "5\n", 5}, {"2", "5", NONE},
        {"3", "1 2 3 4\n", 3}, {"-2", "1 2 3 4\n", 3}, {"-4", "1 2 3 4\n", 1},
        {"-5", "1 2 3 4\n", NONE}, {"4", "1 2 3 4\n", 4},
        {"5", "1 2 3 4\n", NONE}, {"2", "  1 \t 2  3 \r\n", 2},
        {"-1", "  1 \t 2  3 \r\n", 3}, {"2", "1 2\n3 4\n\n  \n\n", 4},
        {"2", "1 2\n3\n", NONE}, {"2", "1 x\n", OTHER}, {"2", "a 12ms", 12},
        {"2", "1,2,3", 2}, {"-1", "1,2,3\n", 3}, {"2", "1,,3", OTHER},
        {"3", "1,,3", 3}, {"2", "a;5;6", 5}, {"1", "1,5;2,5", 1},
        {"2", "1, 2, 3", 2}, {"2", "\"a\",\"2.5\"", 2.5},
        {"2", "a 3/4", 3}, {"1", ",5", OTHER}, {"2", ",5", 5},
        {"2", "5,", OTHER}, {"1", "x=5", OTHER}};
    CHECK(samples);
}

/* ---- keys ---------------------------------------------------------------- */

static void keys(void)
{
    static const struct sample samples[] = {
        {"time", "", NONE}, {"time", "time=3", 3}, {"time", "time: 3\n", 3},
        {"time", "time =\t3\n", 3}, {"time", "time : -3e2 s\n", -300},
        {"time", "{\"time\": 3, \"n\": 4}", 3}, {"time", "{\"time\":3}", 3},
        {"time", "{'time': 3}", 3}, {"time", "{\"time\" : \"3\"}", 3},
        {"n", "{\"time\": 3, \"n\": 4}", 4},
        {"time", "time=1\ntime=2\nother=3\n", 2}, {"time", "time=1 time=2", 2},
        {"time", "runtime=3", NONE}, {"time", "wall-time=3", NONE},
        {"time", "a.time=3", NONE}, {"time", "_time=3", NONE},
        {"time", "timeout=3", NONE}, {"time", "time 3", NONE},
        {"time", "time", NONE}, {"time", "time=", OTHER},
        {"time", "time=\n3\n", OTHER}, {"time", "time=fast", OTHER},
        {"time", "time=1\ntime=N/A\n", OTHER}, {"time", "time=N/A\ntime=1", 1},
        {"time", "\"time=3", NONE}, {"time", "(time=3)", 3},
        {"time", "x,time=3", 3}, {"time", "time=nan", NAN},
        {"Elapsed time", "Elapsed time: 2.5 s\n", 2.5},
        {"--time", "run --time=3", 3}, {"aa", "aaa=1 aa=2 aaaa=3", 2},
        {"x/y", "x/y=3", 3}, {"f(x)", "f(x) = 3", 3}, {"12a", "12a=3", 3},
        {"\xc3\xa9", "\xc3\xa9=3", 3}, {"e", "\xc3\xa9" "e=3", NONE}};
    CHECK(samples);
}

/* ---- regular expressions ------------------------------------------------- */

static void regexes(void)
{
    static const struct sample samples[] = {
        {"/took ([0-9.]+) s/", "", NONE},
        {"/took ([0-9.]+) s/", "it took 2.5 s\n", 2.5},
        {"/took ([0-9.]+) s/", "took 1 s\ntook 2 s, took 3 s\nend\n", 3},
        {"/^n=([0-9]+)$/", "an=1\nn=2\r\nn=3x\n", 2},
        {"/x([0-9]+)/", "x86", 86}, {"/([a-z]+)/", "1 abc", OTHER},
        {"/: (.*)/", "a: 5 km\n", 5}, {"/(1)?b/", "b", OTHER},
        {"/a|(b)/", "x", NONE}, {"/a:b,(.)/", "a:b,7", 7},
        {"/a/b=(.)/", "a/b=7", 7}, {"/a\\/b=(.)/", "a/b=7", 7},
        {"/([0-9]*)/", "12", OTHER}, {"/([0-9]*)$/", "x12", OTHER},
        {"/\\(([0-9]+)\\)/", "(5)", 5}, {"/\\<([0-9])/", "1 2x3", 2},
        {"/t=\\s*(\\d+\\.?[\\d]*)/", "t= 2.5", 2.5}};
    CHECK(samples);
}

/* ---- how it ended -------------------------------------------------------- */

static void ends(void)
{
    static const char *const fields[] = {
        "@wall", "@user", "@system", "@cpu", "@rss", "@exit", "@attempts", ""};
    struct row row = {.wall_ns = 2500000000, .user_ns = 1250000000,
                      .system_ns = 500000000, .max_rss_kb = 3, .exit = 7,
                      .attempts = 2};
    struct extract *x = extract_new(fields, 7, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(x);
    CU_ASSERT_FALSE(extract_reads(x));
    extract_begin(x);
    extract_feed(x, "1\n", 2);
    extract_end(x, &row);
    CU_ASSERT_EQUAL(value_of(x, 0), 2.5);
    CU_ASSERT_EQUAL(value_of(x, 1), 1.25);
    CU_ASSERT_EQUAL(value_of(x, 2), 0.5);
    CU_ASSERT_EQUAL(value_of(x, 3), 1.75);
    CU_ASSERT_EQUAL(value_of(x, 4), 3072);
    CU_ASSERT_EQUAL(value_of(x, 5), 7);
    CU_ASSERT_EQUAL(value_of(x, 6), 2);
    row.exit = -1;
    row.signal = 9;
    extract_end(x, &row);
    CU_ASSERT_EQUAL(value_of(x, 5), 137); /* as bash has it */
    extract_free(x);
    x = extract_new(fields, 8, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(x);
    CU_ASSERT_TRUE(extract_reads(x));
    extract_free(x);
}

/* ---- attempts ------------------------------------------------------------ */

static void attempts(void)
{
    static const char *const fields[] = {"", "2", "k", "/a([0-9])/"};
    struct extract *x = extract_new(fields, 4, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(x);
    extract_begin(x);
    extract_feed(x, "a1 k=2 3", 8);
    extract_end(x, &no_row);
    CU_ASSERT_EQUAL(value_of(x, 0), 3);
    CU_ASSERT_EQUAL(value_of(x, 1), OTHER);
    CU_ASSERT_EQUAL(value_of(x, 2), 2);
    CU_ASSERT_EQUAL(value_of(x, 3), 1);
    extract_begin(x);
    extract_feed(x, "a2 k", 4); /* and is not heard to its end */
    extract_begin(x);
    extract_feed(x, "=5", 2);
    extract_end(x, &no_row);
    CU_ASSERT_EQUAL(value_of(x, 0), 5);
    for (size_t i = 1; i < 4; i++)
        CU_ASSERT_EQUAL(value_of(x, i), NONE);
    extract_free(x);
}

/* ---- long lines ---------------------------------------------------------- */

/* n bytes of one kind with a text in front and behind. */
static double of_long(const char *field, const char *front, char fill,
                      size_t n, const char *behind)
{
    struct extract *x = make(field);
    const size_t before = strlen(front), size = before + n + strlen(behind);
    char *text = malloc(size);
    memcpy(text, front, before);
    memset(text + before, fill, n);
    memcpy(text + before + n, behind, strlen(behind));
    static const size_t pieces[] = {1, 7, 4096, 65536, 100000, SIZE_MAX};
    const double value = read_text(x, text, size, SIZE_MAX, SIZE_MAX);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        CU_ASSERT_TRUE(same(value, read_text(x, text, size, pieces[i],
                                             pieces[i])));
    free(text);
    extract_free(x);
    return value;
}

#define KIB64 ((size_t)65536)

static void long_lines(void)
{
    /* All of a line of 64 KiB, but not of one more. */
    CU_ASSERT_EQUAL(of_long("", "12 ", ' ', KIB64 - 3, "\n"), 12);
    CU_ASSERT_EQUAL(of_long("", "12 ", ' ', KIB64 - 2, "\n"), NONE);
    CU_ASSERT_EQUAL(of_long("", "12 ", ' ', KIB64 - 3, ""), 12);
    CU_ASSERT_EQUAL(of_long("", "12 ", ' ', KIB64 - 2, ""), NONE);
    CU_ASSERT_EQUAL(of_long("k", "k=12", ' ', KIB64 - 4, "\n"), 12);
    CU_ASSERT_EQUAL(of_long("k", "k=12", ' ', KIB64 - 3, "\n"), NONE);
    CU_ASSERT_EQUAL(of_long("k", " k=12", ' ', KIB64 - 4, "\n"), NONE);
    CU_ASSERT_EQUAL(of_long("k", "  k=12", ' ', KIB64 - 5, "\n"), 12);
    CU_ASSERT_EQUAL(of_long("k", "1\n", 'x', 5 * KIB64, " k=12\n"), 12);
    CU_ASSERT_EQUAL(of_long("", "1\n", 'x', 5 * KIB64, "\n"), 1);
    CU_ASSERT_EQUAL(of_long("", "1\n", 'x', 3 * KIB64, " 2\n\n"), 2);
    CU_ASSERT_EQUAL(of_long("2", "1 2", ' ', KIB64 - 4, "3\n"), 2);
    CU_ASSERT_EQUAL(of_long("2", "1 2", ' ', KIB64 - 3, "3\n"), NONE);
    CU_ASSERT_EQUAL(of_long("-1", "1 2", ' ', KIB64, "3 4\n"), 4);
    CU_ASSERT_EQUAL(of_long("-1", "1 2", 'x', KIB64, "3\n"), NONE);
    CU_ASSERT_EQUAL(of_long("-2", "1 2", '3', KIB64, " 4\n"), NONE);
    CU_ASSERT_EQUAL(of_long("-1", "5 6\n", ' ', KIB64, "\n"), 6);
    CU_ASSERT_EQUAL(of_long("/^x*([0-9])$/", "", 'x', KIB64 - 1, "5\n"), 5);
    CU_ASSERT_EQUAL(of_long("/^x*([0-9])$/", "", 'x', KIB64, "5\n"), NONE);
    /* Many lines. */
    CU_ASSERT_EQUAL(of_long("", "1", '\n', 3 * KIB64, ""), 1);
    CU_ASSERT_EQUAL(of_long("-1", "1", '\n', 3 * KIB64, ""), 1);
}

/* ---- any text, in any pieces --------------------------------------------- */

static uint64_t state = 1;

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t below(uint64_t n)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % n;
}

static size_t random_text(char *text, size_t room)
{
    static const char likely[] = "0123456789..--++eExnaif kk==::\"',;/  \n\n\r";
    size_t n = below(room);
    for (size_t i = 0; i < n; i++)
        text[i] = below(20) == 0 ? (char)below(256)
                                 : likely[below(sizeof likely - 1)];
    /* Sometimes a long line. */
    if (n > 100 && below(4) == 0)
        memset(text + below(n / 2), 'x', n / 2);
    return n;
}

static void random_pieces(void)
{
    static const char *const fields[] = {"", "2", "-2", "k", "/k=(.*)/",
                                         "/([0-9]+)/"};
    enum { N = sizeof fields / sizeof fields[0], ROOM = 200000 };
    const int n_texts = tap_long() ? 20000 : 1000;
    char *text = malloc(ROOM);
    struct extract *x = extract_new(fields, N, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(x);
    for (int t = 0; t < n_texts; t++) {
        const size_t n = random_text(text, t % 50 == 0 ? ROOM : 300);
        double whole[N];
        extract_begin(x);
        extract_feed(x, text, n);
        extract_end(x, &no_row);
        for (size_t k = 0; k < N; k++)
            whole[k] = value_of(x, k);
        extract_begin(x);
        for (size_t i = 0, m; i < n; i += m) {
            m = 1 + below(n < 300 ? 40 : 90000);
            m = m < n - i ? m : n - i;
            char *copy = malloc(m);
            memcpy(copy, text + i, m);
            extract_feed(x, copy, m);
            free(copy);
        }
        extract_end(x, &no_row);
        for (size_t k = 0; k < N; k++)
            CU_ASSERT_TRUE(same(whole[k], value_of(x, k)));
    }
    extract_free(x);
    free(text);
}

/* ---- what cannot be meant ------------------------------------------------ */

static void refused(void)
{
    static const struct { const char *field, *why; } samples[] = {
        {"0", "has no column 0: they are counted from 1, and from the last one "
              "by -1"},
        {"-0", "has no column -0: they are counted from 1, and from the last "
               "one by -1"},
        {"99999999999999999999", "has no column 99999999999999999999: they are "
                                 "counted from 1, and from the last one by "
                                 "-1"},
        {"@wal", "there is no '@wal'; did you mean '@wall'?"},
        {"@", "there is no '@', but @wall, @user, @system, @cpu, @rss, @exit "
              "and @attempts"},
        {"/a/", "'/a/' has 0 groups: the number is what one pair of "
                "parentheses encloses"},
        {"/(a)(b)/", "'/(a)(b)/' has 2 groups: the number is what one pair of "
                     "parentheses encloses"},
        {"/(a", "'/(a' does not end as it begins: a regular expression stands "
                "between slashes, as in '/took ([0-9.]+) s/'"},
        {"/", "'/' does not end as it begins: a regular expression stands "
              "between slashes, as in '/took ([0-9.]+) s/'"},
        {"//", "'//' does not end as it begins: a regular expression stands "
               "between slashes, as in '/took ([0-9.]+) s/'"},
        {"/(a/", "'/(a/' is no regular expression: Unmatched ( or \\("},
        {"a\nb", "has a control character in the key"}};
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct ff_error err = {0};
        struct extract *x = extract_new(&samples[i].field, 1, &err);
        CU_ASSERT_PTR_NULL(x);
        CU_ASSERT_EQUAL(err.status, FF_USAGE);
        CU_ASSERT_STRING_EQUAL(err.text, samples[i].why);
        if (strcmp(err.text, samples[i].why) != 0)
            tap_note("%s", err.text);
        extract_free(x);
    }
}

static void locales(void)
{
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL
        && setlocale(LC_ALL, "fr_FR.UTF-8") == NULL) {
        tap_skip("no locale with a decimal comma is installed");
        return;
    }
    static const struct sample samples[] = {
        {"", "1.5", 1.5}, {"k", "k=2.5,3", 2.5}, {"1", "2.5,3", 2.5}};
    CHECK(samples);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"the last number", last_numbers},
        {"columns of the last line", columns},
        {"keys", keys},
        {"regular expressions", regexes},
        {"how it ended", ends},
        {"each attempt begins anew", attempts},
        {"long lines", long_lines},
        {"any text in any pieces", random_pieces},
        {"what cannot be meant", refused},
        {"another locale", locales},
    };
    return TAP_RUN(tests);
}
