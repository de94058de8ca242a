/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a table, one after the other: see lab_run.h. A step is run for
 * all values of its variables, and then again, as often as `best` says: what is
 * compared is measured in turn, so that others on the machine hit all of it;
 * lab_take.c puts what came of it into the table.
 */
#include "lab_run.h"
#include "clock.h"
#include "lab_command.h"
#include "lab_take.h"
#include "lab_words.h"
#include "template.h"
#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP_NS UINT64_C(30000000000) /* a step's time, unless it says */
#define TAIL 500

/* ---- progress ------------------------------------------------------------ */

static void show_progress(const struct lab_run *run)
{
    int columns = 80, rows;
    if (!terminal_rewrites(STDERR_FILENO))
        return;
    terminal_size(STDERR_FILENO, &columns, &rows);
    char text[300];
    int n = snprintf(text, sizeof text, "%s: %s, step %zu of %zu",
                     run->lab->name, run->m->table->name,
                     (size_t)(run->step - run->m->table->step) + 1,
                     run->m->table->n_steps);
    for (size_t i = 0; i < run->step->n_variables && n < 200; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, " %s=%.20s",
                      run->step->variable[i].name, run->value[i]);
    fprintf(stderr, "\r\033[K%.*s", columns > 1 ? columns - 1 : 0, text);
    fflush(stderr);
}

static void clear_progress(void)
{
    if (terminal_rewrites(STDERR_FILENO)) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
}

/* ---- one command --------------------------------------------------------- */

static bool is_expected(const struct lab_step *step, int status)
{
    for (size_t i = 0; i < step->n_status; i++)
        if (step->status[i] == status)
            return true;
    return false;
}

/* The command, how it ended, and its last words. */
static int not_as_expected(const struct lab_run *run, char *const *argv,
                           const struct lab_process *p, uint64_t limit_ns,
                           struct ff_error *err)
{
    const struct text *said = p->err.n > 0 ? &p->err : &p->out;
    struct text line = TEXT_EMPTY;
    char ended[120];
    template_quote(argv, &line);
    if (p->timed_out)
        snprintf(ended, sizeof ended, "did not end within %.3g s",
                 (double)limit_ns * 1e-9);
    else if (p->status > 128)
        snprintf(ended, sizeof ended, "was ended by signal %d (%s), which the "
                 "lab does not expect", p->status - 128,
                 strsignal(p->status - 128));
    else
        snprintf(ended, sizeof ended, "ended with status %d, which the lab "
                 "does not expect", p->status);
    ff_error_set(err, FF_ITEMS_FAILED, "%s:%u: '%.300s' %s%s%.*s",
                 run->lab->path, run->step->line,
                 line.at != NULL ? line.at : argv[0], ended,
                 said->n > 0 ? ":\n" : "", TAIL,
                 lab_process_tail(said, TAIL));
    for (size_t n = strlen(err->text); n > 0 && err->text[n - 1] == '\n'; n--)
        err->text[n - 1] = '\0';
    text_release(&line);
    return -1;
}

static int run_command(struct lab_run *run, char *const *argv,
                       struct ff_error *err)
{
    struct lab_process p;
    const uint64_t limit_ns = run->step->timeout_ns > 0
                              ? run->step->timeout_ns : STEP_NS;
    const uint64_t own_ns = clock_ns() + limit_ns;
    const bool last = run->site->end_ns < own_ns;
    if (run->json[0] != '\0')
        unlink(run->json);
    struct ff_error why;
    int rc = lab_process_run(argv, run->site->folder,
                             last ? run->site->end_ns : own_ns,
                             run->site->wake_fd, &p, &why);
    if (rc != 0)
        ff_error_set(err, why.status, "%s:%u: %.600s", run->lab->path,
                     run->step->line, why.text);
    if (rc == 0 && p.timed_out && last)
        rc = ff_error_set(err, FF_TIME_LIMIT, "%s:%u: the time limit of the "
                          "lab is reached (--time-limit sets another)",
                          run->lab->path, run->step->line);
    else if (rc == 0 && !is_expected(run->step, p.status))
        rc = not_as_expected(run, argv, &p, limit_ns, err);
    else if (rc == 0)
        rc = lab_take(run, &p, run->round > 0, err);
    lab_process_release(&p);
    return rc;
}

static int run_values(struct lab_run *run, struct ff_error *err)
{
    struct lab_command command = LAB_COMMAND_EMPTY;
    show_progress(run);
    int rc = lab_command_make(&command, run->site, run->lab, run->step,
                              run->value, run->json[0] != '\0' ? run->json
                                                               : NULL, err);
    if (rc == 0)
        rc = run_command(run, command.words.at, err);
    lab_command_release(&command);
    return rc;
}

/* ---- values -------------------------------------------------------------- */

/* The i-th value of a variable, as text. */
static const char *value_of(const struct lab_run *run, size_t variable,
                            size_t i, char out[24])
{
    const char *text = run->step->variable[variable].value[i];
    const uint64_t n = lab_words_cores(text, run->site->cores);
    if (n == 0)
        return text;
    snprintf(out, 24, "%llu", (unsigned long long)n);
    return out;
}

static bool came_before(const struct lab_run *run, size_t variable, size_t i)
{
    char a[24], b[24];
    const char *value = value_of(run, variable, i, a);
    for (size_t k = 0; k < i; k++)
        if (strcmp(value_of(run, variable, k, b), value) == 0)
            return true;
    return false;
}

/* All values of this variable and those behind it. */
static int run_from(struct lab_run *run, size_t variable, struct ff_error *err)
{
    char number[24];
    int rc = 0;
    if (variable == run->step->n_variables)
        return run_values(run, err);
    const struct lab_variable *v = &run->step->variable[variable];
    for (size_t i = 0; i < v->n_values && rc == 0; i++) {
        if (came_before(run, variable, i))
            continue;
        run->value[variable] = value_of(run, variable, i, number);
        rc = run_from(run, variable + 1, err);
    }
    return rc;
}

/* ---- steps --------------------------------------------------------------- */

/* What its words need, whether it says so or not. */
static bool needs_python(const struct lab_step *step)
{
    struct lab_piece p;
    for (size_t i = 0; i < step->n_words; i++)
        for (const char *at = step->word[i]; lab_words_next(&at, step, &p);)
            if (p.kind == LAB_NAME_PY || p.kind == LAB_NAME_PYTHON)
                return true;
    return false;
}

/* {fanfold} run {lab}/FILE.py:FUNCTION */
static bool needs_kernels(const struct lab_step *step)
{
    if (strcmp(step->word[0], "{fanfold}") != 0)
        return false;
    for (size_t i = 1; i < step->n_words; i++) {
        const char *end = strstr(step->word[i], ".py");
        if (strncmp(step->word[i], "{lab}/", 6) == 0 && end != NULL
            && (end[3] == '\0' || end[3] == ':'))
            return true;
    }
    return false;
}

static bool needs_mpi(const struct lab_step *step)
{
    struct lab_piece p;
    for (size_t i = 0; i < step->n_words; i++)
        for (const char *at = step->word[i]; lab_words_next(&at, step, &p);)
            if (p.kind == LAB_NAME_MPIRUN)
                return true;
    return step->mpicc;
}

/* As lab_site_check(). */
static int check_needs(struct lab_run *run, char *why, size_t size,
                       struct ff_error *err)
{
    static const struct lab_needs python = {{{.kind = LAB_NEED_PYTHON}}, 1};
    static const struct lab_needs kernels = {{{.kind = LAB_NEED_KERNELS}}, 1};
    static const struct lab_needs mpi = {{{.kind = LAB_NEED_MPI}}, 1};
    int rc = lab_site_check(run->site, &run->step->needs, why, size, err);
    if (rc == 0 && needs_python(run->step))
        rc = lab_site_check(run->site, &python, why, size, err);
    if (rc == 0 && needs_kernels(run->step))
        rc = lab_site_check(run->site, &kernels, why, size, err);
    if (rc == 0 && needs_mpi(run->step))
        rc = lab_site_check(run->site, &mpi, why, size, err);
    return rc;
}

static int run_step(struct lab_run *run, struct ff_error *err)
{
    char why[300];
    const int missing = check_needs(run, why, sizeof why, err);
    if (missing < 0)
        return -1;
    if (missing > 0)
        return lab_notes_add(&run->m->skipped, why) == 0 ? 0
               : ff_error_errno(err, FF_LOST, "cannot run a step");
    run->json[0] = '\0';
    if (run->step->wants_json)
        snprintf(run->json, sizeof run->json, "%s/run.json",
                 run->site->folder);
    int rc = 0;
    for (run->round = 0; run->round < run->step->best && rc == 0; run->round++)
        rc = run_from(run, 0, err);
    return rc;
}

int lab_run_table(struct lab_site *site, const struct lab *lab,
                  struct lab_measured *m, struct ff_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < m->table->n_steps && rc == 0; i++) {
        struct lab_run run = {.site = site, .lab = lab, .m = m,
                              .step = &m->table->step[i]};
        rc = run_step(&run, err);
    }
    clear_progress();
    lab_measured_compute(m);
    return rc;
}
