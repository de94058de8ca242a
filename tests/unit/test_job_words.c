/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The job as words for the nodes of a cluster, and back: what counts there
 * arrives as it was meant, what the root does alone does not, and what is cut
 * off or not known is refused.
 */
#include "job_parse.h"
#include "job_words.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 64

static struct job sent, got;
static char command[1024];
static char *argv[MAX_WORDS], *words;
static size_t n_bytes;
static uint32_t n_words;
static struct interpreter python; /* as the root found it */

static void release(void)
{
    job_release(&sent);
    job_release(&got);
    free(words);
    sent = got = (struct job){0};
    words = NULL;
}

/* The command line, split at blanks, to words. */
static void send_job(const char *line)
{
    struct ff_error err = {0};
    int n = 0;
    release();
    snprintf(command, sizeof command, "run %s", line);
    for (char *p = strtok(command, " "); p != NULL && n < MAX_WORDS;
         p = strtok(NULL, " "))
        argv[n++] = p;
    CU_ASSERT_EQUAL_FATAL(job_parse(&sent, n, argv, &err), 0);
    CU_ASSERT_EQUAL_FATAL(job_words(&sent, &python, &words, &n_bytes, &n_words,
                                    &err), 0);
}

static void send_and_get(const char *line)
{
    struct ff_error err = {0};
    send_job(line);
    const int rc = job_from_words(&got, words, n_bytes, n_words, &err);
    if (rc != 0)
        tap_note("%s: %s", line, err.text);
    CU_ASSERT_EQUAL_FATAL(rc, 0);
}

/* Nodes are to have the root's interpreter, not the user's word for it. */
static void python_arrives(void)
{
    python = (struct interpreter){
        .program = "/venv/bin/python", .library = "/lib/libpython3.11.so.1.0",
        .version = "3.11.2", .file = "/home/u/squares.py", .path = "/a:/b"};
    send_and_get("squares.py:square --python venv --python-path a:b");
    CU_ASSERT_STRING_EQUAL(got.kernel, "squares.py:square");
    CU_ASSERT_STRING_EQUAL(got.python, "/venv/bin/python");
    CU_ASSERT_STRING_EQUAL(got.python_path, "/a:/b");
    CU_ASSERT_STRING_EQUAL(got.python_file, "/home/u/squares.py");
    CU_ASSERT_STRING_EQUAL(got.python_version, "3.11.2");
    python = (struct interpreter){.library = ""};
    send_and_get("pi.c --python venv");
    CU_ASSERT_PTR_NULL(got.python);
    CU_ASSERT_PTR_NULL(got.python_file);
}

static bool has_word(const char *start)
{
    const char *w = words;
    for (uint32_t i = 0; i < n_words; i++, w += strlen(w) + 1)
        if (strncmp(w, start, strlen(start)) == 0)
            return true;
    return false;
}

static void arrives(void)
{
    send_and_get("dir/pi.c --threads 3 --chunk 7 --range 5:900 --seed 11 "
                 "--timeout 2s --retries 4 --crash-limit 9 --recycle 6 "
                 "--verify=100% "
                 "--map-by hwthread --map-by core --bind-to none --tag-output "
                 "--schedule cyclic --node-timeout 7s --wdir /tmp --grace 3s "
                 "-a lines -0 --env A=b=c --arg n=1 --arg n=2");
    CU_ASSERT_STRING_EQUAL(got.kernel, "dir/pi.c");
    CU_ASSERT_EQUAL(got.threads, 3);
    CU_ASSERT_FALSE(got.threads_by_kind);
    CU_ASSERT_EQUAL(got.chunk_items, 7);
    CU_ASSERT_TRUE(got.has_range && got.first == 5 && got.last == 900);
    CU_ASSERT_EQUAL(got.seed, 11);
    CU_ASSERT_EQUAL(got.timeout_ns, sent.timeout_ns);
    CU_ASSERT_EQUAL(got.retries, 4);
    CU_ASSERT_EQUAL(got.crash_limit, 9);
    CU_ASSERT_EQUAL(got.recycle, 6);
    CU_ASSERT_EQUAL(got.verify, sent.verify);
    CU_ASSERT_TRUE(got.hwthreads); /* as the first --map-by has it here */
    CU_ASSERT_EQUAL(got.map_by, MAP_CORE);
    CU_ASSERT_EQUAL(got.bind_to, BIND_NONE);
    CU_ASSERT_TRUE(got.tag_output);
    CU_ASSERT_EQUAL(got.schedule, SCHEDULE_CYCLIC);
    CU_ASSERT_EQUAL(got.node_timeout_ns, UINT64_C(7000000000));
    CU_ASSERT_EQUAL(got.grace_ns, sent.grace_ns);
    CU_ASSERT_STRING_EQUAL(got.wdir, "/tmp");
    CU_ASSERT_TRUE(got.arg_file != NULL && got.null_ended);
    CU_ASSERT_EQUAL_FATAL(got.n_env, 1);
    CU_ASSERT_STRING_EQUAL(got.env[0], "A=b=c");
    CU_ASSERT_EQUAL_FATAL(got.n_args, sent.n_args);
    for (size_t i = 0; i < got.n_args; i++)
        CU_ASSERT_STRING_EQUAL(got.arg[i], sent.arg[i]);
}

/* Nothing of the other environment is read, and what is from here goes there
 * with its value. */
static void environment(void)
{
    setenv("OMP_NUM_THREADS", "5", 1);
    setenv("WORDS_OF_THE_ROOT", "root's", 1);
    send_job("pi.c -x WORDS_OF_THE_ROOT");
    setenv("OMP_NUM_THREADS", "2", 1);
    setenv("WORDS_OF_THE_ROOT", "node's", 1);
    setenv("FANFOLD_OPT_SEED", "99", 1);
    struct ff_error err = {0};
    CU_ASSERT_EQUAL_FATAL(job_from_words(&got, words, n_bytes, n_words, &err),
                          0);
    unsetenv("OMP_NUM_THREADS");
    unsetenv("FANFOLD_OPT_SEED");
    CU_ASSERT_EQUAL(got.threads, 5);
    CU_ASSERT_TRUE(got.openmp_threads);
    CU_ASSERT_EQUAL(got.seed, 0);
    CU_ASSERT_EQUAL_FATAL(got.n_env, 1);
    CU_ASSERT_STRING_EQUAL(got.env[0], "WORDS_OF_THE_ROOT=root's");
}

static void stays(void)
{
    send_and_get("pi.c -n 7 --host a,b --json x --csv y --output z --bar "
                 "--time-limit 3s --max-failures 2 --hex --ldflags -lm "
                 "--launch srun");
    static const char *const keys[] = {"n=", "host=", "json=", "csv=",
                                       "output=", "bar=", "time-limit=",
                                       "max-failures=", "hex=", "ldflags=",
                                       "launch="};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        CU_ASSERT_FALSE(has_word(keys[i]));
        if (has_word(keys[i]))
            tap_note("'%s' was sent", keys[i]);
    }
    CU_ASSERT_EQUAL(got.workers, 0);
    CU_ASSERT_EQUAL(got.progress, PROGRESS_NONE);
    CU_ASSERT_EQUAL(got.time_limit_ns, 0);
}

static void refuse(const char *bytes, size_t n, uint32_t n_sent)
{
    struct ff_error err = {0};
    struct job job = {0};
    CU_ASSERT_EQUAL(job_from_words(&job, bytes, n, n_sent, &err), -1);
    CU_ASSERT(err.status != 0 && err.text[0] != '\0');
}

static void nonsense(void)
{
    send_job("pi.c --seed 3");
    for (size_t n = 0; n < n_bytes; n++)
        refuse(words, n, n_words);
    refuse(words, n_bytes, n_words + 1);
    refuse("seed", 5, 1);
    refuse("nosuch=1", 9, 1);
    refuse("seed=many", 10, 1);
    refuse("", 1, 1);
    char key[200];
    memset(key, 'k', sizeof key);
    memcpy(key + sizeof key - 2, "=", 2);
    refuse(key, sizeof key, 1);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"what counts on nodes arrives", arrives},
        {"the interpreter is the root's", python_arrives},
        {"the environment is the root's", environment},
        {"what the root does alone stays", stays},
        {"nonsense is refused", nonsense},
    };
    const int status = TAP_RUN(tests);
    release();
    return status;
}
