/* SPDX-License-Identifier: Apache-2.0 */
/* When a run must have ended, and when it begins nothing more for that: pure,
 * but for walltime_of_slurm. All times are of clock_ns, so that a wall clock that
 * jumps meanwhile changes nothing. */
#ifndef FANFOLD_LAUNCHER_WALLTIME_H
#define FANFOLD_LAUNCHER_WALLTIME_H

#include <stdint.h>

struct walltime {
    uint64_t end_ns;   /* chunks are to have ended; 0: whenever */
    uint64_t kill_ns;  /* those that have not are killed */
};

/* --time-limit: so much for all, then a grace for what still runs. */
struct walltime walltime_of_limit(uint64_t started_ns, uint64_t limit_ns,
                                  uint64_t grace_ns);

/* Of a job that the scheduler ends at `end`, as text in seconds since 1970, while
 * the wall clock is at wall_ns and ours at now_ns. Chunks are to have ended
 * before: by 10 s, or a tenth of what is left; in the middle of that we kill
 * them, and have the other half for the report. What is no time, or has been, is none. */
struct walltime walltime_of_job(const char *end, uint64_t wall_ns,
                                uint64_t now_ns);

/* That of the job of Slurm that we are in (SLURM_JOB_END_TIME), if any. */
struct walltime walltime_of_slurm(void);

/* From when on a chunk like the longest so far would not have ended in time: no
 * later than end_ns. An eighth is added for those that take a little longer.
 * 0 for a walltime that is none. */
uint64_t walltime_stop_ns(const struct walltime *w, uint64_t longest_ns);

#endif
