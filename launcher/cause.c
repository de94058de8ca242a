/* SPDX-License-Identifier: Apache-2.0 */
/* How a worker ended: see cause.h. Its memory is what a process has left that
 * has just gone wrong: what it says is checked, or only shown. */
#include "cause.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* What somebody who wants an end of a process sends. */
static bool sent_by_people(int number)
{
    return number == SIGKILL || number == SIGTERM || number == SIGINT
           || number == SIGHUP || number == SIGQUIT;
}

/* The signal that ended a worker. Its handler may have met a stack in ruins
 * and died of a SIGSEGV itself: then the one that it noted counts. */
static int signal_of(const struct worker_shm *w, int status)
{
    const uint32_t noted = atomic_load(&w->crash_signal);
    const int number = WTERMSIG(status);
    return number == SIGSEGV && noted > 0 && noted < NSIG ? (int)noted
                                                          : number;
}

/* "SIGSEGV", "SIGRTMIN+3"; what glibc keeps to itself has no name. */
void cause_signal_name(int number, char out[32])
{
    const char *name = sigabbrev_np(number);
    if (name != NULL)
        snprintf(out, 32, "SIG%s", name);
    else if (number >= SIGRTMIN)
        snprintf(out, 32, "SIGRTMIN+%d", number - SIGRTMIN);
    else
        snprintf(out, 32, "signal %d", number);
}

static void cause_of_signal(const struct worker_shm *w, int status,
                            struct cause *cause)
{
    const int number = signal_of(w, status);
    char name[32];
    cause_signal_name(number, name);
    snprintf(cause->text, sizeof cause->text, "killed by %s", name);
    cause->death = sent_by_people(number) ? DEATH_OUTSIDE : DEATH_OWN;
    if (atomic_load(&w->crash_signal) != (uint32_t)number)
        return;
    cause->tid = atomic_load(&w->crash_executor);
    if (atomic_load(&w->crash_outside)) {
        cause->death = DEATH_OUTSIDE;
        return;
    }
    cause->trace = &w->crash_trace;
    const uint64_t address = atomic_load(&w->crash_address);
    if (number == SIGSEGV || number == SIGBUS) {
        const size_t n = strlen(cause->text);
        snprintf(cause->text + n, sizeof cause->text - n,
                 " at address 0x%" PRIx64, address);
    }
}

void cause_of_death(const struct slot *s, int status, uint64_t timeout_ns,
                    struct cause *cause)
{
    const struct worker_shm *w = s->shm.at;
    *cause = (struct cause){DEATH_OWN, NO_EXECUTOR, NULL, NULL, ""};
    if (s->killed == KILLED_TIMEOUT || s->asked) {
        cause->tid = s->killed_tid;
        cause->late = s->asked ? w : NULL;
        snprintf(cause->text, sizeof cause->text, "ran longer than --timeout "
                 "%.9g s", (double)timeout_ns / 1e9);
    } else if (s->killed == KILLED_STOPPED) {
        snprintf(cause->text, sizeof cause->text, "was stopped by a signal "
                 "and did not continue");
    } else if (s->killed == KILLED_DAMAGED) {
        snprintf(cause->text, sizeof cause->text, "damaged the memory of its "
                 "results");
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == CRASH_LEFT_STATUS
               && atomic_load(&w->crash_signal) == CRASH_LEFT) {
        cause->tid = atomic_load(&w->crash_executor);
        snprintf(cause->text, sizeof cause->text, "ended its thread");
    } else if (WIFEXITED(status)) {
        snprintf(cause->text, sizeof cause->text, "called exit (status %d)",
                 WEXITSTATUS(status));
    } else {
        cause_of_signal(w, status, cause);
    }
}

struct backtrace *cause_backtrace(const struct cause *cause)
{
    return cause->trace != NULL ? backtrace_copy(cause->trace)
           : cause->late != NULL ? backtrace_of_stacks(cause->late, cause->tid)
                                 : NULL;
}
