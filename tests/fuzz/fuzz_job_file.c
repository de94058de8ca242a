/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Job files.
 *
 * One is refused with a line that begins with FILE:LINE, or it is read; and
 * what was read can be written down as a job file that asks for the same.
 */
#include "dry_run.h"
#include "fuzz.h"
#include "job_file.h"
#include "job_options.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH "/fuzz/job.yaml"

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
    FUZZ_EXPECT(out != NULL);
    const int rc = dry_run_print_job(out, job, &err);
    fclose(out);
    if (rc == 0)
        return text;
    free(text);
    return NULL;
}

/* Without comments, which name lines. */
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

static void expect_same_again(const struct job *job)
{
    struct reading again;
    char *first = write_down(job);
    if (first == NULL || job->settings.n == 0) {
        free(first);
        return;
    }
    const int rc = take(&again, first, strlen(first));
    if (rc != 0)
        fprintf(stderr, "%s\n%s\n", again.err.text, first);
    FUZZ_EXPECT(rc == 0);
    char *second = write_down(&again.job);
    FUZZ_EXPECT(second != NULL);
    strip(first);
    strip(second);
    if (strcmp(first, second) != 0)
        fprintf(stderr, "first:\n%s\nsecond:\n%s\n", first, second);
    FUZZ_EXPECT(strcmp(first, second) == 0);
    let_go(&again);
    free(first);
    free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *yaml; /* loaded once, not for each input */
    if (yaml == NULL)
        yaml = dlopen("libyaml-0.so.2", RTLD_NOW);
    struct fuzz_input in = {data, size};
    struct reading r;
    size_t n;
    char *text = fuzz_rest(&in, &n);
    if (take(&r, text, n) == 0)
        expect_same_again(&r.job);
    else {
        fuzz_expect_error(&r.err, FF_USAGE);
        if (strchr(r.err.text, '\n') != NULL)
            fprintf(stderr, "%s\n", r.err.text);
        FUZZ_EXPECT(strchr(r.err.text, '\n') == NULL);
        FUZZ_EXPECT(strncmp(r.err.text, PATH ":", sizeof PATH) == 0
                    && r.err.text[sizeof PATH] >= '1'
                    && r.err.text[sizeof PATH] <= '9');
    }
    let_go(&r);
    free(text);
    return 0;
}
