/* SPDX-License-Identifier: Apache-2.0 */
/* Quoting for a shell. The oracle is each shell that is here: it prints the
 * words that it read, which must be the bytes that were quoted. */
#include "tap.h"
#include "template.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_WORDS (tap_long() ? 20000 : 2000)
#define MOST_BYTES 24

static const char *const shells[] = {"/bin/sh", "/bin/bash", "/bin/dash",
                                     "/usr/bin/zsh", "/bin/busybox sh"};
enum { N_SHELLS = sizeof shells / sizeof shells[0] };

/* xorshift64* (Vigna 2016); the seed is constant, so a failure repeats. */
static uint64_t state = 88172645463325252u;

static uint32_t below(uint32_t n)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 2685821657736338717u) >> 33) % n;
}

/* Any bytes but zero, mostly those that mean something to a shell. */
static void random_word(char word[MOST_BYTES + 1])
{
    static const char special[] = "'\"\\$`!#~*?[]{}()<>|&;=%^ \t\n-+,:ab1";
    const uint32_t n = below(MOST_BYTES + 1);
    for (uint32_t i = 0; i < n; i++)
        word[i] = below(4) == 0 ? (char)(1 + below(255))
                                : special[below(sizeof special - 1)];
    word[n] = '\0';
}

/* ---- shells --------------------------------------------------------------- */

static bool is_here(const char *shell)
{
    char program[40];
    snprintf(program, sizeof program, "%.*s", (int)strcspn(shell, " "), shell);
    return access(program, X_OK) == 0;
}

/* What the shell prints for the script. */
static struct text output_of(const char *shell, const struct text *script)
{
    char path[] = "/tmp/fanfold-quote-XXXXXX", command[100];
    struct text output = TEXT_EMPTY;
    const int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, script->at, script->n), (ssize_t)script->n);
    close(fd);
    snprintf(command, sizeof command, "LC_ALL=C %s %s", shell, path);
    FILE *in = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(in);
    char piece[65536];
    for (size_t n; (n = fread(piece, 1, sizeof piece, in)) > 0;)
        text_append(&output, piece, n);
    CU_ASSERT_EQUAL(pclose(in), 0);
    unlink(path);
    return output;
}

/* Do all shells print this for the script? */
static bool prints(const struct text *script, const struct text *expected)
{
    bool all = true;
    for (size_t i = 0; i < N_SHELLS; i++) {
        if (!is_here(shells[i]))
            continue;
        struct text output = output_of(shells[i], script);
        const bool same = output.n == expected->n
                          && memcmp(output.at, expected->at, output.n) == 0;
        if (!same)
            tap_note("%s prints something else", shells[i]);
        all &= same;
        text_release(&output);
    }
    return all;
}

/* ---- words ---------------------------------------------------------------- */

static void put_command(struct text *script, struct text *expected,
                        const char *word)
{
    char *const argv[] = {(char *)(uintptr_t)"printf", (char *)(uintptr_t)
                          "%s\\000", (char *)(uintptr_t)word, NULL};
    CU_ASSERT_EQUAL(template_quote(argv, script), 0);
    text_append(script, "\n", 1);
    text_append(expected, word, strlen(word) + 1);
}

static void random_words(void)
{
    struct text script = TEXT_EMPTY, expected = TEXT_EMPTY;
    char word[MOST_BYTES + 1];
    for (int i = 0; i < N_WORDS; i++) {
        random_word(word);
        put_command(&script, &expected, word);
    }
    CU_ASSERT(prints(&script, &expected));
    text_release(&script);
    text_release(&expected);
}

/* All words of one and of two bytes out of those that may mean something, at
 * the beginning of a word and behind others. */
static void short_words(void)
{
    struct text script = TEXT_EMPTY, expected = TEXT_EMPTY;
    put_command(&script, &expected, "");
    for (int c = 1; c < 256; c++) {
        const char word[][4] = {{(char)c}, {'a', (char)c}, {(char)c, 'a'},
                                {'-', (char)c}};
        for (size_t i = 0; i < sizeof word / sizeof word[0]; i++)
            put_command(&script, &expected, word[i]);
    }
    CU_ASSERT(prints(&script, &expected));
    text_release(&script);
    text_release(&expected);
}

static bool quotes_as(const char *a, const char *b, const char *expected)
{
    char *const argv[] = {(char *)(uintptr_t)a, (char *)(uintptr_t)b, NULL};
    struct text line = TEXT_EMPTY;
    CU_ASSERT_EQUAL(template_quote(argv, &line), 0);
    const bool same = strcmp(line.at, expected) == 0;
    if (!same)
        tap_note("%s", line.at);
    text_release(&line);
    return same;
}

/* As a person writes it (XCU 2.2.2, 2.4, 2.9.1: what needs quotes). */
static void as_a_person(void)
{
    CU_ASSERT(quotes_as("./sim", "--seed=1,2", "./sim --seed=1,2"));
    CU_ASSERT(quotes_as("echo", "", "echo ''"));
    CU_ASSERT(quotes_as("echo", "it's", "echo 'it'\\''s'"));
    CU_ASSERT(quotes_as("a=b", "a=b", "'a=b' a=b"));
    CU_ASSERT(quotes_as("if", "if", "'if' if"));
    CU_ASSERT(quotes_as("echo", "~", "echo '~'"));
}

/* ---- in a line for a shell ------------------------------------------------- */

static struct template *parse(const char *line, struct ff_error *err)
{
    const struct template_rules rules = {.shell = true};
    return template_parse(&line, 1, &rules, NULL, err);
}

/* Appends the line of the template for the value. */
static bool put_line(struct text *script, const struct template *t,
                     const char *value)
{
    struct span column = span_of(value);
    const struct item item = {.n_inputs = 1, .n_columns = 1, .whole = &column,
                              .column = &column};
    const struct template_place place = {.slot = 1};
    struct expansion e = EXPANSION_EMPTY;
    struct ff_error err = {0};
    const bool expands = template_expand(t, &item, &place, &e, &err) == 0;
    if (expands) {
        CU_ASSERT_EQUAL(e.argc, 3);
        CU_ASSERT_STRING_EQUAL(e.argv[0], "/bin/sh");
        CU_ASSERT_STRING_EQUAL(e.argv[1], "-c");
        text_append_string(script, e.argv[2]);
        text_append(script, "\n", 1);
    }
    expansion_release(&e);
    return expands;
}

/* Lines that print the value between < and > each. */
static const char *const lines[] = {
    "printf '<%s>' {}",
    "printf '<%s>' \"{}\"",
    "printf '<%s>' '{}'",
    "printf '<%s>' \"\"{}''",
    "x=\"$(printf %sx \"{}\")\"; printf '<%s>' \"${x%x}\"",
    "x=\"$( (printf %sx '{}') )\"; printf '<%s>' \"${x%x}\"",
    "x={}; printf '<%s>' \"$x\"",
    "unset x; x=${x:-{}}; printf '<%s>' \"$x\"",
    "unset x; x=${x:-\"{}\"}; printf '<%s>' \"$x\"",
    "printf '<%s>' {} # it's a comment",
    "# it's one\nprintf '<%s>' {}",
    "echo a#'b' $# \"#\" >/dev/null; printf '<%s>' {}",
    "echo \\' \\\" \"\\\"'\" >/dev/null; printf '<%s>' {}",
    "case a in (a) printf '<%s>' {};; esac",
    "case a in a) printf '<%s>' {};; esac",
    "echo `echo it` \"`echo \\`echo\\``\" >/dev/null; printf '<%s>' {}",
    "echo $((1 << 2)) >/dev/null; printf '<%s>' {}",
    "printf '<%s>' {} <<END\nit's\nEND\n",
};

static void lines_for_a_shell(void)
{
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct text script = TEXT_EMPTY, expected = TEXT_EMPTY;
        struct ff_error err = {0};
        char word[MOST_BYTES + 1];
        struct template *t = parse(lines[i], &err);
        CU_ASSERT_PTR_NOT_NULL(t);
        if (t == NULL)
            tap_note("%s", err.text);
        for (int k = 0; t != NULL && k < (tap_long() ? 400 : 40); k++) {
            random_word(word);
            CU_ASSERT(put_line(&script, t, word));
            text_append(&expected, "<", 1);
            text_append_string(&expected, word);
            text_append(&expected, ">", 1);
        }
        const bool right = t != NULL && prints(&script, &expected);
        CU_ASSERT(right);
        if (!right)
            tap_note("%s", lines[i]);
        template_free(t);
        text_release(&script);
        text_release(&expected);
    }
}

/* Where no quoting holds, or shells do not agree. */
static void refused(void)
{
    static const char *const where[] = {
        "echo `echo {}`",        "# {}",
        "cat <<END\n{}\nEND\n",  "echo \\{}",
        "echo ${}",              "echo $'{}'",
        "echo $[{}]",            "((x = {}))",
        "echo \"${x:-{}}\"",     "echo \"$(case a in a) echo {};; esac)\"",
        "echo $((1 + '{}'))",    "echo a;# it {}",
        "echo (\n#\n# {}",
    };
    for (size_t i = 0; i < sizeof where / sizeof where[0]; i++) {
        struct ff_error err = {0};
        struct template *t = parse(where[i], &err);
        CU_ASSERT_PTR_NULL(t);
        CU_ASSERT_EQUAL(err.status, FF_USAGE);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "cannot be quoted"));
        if (t != NULL)
            tap_note("%s", where[i]);
        template_free(t);
    }
}

static void arithmetic(void)
{
    struct text script = TEXT_EMPTY, expected = TEXT_EMPTY;
    struct ff_error err = {0};
    struct template *t =
        parse("echo $(( ({} + 1) * 2 )) \"$(({}))\" {}", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT(put_line(&script, t, "20"));
    CU_ASSERT(put_line(&script, t, "-4"));
    text_append_string(&expected, "42 20 20\n-6 -4 -4\n");
    CU_ASSERT(prints(&script, &expected));
    CU_ASSERT_FALSE(put_line(&script, t, "a[$(id)]"));
    CU_ASSERT_FALSE(put_line(&script, t, "1 2"));
    CU_ASSERT_FALSE(put_line(&script, t, ""));
    CU_ASSERT_FALSE(put_line(&script, t, "-"));
    template_free(t);
    text_release(&script);
    text_release(&expected);
}

/* sh -c would take the line for an option. */
static void leading_hyphen(void)
{
    struct text script = TEXT_EMPTY;
    struct ff_error err = {0};
    struct template *t = parse("-x {}", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT(put_line(&script, t, "1"));
    CU_ASSERT_STRING_EQUAL(script.at, " -x '1'\n");
    template_free(t);
    text_release(&script);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"thousands of words come back", random_words},
        {"each byte comes back", short_words},
        {"as a person writes it", as_a_person},
        {"lines for a shell", lines_for_a_shell},
        {"where no value can be quoted", refused},
        {"arithmetic", arithmetic},
        {"a line that begins with a hyphen", leading_hyphen},
    };
    return TAP_RUN(tests);
}
