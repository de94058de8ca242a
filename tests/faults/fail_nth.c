/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into a program, lets what it asks the system for fail once: its
 * memory, mappings, descriptors, processes and threads. For allocations.test.
 *
 *   FAIL_NTH=0      nothing fails; each call is noted once for each way that
 *                   leads to it; FAIL_NTH=-1: each call is
 *   FAIL_NTH=N      call number N fails, and only that
 *   FAIL_NTH_LOG=F  what is noted, a line each: N, which call, and who made it,
 *                   as OBJECT+OFFSET, the innermost first, without the C library
 *
 * Programs that this one starts are not meant: they do not inherit it, and
 * copies of it (fork) do not count.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_FRAMES 24
#define MAX_WAYS 65536

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *at, size_t n);
extern void *__libc_memalign(size_t align, size_t n);

static pid_t self;
static bool armed;
static long fail_at;
static _Atomic long n_calls;
static int log_fd = -1;
static uint64_t seen[MAX_WAYS];
static _Thread_local bool inside;
static pid_t (*real_fork)(void);
static int (*real_create)(pthread_t *, const pthread_attr_t *,
                          void *(*)(void *), void *);

/* The callers, and a number for the way. */
static uint64_t describe(char *line, size_t room)
{
    void *frame[MAX_FRAMES];
    uint64_t hash = 1469598103934665603u; /* FNV-1a */
    size_t used = strlen(line);
    const int n = backtrace(frame, MAX_FRAMES);
    for (int i = 3; i < n; i++) {
        Dl_info info;
        if (dladdr(frame[i], &info) == 0 || info.dli_fname == NULL)
            continue;
        const char *name = strrchr(info.dli_fname, '/');
        name = name != NULL ? name + 1 : info.dli_fname;
        const uintptr_t offset =
            (uintptr_t)frame[i] - (uintptr_t)info.dli_fbase;
        hash = (hash ^ offset) * 1099511628211u;
        if (strncmp(name, "libc.so", 7) != 0 && used < room)
            used += (size_t)snprintf(line + used, room - used, " %s+0x%lx",
                                     name, (unsigned long)offset - 1);
    }
    return hash;
}

static bool is_new(uint64_t way)
{
    for (size_t i = way % MAX_WAYS, k = 0; k < MAX_WAYS; k++) {
        uint64_t *at = &seen[(i + k) % MAX_WAYS];
        if (*at == way)
            return false;
        if (*at == 0) {
            *at = way;
            return true;
        }
    }
    return false;
}

static void note(long n, const char *call)
{
    char line[1500];
    snprintf(line, sizeof line, "%ld %s", n, call);
    const uint64_t way = describe(line, sizeof line - 2);
    if (fail_at != 0 || is_new(way)) {
        line[sizeof line - 2] = '\0';
        strcat(line, "\n");
        if (write(log_fd, line, strlen(line)) < 0)
            abort();
    }
}

/* Is this call to fail? */
static bool fails(const char *call, int error)
{
    if (!armed || inside || getpid() != self)
        return false;
    inside = true;
    const long n = ++n_calls;
    const bool is = n == fail_at;
    if (is || fail_at <= 0)
        note(n, call);
    inside = false;
    if (is)
        errno = error;
    return is;
}

__attribute__((constructor)) static void begin(void)
{
    const char *nth = getenv("FAIL_NTH"), *path = getenv("FAIL_NTH_LOG");
    void *frame[4];
    if (nth == NULL || path == NULL)
        return;
    inside = true;
    backtrace(frame, 4); /* loads what it needs */
    real_fork = (pid_t (*)(void))dlsym(RTLD_NEXT, "fork");
    real_create = (int (*)(pthread_t *, const pthread_attr_t *,
                           void *(*)(void *), void *))dlsym(RTLD_NEXT,
                                                            "pthread_create");
    const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 200);
    close(fd);
    fail_at = atol(nth);
    unsetenv("LD_PRELOAD");
    unsetenv("FAIL_NTH");
    self = getpid();
    inside = false;
    armed = log_fd >= 0;
}

void *malloc(size_t n)
{
    return fails("malloc", ENOMEM) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return fails("calloc", ENOMEM) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *at, size_t n)
{
    return fails("realloc", ENOMEM) ? NULL : __libc_realloc(at, n);
}

void *aligned_alloc(size_t align, size_t n)
{
    return fails("aligned_alloc", ENOMEM) ? NULL : __libc_memalign(align, n);
}

int posix_memalign(void **out, size_t align, size_t n)
{
    void *at = fails("posix_memalign", ENOMEM) ? NULL
                                               : __libc_memalign(align, n);
    if (at == NULL)
        return ENOMEM;
    *out = at;
    return 0;
}

void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
    if (fails("mmap", ENOMEM))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, n, protection, flags, fd, offset);
}

int memfd_create(const char *name, unsigned flags)
{
    return fails("memfd_create", EMFILE)
               ? -1
               : (int)syscall(SYS_memfd_create, name, flags);
}

int pipe2(int fd[2], int flags)
{
    return fails("pipe2", EMFILE) ? -1 : (int)syscall(SYS_pipe2, fd, flags);
}

int eventfd(unsigned count, int flags)
{
    return fails("eventfd", EMFILE) ? -1
                                    : (int)syscall(SYS_eventfd2, count, flags);
}

int socketpair(int domain, int type, int protocol, int fd[2])
{
    return fails("socketpair", EMFILE)
               ? -1
               : (int)syscall(SYS_socketpair, domain, type, protocol, fd);
}

int dup(int fd)
{
    return fails("dup", EMFILE) ? -1 : (int)syscall(SYS_dup, fd);
}

int epoll_create1(int flags)
{
    return fails("epoll_create1", EMFILE)
               ? -1
               : (int)syscall(SYS_epoll_create1, flags);
}

pid_t fork(void)
{
    return fails("fork", EAGAIN) ? -1 : real_fork();
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                   void *(*function)(void *), void *argument)
{
    if (fails("pthread_create", EAGAIN))
        return EAGAIN;
    return real_create(thread, attributes, function, argument);
}
