/* SPDX-License-Identifier: Apache-2.0 */
/* Figures that follow from what was measured: see outcome.h. A serial run and
 * one without time for chunks measured nothing: its ratios are NaN. */
#include "outcome.h"
#include "backtrace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int failure_set_reason(struct failure *f, const char *text, size_t n)
{
    char *copy = strndup(text, n);
    if (copy == NULL)
        return -1;
    free(f->reason);
    f->reason = copy;
    return 0;
}

void failures_release(struct failure *failure, size_t n)
{
    for (size_t i = 0; failure != NULL && i < n; i++) {
        free(failure[i].reason);
        backtrace_free(failure[i].backtrace);
        free(failure[i].text);
    }
    free(failure);
}

void outcome_release(struct outcome *o)
{
    failures_release(o->failure, o->n_failures);
    free(o->worker);
    map_destroy(o->map);
    o->map = NULL;
    free(o->lost);
    o->lost = NULL;
    o->nodes_lost = 0;
    free(o->delivered);
    o->delivered = NULL;
    o->n_delivered = 0;
    free(o->partial);
    free(o->state);
    o->failure = NULL;
    o->n_failures = 0;
    o->worker = NULL;
    o->partial = o->state = NULL;
}

uint32_t outcome_executors(const struct outcome *o, const struct plan *plan)
{
    return spec_is_whole(&o->spec) ? plan->n_workers : plan_executors(plan);
}

bool outcome_measured(const struct outcome *o)
{
    return !o->serial && o->worker != NULL;
}

struct worker_outcome outcome_sum(const struct outcome *o,
                                  const struct plan *plan)
{
    struct worker_outcome sum = o->gone;
    for (uint32_t i = 0; outcome_measured(o) && i < plan->n_workers; i++) {
        const struct worker_outcome *w = &o->worker[i];
        sum.chunks += w->chunks;
        sum.busy_ns += w->busy_ns;
        sum.publish_ns += w->publish_ns;
        sum.steals += w->steals;
        sum.cpu_ns += w->cpu_ns;
        sum.wait_ns += w->wait_ns;
        sum.deaths += w->deaths;
    }
    return sum;
}

/* Time of all executors while chunks could be taken. */
static uint64_t executors_ns(const struct outcome *o, const struct plan *plan)
{
    return o->executors_ns > 0 ? o->executors_ns
           : o->compute_ns * outcome_executors(o, plan);
}

double outcome_efficiency(const struct outcome *o, const struct plan *plan)
{
    const uint64_t total = executors_ns(o, plan);
    if (!outcome_measured(o) || total == 0)
        return NAN;
    const uint64_t busy = outcome_sum(o, plan).busy_ns;
    return busy < total ? (double)busy / (double)total : 1;
}

double outcome_imbalance(const struct outcome *o, const struct plan *plan)
{
    const uint64_t busy = outcome_sum(o, plan).busy_ns - o->gone.busy_ns;
    uint64_t most = 0;
    if (busy == 0)
        return NAN;
    for (uint32_t w = 0; w < plan->n_workers; w++)
        most = o->worker[w].busy_ns > most ? o->worker[w].busy_ns : most;
    return (double)most * plan->n_workers / (double)busy - 1;
}

uint64_t outcome_idle_ns(const struct outcome *o, const struct plan *plan)
{
    const uint64_t total = executors_ns(o, plan);
    const struct worker_outcome sum = outcome_sum(o, plan);
    const uint64_t used = sum.busy_ns + sum.publish_ns;
    return outcome_measured(o) && used < total ? total - used : 0;
}
