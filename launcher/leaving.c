/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers that leave by themselves: at the end of the run, or to be replaced
 * (--recycle). Neither is a death.
 */
#include "run.h"
#include "cause.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>

void leaving_tell(struct run *run, uint32_t rank, const struct message *m)
{
    struct cause cause;
    char at[PLAN_AT];
    const uint32_t state = atomic_load(&crew_worker(run->crew, rank)->state);
    if (task_is_command(&run->job->task)
        || (state != WORKER_TEARDOWN && state != WORKER_LEAVING)
        || (WIFEXITED(m->status) && WEXITSTATUS(m->status) == 0))
        return;
    cause_of_death(&run->crew->slot[rank], m->status,
                   run->job->timeout_ns, &cause);
    progress_clear(&run->progress);
    fprintf(stderr, "fanfold: FF_TEARDOWN of worker %u%s did not end: %s\n",
            crew_rank(run->crew, rank), plan_at(run->plan, at),
            run->crew->slot[rank].killed == KILLED_END
                  ? "took longer than two seconds" : cause.text);
}

bool leaving_is_replaced(struct run *run, uint32_t rank)
{
    const struct slot *s = &run->crew->slot[rank];
    if (run->job->recycle == 0 || !run->opened || s->diagnosing
        || (s->killed != KILLED_NOT && s->killed != KILLED_END)
        || atomic_load(&crew_worker(run->crew, rank)->state) != WORKER_LEAVING)
        return false;
    if (s->solo_chunk != NO_CHUNK && !s->solo_again
        && !gather_settled(&run->gather, s->solo_chunk))
        return false;
    for (uint32_t tid = 0; tid < run->crew->threads; tid++)
        if (fate_chunk_in_hand(run, rank, tid) != NO_CHUNK)
            return false;
    return true;
}

void leaving_take(struct run *run, uint32_t rank, const struct message *m)
{
    char at[PLAN_AT];
    run->crew->slot[rank].left = true;
    run->opening_deaths = 0;
    run->ran = true;
    fate_check_solo(run);
    leaving_tell(run, rank, m);
    if (run->job->verbose)
        fprintf(stderr, "fanfold: worker %u (pid %d%s) left after %" PRIu32
                " chunk%s (--recycle)\n", crew_rank(run->crew, rank),
                (int)m->pid, plan_at(run->plan, at), run->job->recycle,
                run->job->recycle == 1 ? "" : "s");
}
