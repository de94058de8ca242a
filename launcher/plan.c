/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs where: see plan.h. Executors take cores in the machine's logical
 * order, so that the threads of a worker are neighbours. */
#include "plan.h"
#include "figure.h"

#include <stdio.h>
#include <stdlib.h>

/* Where so many threads come from. */
static const char *threads_option(const struct job *job)
{
    return job->openmp_threads ? "OMP_NUM_THREADS" : "--threads";
}

static int check_size(const struct job *job, uint32_t workers,
                      struct ff_error *err)
{
    const uint64_t n = (uint64_t)workers * job->threads;
    char most[FIGURE_TEXT], w[FIGURE_TEXT], t[FIGURE_TEXT], all[FIGURE_TEXT];
    if (n <= LEDGER_MAX_EXECUTORS)
        return 0;
    figure_count(most, LEDGER_MAX_EXECUTORS);
    figure_count(w, workers);
    figure_count(t, job->threads);
    figure_count(all, n);
    if (job->threads == 1)
        return ff_error_set(err, FF_USAGE, "option '-n': %s workers are more "
                            "than the %s that one node can have", w, most);
    if (workers == 1)
        return ff_error_set(err, FF_USAGE, "'%s': %s threads are more than "
                            "the %s that one node can have",
                            threads_option(job), t, most);
    return ff_error_set(err, FF_USAGE, "'-n' and '%s': %s workers of %s "
                        "threads are %s threads, more than the %s that one "
                        "node can have", threads_option(job), w, t, all, most);
}

static void say_why(struct plan *plan, const struct job *job,
                    const struct machine *machine)
{
    const uint32_t n = plan->n_workers * plan->threads;
    char threads[64] = "", from[32] = "", count[FIGURE_TEXT];
    if (plan->threads > 1)
        snprintf(threads, sizeof threads, " x %s threads",
                 figure_count(count, plan->threads));
    snprintf(plan->why, sizeof plan->why, "%s worker%s%s: %s%s",
             figure_count(count, plan->n_workers),
             plan->n_workers == 1 ? "" : "s", threads,
             job->workers > 0 ? "as asked for; " : "", machine->why);
    if (n <= machine->budget)
        return;
    if (job->openmp_threads)
        snprintf(from, sizeof from, "OMP_NUM_THREADS=%u; ", plan->threads);
    snprintf(plan->warning, sizeof plan->warning, "%s %s share %u core%s "
             "(%s%s): slower than one a core, same results",
             figure_count(count, n), plan->threads > 1 ? "threads" : "workers",
             machine->budget, machine->budget == 1 ? "" : "s", from,
             machine->why);
}

int plan_make(struct plan *plan, const struct job *job,
              const struct machine *machine, struct ff_error *err)
{
    uint32_t workers = job->workers;
    if (workers == 0)
        workers = machine->budget / job->threads;
    if (workers == 0)
        workers = 1;
    if (check_size(job, workers, err) != 0)
        return -1;
    const uint32_t n = workers * job->threads;
    *plan = (struct plan){.n_workers = workers, .threads = job->threads,
                          .bound = n <= machine->n_cores};
    plan->place = calloc(n, sizeof plan->place[0]);
    if (plan->place == NULL)
        return ff_error_errno(err, FF_LOST, "cannot plan %u workers", workers);
    for (uint32_t i = 0; i < n; i++) {
        const struct core *c = &machine->core[i % machine->n_cores];
        plan->place[i] = (struct place){
            .pu = plan->bound ? c->pu : NO_PU, .l2 = c->l2, .l3 = c->l3,
            .numa = c->numa, .package = c->package};
    }
    say_why(plan, job, machine);
    return 0;
}

void plan_release(struct plan *plan)
{
    free(plan->place);
    plan->place = NULL;
}
