/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons of several lines. The tracebacks are what CPython 3.11 prints. */
#include "reason.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES(line) "Traceback (most recent call last):\n" \
        "  File \"/k/f.py\", line " line ", in f\n" \
        "    raise ValueError(x)\n"

static void expect_line(const char *reason, const char *expected)
{
    size_t n;
    const char *line = reason_line(reason, &n);
    CU_ASSERT(n == strlen(expected) && memcmp(line, expected, n) == 0);
}

static void the_first_line_says_most(void)
{
    expect_line("", "");
    expect_line("bad luck", "bad luck");
    expect_line("bad luck\n", "bad luck");
    expect_line("\nbad luck", "bad luck");
    expect_line("cannot solve\nthe matrix is singular", "cannot solve");
    expect_line("cannot solve:\n  row 1\n  row 2\n", "cannot solve:");
}

static void but_of_a_traceback_the_one_behind_the_frames(void)
{
    expect_line(FRAMES("2") "ValueError: 17", "ValueError: 17");
    expect_line(FRAMES("2") "ValueError: 17\n\n", "ValueError: 17");
    /* A message of several lines. */
    expect_line(FRAMES("2") "ValueError: one\ntwo\n", "ValueError: one");
    /* One that led to another. */
    expect_line(FRAMES("2") "ValueError: 17\n\nDuring handling of the above "
                "exception, another exception occurred:\n\n" FRAMES("9")
                "KeyError: 'x'\n", "KeyError: 'x'");
    /* What does not compile has no frame. */
    expect_line("  File \"/k/f.py\", line 1\n    x = = 1\n        ^\n"
                "SyntaxError: invalid syntax\n",
                "SyntaxError: invalid syntax");
    /* Shortened, so that the innermost frames are there. */
    expect_line("  ...\n    raise ValueError(x)\nValueError: 17",
                "ValueError: 17");
}

/* What is printed below the items, of several reasons one after the other. */
static char *rest_of(const char *const *reason)
{
    struct reasons told = {.n = 0};
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    CU_ASSERT_FATAL(out != NULL);
    for (; *reason != NULL; reason++)
        reason_print_rest(out, &told, *reason);
    fclose(out);
    return text;
}

static void expect_rest(const char *const *reason, const char *expected)
{
    char *text = rest_of(reason);
    CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
}

static void the_others_are_shown_once(void)
{
    expect_rest((const char *const []){"bad luck", NULL}, "");
    expect_rest((const char *const []){"a\nb\n\nc\n", NULL},
                "    b\n    c\n");
    expect_rest((const char *const []){FRAMES("2") "ValueError: 1",
                                       FRAMES("2") "ValueError: 2",
                                       FRAMES("3") "ValueError: 3",
                                       FRAMES("2") "ValueError: 4\nmore",
                                       FRAMES("3") "ValueError: 55", NULL},
                "    Traceback (most recent call last):\n"
                "      File \"/k/f.py\", line 2, in f\n"
                "        raise ValueError(x)\n"
                "    Traceback (most recent call last):\n"
                "      File \"/k/f.py\", line 3, in f\n"
                "        raise ValueError(x)\n"
                "    Traceback (most recent call last):\n"
                "      File \"/k/f.py\", line 2, in f\n"
                "        raise ValueError(x)\n"
                "    more\n");
}

static void nothing_drives_the_terminal(void)
{
    expect_rest((const char *const []){"a\n\033[2J\tb\n", NULL},
                "    ?[2J b\n");
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"the first line says most", the_first_line_says_most},
        {"but of a traceback the one behind the frames",
         but_of_a_traceback_the_one_behind_the_frames},
        {"the others are shown once", the_others_are_shown_once},
        {"nothing drives the terminal", nothing_drives_the_terminal}};
    return TAP_RUN(tests);
}
