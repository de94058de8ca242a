/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of the dying: see crash.h. The handler does only what is allowed in
 * one: it stores words in memory that is mapped as long as we live. Of threads
 * that crash together the first one counts. */
#include "crash.h"
#include "executor.h"
#include "trace.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES 65536 /* one handler may call another */

static struct worker_shm *shm;
static atomic_flag crashing = ATOMIC_FLAG_INIT;

static void note(uint32_t signal_number, int outside, uint64_t address)
{
    const struct executor *e = executor_of_thread();
    atomic_store(&shm->crash_executor, e != NULL ? e->ff.thread : NO_EXECUTOR);
    atomic_store(&shm->crash_outside, (uint32_t)outside);
    atomic_store(&shm->crash_address, address);
    atomic_store(&shm->crash_signal, signal_number);
}

/* Another thread was first: it has this long to take its notes, before we
 * take the process with us. */
static void let_it_note(void)
{
    const struct timespec while_it_does = {0, 20000000};
    nanosleep(&while_it_does, NULL);
}

/* Of a thread that the kernel started we do not know it. */
static const char *kernel_object(void)
{
    const struct executor *e = executor_of_thread();
    return e != NULL ? e->job->text + strlen(e->job->text) + 1 : "";
}

static void on_fatal(int signal_number, siginfo_t *info, void *context)
{
    /* SI_USER and SI_TKILL are sent by somebody; by us (abort) or not. */
    const int sent = info->si_code == SI_USER || info->si_code == SI_TKILL
                     || info->si_code == SI_QUEUE;
    const int outside = sent && info->si_pid != getpid();
    if (atomic_flag_test_and_set(&crashing)) {
        let_it_note();
    } else {
        note((uint32_t)signal_number, outside,
             sent ? 0 : (uint64_t)(uintptr_t)info->si_addr);
        trace_take(&shm->crash_trace, kernel_object(), context,
                   TRACE_INTERRUPTED);
    }
    /* The disposition is the default again (SA_RESETHAND): once we return, a
     * fault happens again; what was sent is sent again. */
    if (sent)
        raise(signal_number);
}

void crash_init(struct worker_shm *worker)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT,
                                SIGSYS, SIGTRAP};
    struct sigaction action = {.sa_sigaction = on_fatal};
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    shm = worker;
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
        sigaction(fatal[i], &action, NULL);
}

void crash_init_thread(void)
{
    stack_t stack = {.ss_size = STACK_BYTES};
    stack.ss_sp = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack.ss_sp != MAP_FAILED)
        sigaltstack(&stack, NULL);
    /* Without one a stack overflow still kills, it is only not attributed. */
}

void crash_thread_left(void)
{
    note(CRASH_LEFT, 0, 0);
    _exit(CRASH_LEFT_STATUS);
}
