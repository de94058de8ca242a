/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of all threads: see stacks.h. The handlers do only what is allowed in
 * one: system calls, and words in memory that is mapped as long as we live. */
#include "stacks.h"
#include "executor.h"
#include "trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* One that hardly anybody uses: not the last, which is the first that comes to
 * mind to whoever wants one. */
#define STACKS_SIGNAL (SIGRTMAX - 1)

static struct worker_shm *shm;
static const char *kernel;
static int wakes;
static pid_t owner;

static struct stacks *stacks(void)
{
    return &shm->stacks;
}

/* ---- one thread ---------------------------------------------------------- */

/* The slot of this thread: the first one for whom it is about, whatever comes
 * before it. NULL: there is no room, or it has one. */
static struct thread_stack *take_slot(int32_t tid, uint32_t executor)
{
    struct stacks *s = stacks();
    for (uint32_t i = 0; i < STACKS_THREADS; i++)
        if (atomic_load(&s->thread[i].tid) == tid)
            return NULL;
    int32_t none = 0;
    if (executor + 1 == atomic_load(&s->wanted)
        && atomic_compare_exchange_strong(&s->thread[0].tid, &none, tid))
        return &s->thread[0];
    const uint32_t k = 1 + atomic_fetch_add(&s->n_taken, 1);
    if (k >= STACKS_THREADS)
        return NULL;
    atomic_store(&s->thread[k].tid, tid);
    return &s->thread[k];
}

static void tell_when_complete(void)
{
    const uint32_t asked = atomic_load(&stacks()->asked);
    if (asked != 0 && atomic_load(&stacks()->answered) >= asked)
        event_notify(wakes);
}

/* An executor that waits for chunks, while another's took too long. */
static bool is_idle(const struct executor *e)
{
    return e != NULL && e->shm != NULL
           && e->ff.thread + 1 != atomic_load(&stacks()->wanted)
           && atomic_load(&e->shm->current) == NO_CHUNK;
}

static void note_thread(void *context, enum trace_from from)
{
    const struct executor *e = executor_of_thread();
    const uint32_t executor = e != NULL ? e->ff.thread : NO_EXECUTOR;
    struct thread_stack *t = NULL;
    if (is_idle(e))
        atomic_fetch_add(&stacks()->n_idle, 1);
    else
        t = take_slot((int32_t)syscall(SYS_gettid), executor);
    if (t != NULL) {
        t->executor = executor;
        trace_take(&t->trace, kernel, context, from);
        atomic_store(&t->done, 1);
    }
    atomic_fetch_add(&stacks()->answered, 1);
    tell_when_complete();
}

/* Have we been asked? (A process that the kernel has forked never is.) */
static bool is_wanted(void)
{
    return getpid() == owner && atomic_load(&stacks()->wanted) != 0;
}

/* The kill is near. Whoever returned now would find what it waited for
 * interrupted (pause(), poll() and sleep() are, whatever SA_RESTART says), and
 * might go on from there: with a value that nobody computed. */
static void wait_for_kill(void)
{
    const struct timespec look = {.tv_nsec = 1000000};
    while (atomic_load(&stacks()->freed) == 0)
        nanosleep(&look, NULL);
}

/* As if we had no handler: at the end of this one. */
static void end_by(int number)
{
    signal(number, SIG_DFL);
    raise(number);
}

static void on_stack(int number, siginfo_t *info, void *context)
{
    const int error = errno;
    (void)info;
    if (is_wanted()) {
        note_thread(context, TRACE_INTERRUPTED);
        wait_for_kill();
    } else {
        end_by(number);
    }
    errno = error;
}

/* ---- all of them --------------------------------------------------------- */

static int32_t number_of(const char *name)
{
    int32_t n = 0;
    while (*name >= '0' && *name <= '9')
        n = n * 10 + (*name++ - '0');
    return *name == '\0' ? n : 0;
}

/* Another thread than us: sends it the signal. */
static void ask_thread(int32_t tid, int32_t self)
{
    struct stacks *s = stacks();
    const uint32_t n = s->n_listed;
    if (n < STACKS_LISTED)
        s->listed[n] = tid;
    s->n_listed = n + 1;
    if (tid != self)
        syscall(SYS_tgkill, owner, tid, STACKS_SIGNAL);
}

/* In the order in which they were made. Threads that begin or end meanwhile may
 * be missed. */
static void ask_all(int32_t self)
{
    _Alignas(struct dirent64) char entries[1024];
    const int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long n;
    if (fd < 0) {
        ask_thread(self, self);
        return;
    }
    while ((n = syscall(SYS_getdents64, fd, entries, sizeof entries)) > 0)
        for (long at = 0; at < n;) {
            const struct dirent64 *d = (const void *)(entries + at);
            const int32_t tid = number_of(d->d_name);
            if (tid > 0)
                ask_thread(tid, self);
            at += d->d_reclen;
        }
    close(fd);
}

static void on_quit(int number, siginfo_t *info, void *context)
{
    static atomic_flag listing = ATOMIC_FLAG_INIT;
    const int error = errno;
    (void)info;
    if (!is_wanted()) {
        end_by(number);
    } else if (!atomic_flag_test_and_set(&listing)) {
        ask_all((int32_t)syscall(SYS_gettid));
        atomic_store(&stacks()->asked, stacks()->n_listed);
        note_thread(context, TRACE_BELOW_HANDLERS);
        wait_for_kill();
    }
    errno = error;
}

void stacks_init(struct worker_shm *worker, const char *object, int event)
{
    struct sigaction action = {.sa_sigaction = on_quit};
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigemptyset(&action.sa_mask);
    shm = worker;
    kernel = object;
    wakes = event;
    owner = getpid();
    sigaction(SIGQUIT, &action, NULL);
    action.sa_sigaction = on_stack;
    sigaction(STACKS_SIGNAL, &action, NULL);
}
