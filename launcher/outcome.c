/* SPDX-License-Identifier: Apache-2.0 */
/* Figures that follow from what was measured: see outcome.h. A serial run and
 * one without time for chunks measured nothing: its ratios are NaN. */
#include "outcome.h"

#include <math.h>
#include <stdlib.h>

void failures_release(struct failure *failure, size_t n)
{
    for (size_t i = 0; failure != NULL && i < n; i++)
        free(failure[i].backtrace);
    free(failure);
}

void outcome_release(struct outcome *o)
{
    failures_release(o->failure, o->n_failures);
    free(o->worker);
    free(o->delivered);
    o->delivered = NULL;
    o->n_delivered = 0;
    free(o->partial);
    o->failure = NULL;
    o->n_failures = 0;
    o->worker = NULL;
    o->partial = NULL;
}

/* Time of all executors while chunks could be taken. */
static uint64_t executors_ns(const struct outcome *o, const struct plan *plan)
{
    return o->compute_ns * plan->n_workers * plan->threads;
}

static bool is_measured(const struct outcome *o)
{
    return !o->serial && o->worker != NULL;
}

double outcome_efficiency(const struct outcome *o, const struct plan *plan)
{
    const uint64_t total = executors_ns(o, plan);
    uint64_t busy = 0;
    if (!is_measured(o) || total == 0)
        return NAN;
    for (uint32_t w = 0; w < plan->n_workers; w++)
        busy += o->worker[w].busy_ns;
    return busy < total ? (double)busy / (double)total : 1;
}

double outcome_imbalance(const struct outcome *o, const struct plan *plan)
{
    uint64_t busy = 0, most = 0;
    if (!is_measured(o))
        return NAN;
    for (uint32_t w = 0; w < plan->n_workers; w++) {
        const uint64_t ns = o->worker[w].busy_ns;
        busy += ns;
        most = ns > most ? ns : most;
    }
    if (busy == 0)
        return NAN;
    return (double)most * plan->n_workers / (double)busy - 1;
}

uint64_t outcome_idle_ns(const struct outcome *o, const struct plan *plan)
{
    const uint64_t total = executors_ns(o, plan);
    uint64_t used = 0;
    if (!is_measured(o))
        return 0;
    for (uint32_t w = 0; w < plan->n_workers; w++)
        used += o->worker[w].busy_ns + o->worker[w].publish_ns;
    return used < total ? total - used : 0;
}
