/* SPDX-License-Identifier: Apache-2.0 */
/* Commands and sources on a command line: see task_words.h. */
#include "task_words.h"
#include "job_file.h"
#include "python_name.h"
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *word;
    enum task_source_kind kind;
    bool linked;
} begins[] = {{":::", TASK_VALUES, false},
              {":::+", TASK_VALUES, true},
              {"::::", TASK_FILE, false},
              {"::::+", TASK_FILE, true}};

enum { N_BEGINS = sizeof begins / sizeof begins[0] };

/* Which of them it is; N_BEGINS: none. */
static size_t beginning(const char *word)
{
    size_t i = 0;
    while (i < N_BEGINS && strcmp(word, begins[i].word) != 0)
        i++;
    return i;
}

static int add_source(struct task *task, struct task_source source,
                      struct ff_error *err)
{
    if (source.linked && task->n_sources == 0)
        return ff_error_set(err, FF_USAGE, "'%s' links values with the source "
                            "before it, and there is none",
                            source.kind == TASK_FILE ? "::::+" : ":::+");
    if (task->n_sources == WORK_MAX_SOURCES)
        return ff_error_set(err, FF_USAGE, "more than %d sources of items",
                            WORK_MAX_SOURCES);
    task->source[task->n_sources++] = source;
    return 0;
}

/* The n words behind one that begins sources. */
static int take(struct task *task, size_t which, char *const *word, int n,
                struct ff_error *err)
{
    const bool linked = begins[which].linked;
    if (begins[which].kind == TASK_VALUES)
        return add_source(task, (struct task_source){
            .kind = TASK_VALUES, .linked = linked,
            .value = (const char *const *)word,
            .n = (size_t)n}, err);
    if (n == 0)
        return ff_error_set(err, FF_USAGE, "no file behind '%s': '%s FILE' "
                            "takes the lines of FILE", begins[which].word,
                            begins[which].word);
    for (int i = 0; i < n; i++)
        if (add_source(task, (struct task_source){
                .kind = TASK_FILE, .linked = linked, .path = word[i]}, err)
            != 0)
            return -1;
    return 0;
}

int task_take_sources(struct task *task, int argc, char *const *argv,
                      struct ff_error *err)
{
    int first = 1;
    while (first < argc && beginning(argv[first]) == N_BEGINS)
        first++;
    for (int i = first; i < argc;) {
        const size_t which = beginning(argv[i++]);
        const int from = i;
        while (i < argc && beginning(argv[i]) == N_BEGINS)
            i++;
        if (take(task, which, argv + from, i - from, err) != 0)
            return -1;
    }
    return first;
}

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode)
           && access(path, X_OK) == 0;
}

static bool is_in_path(const char *name)
{
    const char *dir = getenv("PATH");
    char path[4096];
    for (; dir != NULL && *dir != '\0'; dir += *dir == ':') {
        const int n = (int)strcspn(dir, ":");
        snprintf(path, sizeof path, "%.*s/%s", n, dir, name);
        if (n > 0 && is_program(path))
            return true;
        dir += n;
    }
    return false;
}

/* "gzip -k {}.c": for a shell to read, and not the name of a file. */
static bool is_line(const char *word)
{
    char file[SOURCE_PATH];
    source_file(file, word); /* also that of a function */
    return strpbrk(word, " \t\n") != NULL && access(file, F_OK) != 0;
}

bool task_begins_command(const char *word, bool dashes)
{
    const bool script = source_is_python(word)
                        && python_name_function(word) == NULL;
    if (is_line(word))
        return true;
    if (!script && (source_is_kernel(word) || job_file_is(word)))
        return false;
    return (dashes && !script)
           || (strchr(word, '/') != NULL ? is_program(word)
                                         : is_in_path(word));
}
