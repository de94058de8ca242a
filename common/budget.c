/* SPDX-License-Identifier: Apache-2.0 */
/* How many cores we may use: see budget.h. */
#include "budget.h"
#include "cgroup.h"
#include "number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

uint32_t budget_choose(const struct budget_limits *l, char *why, size_t size)
{
    const uint32_t cpus = cgroup_quota_cpus(l->quota);
    const char *reason = NULL;
    uint32_t budget = l->n_usable;
    char slurm[64];
    if (l->n_usable < l->n_allowed)
        reason = "affinity mask";
    else if (l->n_allowed < l->n_all)
        reason = "cpuset";
    if (cpus != 0 && cpus < budget) {
        budget = cpus;
        reason = l->quota->why;
    }
    if (l->slurm_cpus != 0 && l->slurm_cpus < budget) {
        budget = l->slurm_cpus;
        snprintf(slurm, sizeof slurm, "SLURM_CPUS_PER_TASK=%" PRIu32,
                 l->slurm_cpus);
        reason = slurm;
    }
    if (reason != NULL)
        snprintf(why, size, "%" PRIu32 " of %" PRIu32 " %s%s: %s", budget,
                 l->n_all, l->unit, l->n_all == 1 ? "" : "s", reason);
    else if (l->n_all == 1)
        snprintf(why, size, "the only %s", l->unit);
    else
        snprintf(why, size, "all %" PRIu32 " %ss", l->n_all, l->unit);
    return budget;
}

uint32_t budget_slurm_cpus(void)
{
    const char *text = getenv("SLURM_CPUS_PER_TASK");
    const char *step = getenv("SLURM_STEP_ID");
    uint64_t n;
    if (text == NULL || step == NULL || step[0] == '\0'
        || number_u64(text, &n) != 0 || n > UINT32_MAX)
        return 0;
    return (uint32_t)n;
}
