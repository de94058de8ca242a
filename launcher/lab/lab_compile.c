/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of a lab, compiled: see lab_site.h. Each source once for each set of
 * flags, into the folder of the lab's own. */
#include "lab_site.h"
#include "program_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CC_WORDS 32
#define MESSAGES 700 /* bytes of the compiler's words in the error */

static bool same_flags(const struct lab_step *a, const struct lab_step *b)
{
    if (a->mpicc != b->mpicc || a->n_flags != b->n_flags)
        return false;
    for (size_t i = 0; i < a->n_flags; i++)
        if (strcmp(a->flag[i], b->flag[i]) != 0)
            return false;
    return true;
}

static bool name_program(const struct lab_site *site, size_t i,
                         const char *source, char out[PATH_MAX])
{
    const int n = (int)(strrchr(source, '.') - source);
    return snprintf(out, PATH_MAX, "%s/%.*s-%zu", site->folder, n, source, i)
           < PATH_MAX;
}

static int not_compiled(const struct lab_process *p, const char *path,
                        const char *compiler, struct ff_error *err)
{
    const struct text *said = p->err.n > 0 ? &p->err : &p->out;
    size_t n = said->n < MESSAGES ? said->n : MESSAGES;
    while (n > 0 && said->at[n - 1] == '\n')
        n--;
    if (p->timed_out)
        return ff_error_set(err, FF_TIME_LIMIT, "cannot compile '%s': the "
                            "time limit is reached", path);
    if (n == 0)
        return ff_error_set(err, FF_USAGE, "cannot compile '%s': '%s' ended "
                            "with status %d", path, compiler, p->status);
    return ff_error_set(err, FF_USAGE, "cannot compile '%.200s':\n%.*s", path,
                        (int)n, said->at);
}

/* CC may have several words ("ccache gcc"). */
static size_t split_compiler(char *text, char **argv)
{
    char *rest = NULL;
    size_t n = 0;
    for (char *p = strtok_r(text, " \t\n", &rest);
         p != NULL && n < MAX_CC_WORDS; p = strtok_r(NULL, " \t\n", &rest))
        argv[n++] = p;
    return n;
}

static int compile(struct lab_site *site, const struct lab_step *step,
                   const char *path, const char *out, struct ff_error *err)
{
    const char *cc = step->mpicc ? site->mpicc : getenv("CC");
    char *text = strdup(cc != NULL && *cc != '\0' ? cc : "cc");
    char *argv[MAX_CC_WORDS + LAB_MAX_FEW + 12], found[PATH_MAX];
    struct lab_process p = {.status = 0};
    int rc = -1;
    size_t n = text != NULL ? split_compiler(text, argv) : 0;
    if (n == 0 || !program_file(found, argv[0])) {
        ff_error_set(err, FF_USAGE, "cannot find the compiler '%s', needed "
                     "for '%s': install one (apt install gcc) or name one "
                     "(CC=clang fanfold lab ...)", n > 0 ? argv[0] : "",
                     path);
        goto end;
    }
    argv[n++] = (char *)"-O2";
    argv[n++] = (char *)"-g";
    argv[n++] = (char *)"-pthread";
    for (size_t i = 0; i < step->n_flags; i++)
        argv[n++] = (char *)(uintptr_t)step->flag[i];
    argv[n++] = (char *)"-o";
    argv[n++] = (char *)(uintptr_t)out;
    argv[n++] = (char *)(uintptr_t)path;
    argv[n++] = (char *)"-lm";
    argv[n] = NULL;
    /* Where we are: CC may be a relative path. */
    rc = lab_process_run(argv, ".", site->end_ns, site->wake_fd, &p, err);
    if (rc == 0 && p.status != 0)
        rc = not_compiled(&p, path, argv[0], err);
end:
    lab_process_release(&p);
    free(text);
    return rc;
}

int lab_site_compile(struct lab_site *site, const struct lab *lab,
                     const struct lab_step *step, const char *source,
                     char out[PATH_MAX], struct ff_error *err)
{
    char path[PATH_MAX];
    size_t i = 0;
    while (i < site->n_programs
           && (strcmp(site->program[i].source, source) != 0
               || !same_flags(site->program[i].step, step)))
        i++;
    if (i == LAB_MAX_PROGRAMS)
        return ff_error_set(err, FF_USAGE, "'%s': more than %d programs in "
                            "one lab", source, LAB_MAX_PROGRAMS);
    if (!name_program(site, i, source, out)
        || snprintf(path, sizeof path, "%s/%s", lab->folder, source)
               >= PATH_MAX)
        return ff_error_set(err, FF_USAGE, "path too long: '%s'", source);
    if (i < site->n_programs)
        return 0;
    if (compile(site, step, path, out, err) != 0)
        return -1;
    struct lab_program *program = &site->program[site->n_programs++];
    snprintf(program->source, sizeof program->source, "%s", source);
    program->step = step;
    return 0;
}
