/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has which cores: see lease.h.
 *
 * The locks lie far behind the hints, so that neither is in the other's way:
 * byte DOOR, then LAYERS times MAX_PUS bytes, one for each PU of a layer. A PU's
 * users are its locks on all layers; the cores are chosen by their most used
 * PU. The hints are one each for the same bytes.
 */
#include "lease.h"
#include "clock.h"
#include "cores_left.h"
#include "hash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LAYERS 16u
#define MAX_PUS 65536u
#define DOOR ((off_t)1 << 40)
#define LOCKS (DOOR + 1)
#define END (LOCKS + (off_t)LAYERS * MAX_PUS)
#define PATIENCE_NS UINT64_C(1000000000)
#define MAX_TOLD 3 /* pids in a text */

/* Nobody believes it: it names the owner of a lock, and tells ours apart. */
struct hint {
    uint32_t pid, reserved;
    uint64_t run;
};

/* ---- the file ------------------------------------------------------------ */

/* A directory of our own, where nobody else can put a file. */
static int open_dir(const char *path)
{
    struct stat st;
    mkdir(path, 0700); /* or it is there, or cannot be opened */
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && st.st_uid == geteuid()
        && (st.st_mode & 022) == 0)
        return fd;
    close(fd);
    errno = EPERM;
    return -1;
}

/* The runtime directory is the user's, or belongs to who he was before su. */
static bool is_ours(const char *path)
{
    struct stat st;
    return path[0] == '/' && stat(path, &st) == 0
           && st.st_uid == geteuid();
}

/* path: the one that is opened, or the last one that was not. */
static int find_dir(char *path, size_t size)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    int fd = -1;
    if (runtime != NULL && is_ours(runtime)
        && (size_t)snprintf(path, size, "%s/fanfold", runtime) < size)
        fd = open_dir(path);
    if (fd >= 0)
        return fd;
    snprintf(path, size, "/run/user/%u", (unsigned)geteuid());
    if (is_ours(path)) {
        snprintf(path, size, "/run/user/%u/fanfold", (unsigned)geteuid());
        fd = open_dir(path);
    }
    if (fd >= 0)
        return fd;
    snprintf(path, size, "/tmp/fanfold-%u", (unsigned)geteuid());
    return open_dir(path);
}

static int open_in(int dir, const char *host)
{
    struct stat st;
    char name[sizeof ((struct machine *)0)->host + 8];
    snprintf(name, sizeof name, "cores-%s", host);
    for (char *c = name; *c != '\0'; c++)
        if (*c == '/')
            *c = '_';
    const int fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
                          | O_NONBLOCK, 0600);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid())
        return fd;
    close(fd);
    errno = EPERM;
    return -1;
}

static void open_file(struct lease *lease, const char *host)
{
    char path[PATH_MAX];
    const int dir = find_dir(path, sizeof path);
    if (dir >= 0) {
        lease->fd = open_in(dir, host);
        const int cause = errno;
        close(dir);
        errno = cause;
    }
    if (lease->fd < 0)
        snprintf(lease->trouble, sizeof lease->trouble, "no cores are leased: "
                 "'%.200s': %s", path, strerror(errno));
}

/* ---- locks --------------------------------------------------------------- */

static int lock_bytes(int fd, off_t begin, off_t n)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET,
                         .l_start = begin, .l_len = n};
    return fcntl(fd, F_OFD_SETLK, &lock);
}

static void shut_door(struct lease *lease)
{
    const struct timespec moment = {.tv_nsec = 100000};
    const uint64_t end_ns = clock_ns() + PATIENCE_NS;
    while (lock_bytes(lease->fd, DOOR, 1) != 0) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
            snprintf(lease->trouble, sizeof lease->trouble, "no cores are "
                     "leased: they cannot be locked: %s", strerror(errno));
            lease_release(lease);
            return;
        }
        if (clock_ns() >= end_ns)
            return;
        nanosleep(&moment, NULL);
    }
}

static void open_door(const struct lease *lease)
{
    struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET,
                         .l_start = DOOR, .l_len = 1};
    fcntl(lease->fd, F_OFD_SETLK, &lock);
}

/* ---- who has what -------------------------------------------------------- */

/* What is found out about the others. */
struct census {
    int fd;
    uint64_t run;      /* ours: not one of them */
    uint16_t *users;   /* of each PU */
    uint32_t pid[MAX_TOLD];
    uint32_t n_pids;   /* more than MAX_TOLD: and others */
    bool unknown;      /* who one of them is */
};

static void note_owner(struct census *c, uint32_t pid)
{
    if (pid == 0 || pid > INT_MAX
        || (kill((pid_t)pid, 0) != 0 && errno == ESRCH)) {
        c->unknown = true;
        return;
    }
    for (uint32_t i = 0; i < c->n_pids && i < MAX_TOLD; i++)
        if (c->pid[i] == pid)
            return;
    if (c->n_pids < MAX_TOLD)
        c->pid[c->n_pids] = pid;
    c->n_pids++;
}

static void note_lock(struct census *c, off_t at)
{
    struct hint hint = {0};
    const off_t i = at - LOCKS;
    if (pread(c->fd, &hint, sizeof hint, i * (off_t)sizeof hint)
        != (ssize_t)sizeof hint)
        hint = (struct hint){0};
    if (c->run != 0 && hint.run == c->run)
        return;
    c->users[i % MAX_PUS]++;
    note_owner(c, hint.pid);
}

/* All locks of [begin, end): each look finds one, somewhere in it. A stack of
 * what is still to be looked at would be as deep; locks are few. */
static void count_locks(struct census *c, off_t begin, off_t end)
{
    while (begin < end) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET,
                             .l_start = begin, .l_len = end - begin};
        if (fcntl(c->fd, F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
            return;
        off_t from = lock.l_start, to = from + lock.l_len;
        if (lock.l_len == 0 || to > end)
            to = end;
        from = from > begin ? from : begin;
        if (from >= to)
            return;
        for (off_t at = from; at < to; at++)
            note_lock(c, at);
        count_locks(c, begin, from);
        begin = to;
    }
}

/* 0; -1: nobody has anything, or it cannot be found out. */
static int take_census(struct census *c, const struct lease *lease)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET,
                         .l_start = LOCKS, .l_len = END - LOCKS};
    *c = (struct census){.fd = lease->fd, .run = lease->run};
    if (fcntl(lease->fd, F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
        return -1;
    c->users = calloc(MAX_PUS, sizeof c->users[0]);
    if (c->users == NULL)
        return -1;
    count_locks(c, LOCKS, END);
    return 0;
}

/* Of each core of the machine; NULL without memory. */
static uint32_t *core_users(const struct census *c,
                            const struct machine *machine)
{
    uint32_t *users = calloc((size_t)machine->n_cores + 1, sizeof users[0]);
    for (uint32_t i = 0; users != NULL && i < machine->n_cores; i++) {
        const struct core *core = &machine->core[i];
        for (uint32_t k = 0; k < core->n_pus; k++) {
            const uint32_t pu = machine->pu[core->first + k];
            const uint32_t n = pu < MAX_PUS ? c->users[pu] : 0;
            users[i] = n > users[i] ? n : users[i];
        }
    }
    return users;
}

/* "another run of yours (pid 4711)", "2 other runs of yours (pids ...)" */
static void name_others(const struct census *c, char *out, size_t size)
{
    char pids[16 * MAX_TOLD] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < c->n_pids && i < MAX_TOLD; i++)
        n += (size_t)snprintf(pids + n, sizeof pids - n, "%s%" PRIu32,
                              i > 0 ? ", " : "", c->pid[i]);
    if (c->n_pids == 0)
        snprintf(out, size, "another run of yours");
    else if (c->n_pids == 1 && !c->unknown)
        snprintf(out, size, "another run of yours (pid %s)", pids);
    else
        snprintf(out, size, "other runs of yours (pids %s%s)", pids,
                 c->n_pids > MAX_TOLD || c->unknown ? ", ..." : "");
}

/* ---- the decision -------------------------------------------------------- */

static struct cores_left leave_others(struct machine *machine,
                                      const struct census *c,
                                      uint32_t workers, uint32_t threads,
                                      char *who, size_t size)
{
    struct cores_left left = {0};
    uint32_t *users = core_users(c, machine);
    name_others(c, who, size);
    if (users != NULL)
        left = cores_left(machine, users, workers, threads, who);
    free(users);
    return left;
}

static void tell_shared(struct lease *lease, const struct machine *machine,
                        uint32_t n_free, const char *who)
{
    const char *unit = machine_unit(machine);
    if (n_free == 0)
        snprintf(lease->told, sizeof lease->told, "no %s is free: sharing "
                 "them with %s, which slows both down (same results)", unit,
                 who);
    else
        snprintf(lease->told, sizeof lease->told, "%" PRIu32 " %s%s free: "
                 "sharing others with %s, which slows both down (same "
                 "results); -n %" PRIu32 " would not", n_free, unit,
                 n_free == 1 ? " is" : "s are", who, n_free);
}

bool lease_begin(struct lease *lease, struct machine *machine,
                 const struct job *job, uint32_t workers, uint32_t threads,
                 uint64_t run)
{
    struct census census;
    char who[120];
    *lease = LEASE_NONE;
    lease->run = run;
    open_file(lease, machine->host);
    if (lease->fd >= 0)
        shut_door(lease);
    if (lease->fd < 0 || job->oversubscribe
        || take_census(&census, lease) != 0)
        return false;
    const struct cores_left left = leave_others(machine, &census, workers,
                                                threads, who, sizeof who);
    free(census.users);
    lease->shared = left.shared;
    if (left.shared)
        tell_shared(lease, machine, left.n_free, who);
    return left.narrowed || left.shared;
}

uint32_t lease_peek(const struct machine *machine, uint32_t *hwthreads,
                    char *why, size_t size)
{
    struct machine left = *machine;
    struct lease lease = LEASE_NONE;
    struct census census;
    char who[120];
    left.core = calloc((size_t)machine->n_cores + 1, sizeof left.core[0]);
    if (left.core != NULL)
        open_file(&lease, machine->host);
    if (lease.fd >= 0 && take_census(&census, &lease) == 0) {
        memcpy(left.core, machine->core,
               machine->n_cores * sizeof left.core[0]);
        leave_others(&left, &census, 0, 1, who, sizeof who);
        free(census.users);
        snprintf(why, size, "%s", left.why);
        if (left.n_cores < machine->n_cores)
            *hwthreads = (uint32_t)((uint64_t)*hwthreads * left.n_cores
                                    / machine->n_cores);
        *hwthreads = *hwthreads > 0 ? *hwthreads : 1;
    }
    free(left.core);
    lease_release(&lease);
    return left.budget;
}

/* ---- to have them -------------------------------------------------------- */

static int compare_pus(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool has_place(const struct plan *plan, const struct core *core)
{
    for (uint32_t i = 0; i < plan->n_workers * plan->threads; i++)
        if (plan->place[i].core == core->number)
            return true;
    return false;
}

/* The PUs of the plan's cores, each once, ascending; NULL without memory. */
static uint32_t *list_pus(const struct machine *machine,
                          const struct plan *plan, uint32_t *n,
                          uint32_t *n_cores)
{
    uint32_t all = 1;
    for (uint32_t i = 0; i < machine->n_cores; i++)
        all += machine->core[i].n_pus;
    uint32_t *pu = calloc(all, sizeof pu[0]);
    *n = *n_cores = 0;
    for (uint32_t i = 0; pu != NULL && i < machine->n_cores; i++) {
        const struct core *core = &machine->core[i];
        if (!has_place(plan, core))
            continue;
        *n_cores += 1;
        for (uint32_t k = 0; k < core->n_pus; k++)
            if (machine->pu[core->first + k] < MAX_PUS)
                pu[(*n)++] = machine->pu[core->first + k];
    }
    if (pu != NULL)
        qsort(pu, *n, sizeof pu[0], compare_pus);
    return pu;
}

/* n neighbours on one layer. */
static bool lock_pus(const struct lease *lease, uint32_t layer, uint32_t pu,
                     uint32_t n)
{
    const off_t at = (off_t)layer * MAX_PUS + pu;
    const struct hint ours = {.pid = (uint32_t)getpid(), .run = lease->run};
    struct hint hint[64];
    if (lock_bytes(lease->fd, LOCKS + at, n) != 0)
        return false;
    for (uint32_t i = 0; i < 64; i++)
        hint[i] = ours;
    for (uint32_t i = 0; i < n; i += 64) {
        const size_t bytes = (n - i < 64 ? n - i : 64) * sizeof hint[0];
        if (pwrite(lease->fd, hint, bytes, (at + i) * (off_t)sizeof hint[0])
            < 0)
            return true; /* it is ours, whoever knows */
    }
    return true;
}

/* Each on the first layer that has room. */
static void lock_each(const struct lease *lease, uint32_t pu, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t layer = 0; layer < LAYERS; layer++)
            if (lock_pus(lease, layer, pu + i, 1))
                break;
}

void lease_take(struct lease *lease, const struct machine *machine,
                const struct plan *plan)
{
    uint32_t n, from = 0;
    if (lease->fd < 0)
        return;
    uint32_t *pu = list_pus(machine, plan, &n, &lease->n_cores);
    for (uint32_t i = 1; pu != NULL && i <= n; i++) {
        if (i < n && pu[i] == pu[i - 1] + 1)
            continue;
        if (!lock_pus(lease, 0, pu[from], i - from))
            lock_each(lease, pu[from], i - from);
        from = i;
    }
    free(pu);
    open_door(lease);
}

void lease_release(struct lease *lease)
{
    if (lease->fd >= 0)
        close(lease->fd);
    lease->fd = -1;
}

void lease_tell(const struct lease *lease, struct plan *plan)
{
    if (lease->told[0] != '\0' && plan->warning[0] == '\0')
        snprintf(plan->warning, sizeof plan->warning, "%s", lease->told);
}

/* ---- whose --------------------------------------------------------------- */

bool lease_is_due(void)
{
    return getenv("FANFOLD_RANK") == NULL;
}

uint64_t lease_run(void)
{
    const char *run = getenv("FANFOLD_RUN");
    return run != NULL ? hash_bytes(run, strlen(run)) : 0;
}
