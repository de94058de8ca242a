/* SPDX-License-Identifier: Apache-2.0 */
/* When a run must have ended: see walltime.h. */
#include "walltime.h"
#include "clock.h"
#include "number.h"

#include <stdlib.h>
#include <time.h>

#define SECOND_NS UINT64_C(1000000000)
#define MARGIN_NS (10 * SECOND_NS)
#define MAX_S UINT64_C(16000000000) /* fits in ns; the year 2477 */

struct walltime walltime_of_limit(uint64_t started_ns, uint64_t limit_ns,
                                  uint64_t grace_ns)
{
    struct walltime w = {0};
    if (limit_ns == 0 || limit_ns > UINT64_MAX - started_ns)
        return w;
    w.end_ns = started_ns + limit_ns;
    w.kill_ns = grace_ns > UINT64_MAX - w.end_ns ? UINT64_MAX
                                                 : w.end_ns + grace_ns;
    return w;
}

struct walltime walltime_of_job(const char *end, uint64_t wall_ns,
                                uint64_t now_ns)
{
    struct walltime w = {0};
    uint64_t end_s;
    if (end == NULL || number_u64(end, &end_s) != 0 || end_s > MAX_S
        || end_s * SECOND_NS <= wall_ns)
        return w;
    const uint64_t left_ns = end_s * SECOND_NS - wall_ns;
    const uint64_t margin_ns = left_ns / 10 < MARGIN_NS ? left_ns / 10
                                                        : MARGIN_NS;
    w.end_ns = now_ns + (left_ns - margin_ns);
    w.kill_ns = w.end_ns + margin_ns / 2;
    return w;
}

struct walltime walltime_of_slurm(void)
{
    struct timespec t;
    if (getenv("SLURM_JOB_ID") == NULL
        || clock_gettime(CLOCK_REALTIME, &t) != 0 || t.tv_sec < 0)
        return (struct walltime){0};
    return walltime_of_job(getenv("SLURM_JOB_END_TIME"),
                           (uint64_t)t.tv_sec * SECOND_NS
                               + (uint64_t)t.tv_nsec, clock_ns());
}

uint64_t walltime_stop_ns(const struct walltime *w, uint64_t longest_ns)
{
    const uint64_t need_ns = longest_ns + longest_ns / 8;
    if (w->end_ns == 0)
        return 0;
    return need_ns < w->end_ns ? w->end_ns - need_ns : 1;
}
