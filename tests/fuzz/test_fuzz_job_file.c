/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Job files that nobody would write: some right ones, changed at random, the
 * same changes each time. Whatever comes, it is read, or refused with one line
 * that begins with FILE:LINE; and what is read can be written down as a job
 * file that asks for the same. FANFOLD_TEST_LONG=1: many more.
 */
#include "dry_run.h"
#include "job_file.h"
#include "job_options.h"
#include "tap.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH "/fuzz/job.yaml"
#define MAX_BYTES 4096
#define QUICK_CASES 20000
#define LONG_CASES 1000000

static const char *const seeds[] = {
    "kernel: ../pi.c\nargs:\n  n: 12\n  t: \"a\\u00e9\\n\"\nenv: [A=1, B=x]\n"
    "range: 0:1e6\nquiet: true\nverbose: false\ntime-limit: 1.5h\n",
    "{kernel: /k.c, n: 4, args: {a: 'b c', d: \"\\x07\\L\"}, env: {A: 1}}\n",
    "---\n# comment\nkernel: k.c\nldflags: |\n  -lm\n  -g\njson: >-\n  a\n  b\n"
    "...\n",
    "kernel: a.c\noutput: [x.npy, y=z]\nhalt: soon,fail=3\nbind-to: none\n"
    "map-by: numa\nseed: 18446744073709551615\nchunk: 64\nhex: true\n",
    "kernel: k.c\nfold: {a: max, h: 'histogram,0,1e2,5:x'}\n",
    "kernel: k.c\nfold: [b=top,3:x, c=concat]\n",
    "command: ./sim --seed {} 'a b' \"c\\\"\" \\d\ninputs: [1, 2.5, \"x y\"]\n"
    "keep-order: true\n",
    "command: [a, \"{}\", '|']\ninputs:\n  - values: [a, b]\n  - file: f\n"
    "    linked: true\n  - range: 0-9\nshell: true\nheader: true\n",
};
static const char *const tokens[] = {
    "\n", "\t", ": ", "- ", "[", "]", "{", "}", "'", "\"", "\\", "#", "&a ",
    "*a", "!!str ", "|", ">", "?", "---\n", "...\n", "%YAML 1.1\n", "<<: ",
    "\xff", "\xc2\x85", "\xe2\x80\xa8", "\xef\xbb\xbf", "\r", "~", "null",
    "true", "kernel: ", "args:\n  ", "\\u0000", "\\U0010ffff", "=", "0", ",",
    "command: ", "inputs:\n  - ", "linked: true", "values: "};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static uint64_t state = 88172645463325252u; /* xorshift64, Marsaglia 2003 */
static unsigned n_read;

static size_t below(size_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % n);
}

/* Puts n bytes in place of `gone` at `at`; the new length. */
static size_t replace(char *text, size_t length, size_t at, size_t gone,
                      const char *with, size_t n)
{
    if (length - gone + n > MAX_BYTES)
        return length;
    memmove(text + at + n, text + at + gone, length - at - gone);
    memcpy(text + at, with, n);
    return length - gone + n;
}

static size_t mutate(char *text, size_t length)
{
    const size_t at = below(length + 1), rest = length - at;
    const size_t some = rest > 0 ? below(rest < 40 ? rest : 40) : 0;
    const char *token = tokens[below(COUNT(tokens))];
    char copy[40];
    switch (below(5)) {
    case 0:
        if (rest > 0)
            text[at] = (char)below(256);
        return length;
    case 1:
        return replace(text, length, at, some, "", 0);
    case 2:
        memcpy(copy, text + at, some);
        return replace(text, length, below(length + 1), 0, copy, some);
    case 3:
        return below(20) == 0 ? at : length; /* cut off */
    default:
        return replace(text, length, at, 0, token, strlen(token));
    }
}

struct reading {
    struct job job;
    struct ff_error err;
};

/* Reads and sets; 0 when both went well. */
static int take(struct reading *r, const char *text, size_t n)
{
    *r = (struct reading){.job = {.crash_limit = 3}};
    int rc = job_file_parse(PATH, text, n, &job_options, &r->job.settings,
                            &r->job.said, &r->job.texts, &r->err);
    if (rc == 0)
        rc = options_apply(&job_options, &r->job.settings, &r->job, &r->err);
    if (rc == 0)
        rc = task_file_use(&r->job.said, &r->job.task, r->job.kernel != NULL,
                           &r->err);
    return rc;
}

static void let_go(struct reading *r)
{
    option_list_release(&r->job.settings);
    task_file_release(&r->job.said);
    text_pool_release(&r->job.texts);
}

/* The job written down; NULL when it cannot be. */
static char *write_down(const struct job *job)
{
    struct ff_error err;
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    if (out == NULL)
        return NULL;
    const int rc = dry_run_print_job(out, job, &err);
    fclose(out);
    if (rc == 0)
        return text;
    free(text);
    return NULL;
}

/* Without comments, which name lines: but for the lines of settings. */
static void strip(char *text)
{
    char *to = text;
    for (const char *p = text; *p != '\0';) {
        const size_t n = strcspn(p, "\n");
        const char *comment = strstr(p, " # " PATH);
        size_t keep = n;
        if (comment != NULL && comment < p + n)
            keep = (size_t)(comment - p);
        while (keep > 0 && p[keep - 1] == ' ')
            keep--;
        if (*p != '#') {
            memmove(to, p, keep);
            to += keep;
            *to++ = '\n';
        }
        p += n + (p[n] == '\n');
    }
    *to = '\0';
}

/* What was read asks for the same when it was written down. */
static bool is_fixed(const struct job *job)
{
    struct reading again;
    char *first = write_down(job), *second = NULL;
    bool fixed = true;
    if (first == NULL || job->settings.n == 0)
        goto done;
    const int rc = take(&again, first, strlen(first));
    if (rc == 0)
        second = write_down(&again.job);
    else
        tap_note("%s", again.err.text);
    let_go(&again);
    if (second != NULL) {
        strip(first);
        strip(second);
    }
    fixed = second != NULL && strcmp(first, second) == 0;
    if (!fixed)
        tap_note("first:\n%s\nsecond:\n%s", first, second ? second : "");
done:
    free(first);
    free(second);
    return fixed;
}

static bool is_good(const char *text, size_t n)
{
    struct reading r;
    const int rc = take(&r, text, n);
    n_read += rc == 0;
    const bool good =
        rc == 0 ? is_fixed(&r.job)
                : r.err.status == FF_USAGE && strchr(r.err.text, '\n') == NULL
                      && strlen(r.err.text) < sizeof r.err.text
                      && strncmp(r.err.text, PATH ":", sizeof PATH) == 0
                      && r.err.text[sizeof PATH] >= '1'
                      && r.err.text[sizeof PATH] <= '9';
    if (!good)
        tap_note("%s", r.err.text);
    let_go(&r);
    return good;
}

static void mutations(void)
{
    const unsigned n_cases = tap_long() ? LONG_CASES : QUICK_CASES;
    unsigned n_bad = 0;
    for (unsigned i = 0; i < n_cases && n_bad < 5; i++) {
        char text[MAX_BYTES + 1];
        const char *seed = seeds[below(COUNT(seeds))];
        size_t n = strlen(seed);
        memcpy(text, seed, n);
        for (size_t k = below(12); k > 0; k--)
            n = mutate(text, n);
        /* On the heap, so that a sanitizer sees a byte too far. */
        char *exact = malloc(n > 0 ? n : 1);
        if (exact == NULL)
            abort();
        memcpy(exact, text, n);
        if (!is_good(exact, n)) {
            n_bad++;
            tap_note("case %u: %.*s", i, (int)n, text);
        }
        free(exact);
    }
    CU_ASSERT_EQUAL(n_bad, 0);
    CU_ASSERT_TRUE(n_read > n_cases / 20 && n_read < n_cases * 19 / 20);
    tap_note("%u of %u were read", n_read, n_cases);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"changed job files are read, or refused with their line", mutations},
    };
    /* Loaded once, not for each case. */
    void *held = dlopen("libyaml-0.so.2", RTLD_NOW);
    const int status = TAP_RUN(tests);
    if (held != NULL)
        dlclose(held);
    return status;
}
