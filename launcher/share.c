/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one of several ranks on a node takes of it: see share.h.
 *
 * Was a rank bound? An affinity mask that is smaller than the cpuset may be the
 * starter's own (taskset 0xff mpirun ...): then all ranks have it, and share
 * it. So masks are compared with that of the process that started us, which is
 * not bound by itself.
 *
 * Several ranks may be bound to the same cores (--bind-to socket): they divide
 * them. Who they are is seen in /proc: they are children of the same starter.
 */
#include "share.h"
#include "cgroup.h"
#include "clock.h"
#include "cpulist.h"

#include <dirent.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define MAX_CPUS 65536
#define MAX_ANCESTORS 16
#define MAX_WAIT_NS UINT64_C(50000000)

/* ---- the part of a rank -------------------------------------------------- */

/* Part i of n of what there is: where it begins. */
static uint32_t begin_of(uint32_t all, uint32_t i, uint32_t n)
{
    return (uint32_t)((uint64_t)all * i / n);
}

void share_choose(struct share *share, uint32_t n_cores, uint32_t quota,
                  uint32_t local, uint32_t n_local)
{
    *share = (struct share){.kind = SHARE_WHOLE, .local = local,
                            .n_local = n_local, .n_cores = n_cores,
                            .quota = quota};
    if (n_local <= 1)
        return;
    share->kind = n_cores >= n_local ? SHARE_PART : SHARE_CROWDED;
    share->first = begin_of(n_cores, local, n_local);
    share->n_cores = begin_of(n_cores, local + 1, n_local) - share->first;
    if (share->kind == SHARE_CROWDED) {
        share->first = local % n_cores;
        share->n_cores = 1;
    }
    if (quota == 0)
        return;
    share->quota = begin_of(quota, local + 1, n_local)
                   - begin_of(quota, local, n_local);
    if (share->quota == 0)
        share->quota = 1;
}

/* "cores 2,3": those of the machine that are left. */
static void list_cores(const struct machine *machine, char out[80])
{
    uint32_t *number = calloc((size_t)machine->n_cores + 1, sizeof number[0]);
    uint32_t n = 0;
    for (uint32_t i = 0; number != NULL && i < machine->n_cores; i++)
        if (n == 0 || number[n - 1] != machine->core[i].number)
            number[n++] = machine->core[i].number;
    int length = snprintf(out, 80, "core%s ", n == 1 ? "" : "s");
    cpu_list_text(number, n, out + length, 80 - (size_t)length);
    free(number);
}

void share_limit(const struct share *share, struct machine *machine)
{
    char cores[80], reason[160];
    const bool limited = share->quota != 0 && share->quota < machine->budget;
    /* A limit that is tighter than the share, and each rank's own. */
    const bool other = !limited && machine->budget < machine->n_cores;
    if (share->kind == SHARE_WHOLE || other)
        return;
    if (limited)
        machine->budget = share->quota;
    list_cores(machine, cores);
    if (share->kind == SHARE_BOUND)
        snprintf(reason, sizeof reason, "bound to %s by %s", cores, share->by);
    else
        snprintf(reason, sizeof reason, "rank %" PRIu32 " of %" PRIu32
                 " on this node, %s", share->local, share->n_local,
                 share->kind == SHARE_CROWDED ? "which are more than cores"
                 : limited ? "its part of the CPU quota" : cores);
    snprintf(machine->why, sizeof machine->why, "%" PRIu32 " of %" PRIu32
             " %s%s: %s", machine->budget, machine->n_cores_machine,
             machine_unit(machine), machine->n_cores_machine == 1 ? "" : "s",
             reason);
    machine->limited = machine->budget < machine->n_cores_machine;
}

uint32_t share_hwthreads(const struct machine *machine)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < machine->n_cores; i++)
        n += machine->core[i].n_pus;
    return machine->budget < machine->n_cores ? machine->budget : n;
}

/* ---- masks --------------------------------------------------------------- */

struct mask {
    cpu_set_t set[MAX_CPUS / CPU_SETSIZE];
};

static bool read_mask(pid_t pid, struct mask *mask)
{
    return sched_getaffinity(pid, sizeof *mask, mask->set) == 0;
}

static bool write_mask(const struct mask *mask)
{
    return sched_setaffinity(0, sizeof *mask, mask->set) == 0;
}

/* All that the cpuset lets us have: the kernel leaves out the rest. */
static bool read_allowed(const struct mask *own, struct mask *allowed)
{
    struct mask all;
    memset(&all, 0xff, sizeof all);
    const bool known = write_mask(&all) && read_mask(0, allowed);
    return write_mask(own) && known;
}

/* ---- who started us ------------------------------------------------------ */

static pid_t parent_of(pid_t pid)
{
    char path[64], text[512];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    const char *end = strrchr(text, ')'); /* of its name */
    return end != NULL && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent
                                                                   : 0;
}

/* What a starter tells ranks, and does not have itself. */
static const char *mark_of(enum starter starter)
{
    return starter == STARTED_OPENMPI ? "OMPI_COMM_WORLD_RANK="
           : starter == STARTED_PMIX  ? "PMIX_RANK="
           : starter == STARTED_PMI   ? "PMI_RANK="
                                      : "SLURM_PROCID=";
}

/* Has the process this in its environment, as it was started? */
static bool has_mark(pid_t pid, const char *mark)
{
    char path[64], *line = NULL;
    size_t size = 0;
    bool found = false;
    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && !found && getdelim(&line, &size, '\0', file) > 0)
        found = strncmp(line, mark, strlen(mark)) == 0;
    if (file != NULL)
        fclose(file);
    free(line);
    return found;
}

/* The nearest process above us that is of no rank; between it and us there may
 * be shells, and the root of the run. 0: not known. *rank: its child. */
static pid_t find_starter(enum starter starter, pid_t *rank)
{
    pid_t pid = getppid();
    *rank = getpid();
    for (int i = 0; i < MAX_ANCESTORS && pid > 1; i++) {
        if (!has_mark(pid, mark_of(starter)))
            return pid;
        *rank = pid;
        pid = parent_of(pid);
    }
    return 0;
}

/* What all ranks on this node may use together. */
static bool read_common(enum starter starter, const struct mask *own,
                        struct mask *common)
{
    struct mask whole;
    pid_t rank;
    const pid_t pid = find_starter(starter, &rank);
    if (!read_allowed(own, common))
        return false;
    if (pid > 0 && read_mask(pid, &whole)) {
        CPU_AND_S(sizeof whole, whole.set, whole.set, common->set);
        if (CPU_COUNT_S(sizeof whole, whole.set) > 0)
            *common = whole;
    }
    return true;
}

/* ---- ranks that are bound to the same ------------------------------------ */

static bool is_part_of(const struct mask *a, const struct mask *b)
{
    struct mask both;
    CPU_AND_S(sizeof both, both.set, a->set, b->set);
    return CPU_EQUAL_S(sizeof both, both.set, a->set);
}

/* Of the children of the starter, those that are bound to our cores or (when
 * they have divided them already) to some of these: how many, and how many
 * before us. Returns how many children there are. */
static uint32_t count_ranks(enum starter starter, const struct mask *own,
                            uint32_t *before, uint32_t *n)
{
    uint32_t children = 0;
    pid_t rank;
    const pid_t parent = find_starter(starter, &rank);
    DIR *dir = parent > 0 ? opendir("/proc") : NULL;
    const struct dirent *entry;
    *before = *n = 0;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        struct mask mask;
        const pid_t pid = atoi(entry->d_name);
        if (pid <= 0 || parent_of(pid) != parent)
            continue;
        children++;
        if (pid != rank && (!read_mask(pid, &mask) || !is_part_of(&mask, own)))
            continue;
        *n += 1;
        *before += pid < rank;
    }
    if (dir != NULL)
        closedir(dir);
    return children;
}

/* Those that start a moment after us count as well. */
static void find_group(const struct parallel *parallel,
                       const struct mask *own, uint32_t *before, uint32_t *n)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    const uint64_t end_ns = clock_ns() + MAX_WAIT_NS;
    while (count_ranks(parallel->starter, own, before, n) < parallel->n_local
           && clock_ns() < end_ns)
        nanosleep(&moment, NULL);
    if (*n == 0)
        *n = 1;
}

/* ---- this process -------------------------------------------------------- */

static void bind_to_part(const struct share *share,
                         const struct machine *machine)
{
    struct mask mask;
    memset(&mask, 0, sizeof mask);
    for (uint32_t i = 0; i < share->n_cores; i++) {
        const struct core *core = &machine->core[share->first + i];
        for (uint32_t k = 0; k < core->n_pus; k++)
            CPU_SET_S(machine->pu[core->first + k], sizeof mask, mask.set);
    }
    (void)write_mask(&mask); /* else they share all */
}

/* Part i of n of what we are bound to. */
static int take_part(struct share *share, const struct parallel *parallel,
                     uint32_t i, uint32_t n, struct ff_error *err)
{
    struct machine machine = {0};
    struct cgroup_quota quota;
    if (machine_init(&machine, err) != 0)
        return -1;
    cgroup_quota_read("", &quota);
    share_choose(share, machine.n_cores, cgroup_quota_cpus(&quota), i, n);
    share->local = parallel->local;
    share->n_local = parallel->n_local;
    if (share->kind != SHARE_WHOLE)
        bind_to_part(share, &machine);
    machine_release(&machine);
    return 0;
}

static int take_bound(struct share *share, const struct parallel *parallel,
                      const struct mask *own, struct ff_error *err)
{
    uint32_t before, n = 1;
    if (parallel->n_local > 1)
        find_group(parallel, own, &before, &n);
    if (n > 1)
        return take_part(share, parallel, before, n, err);
    share->kind = SHARE_BOUND;
    share->local = parallel->local;
    share->n_local = parallel->n_local;
    snprintf(share->by, sizeof share->by, "%s", parallel_name(parallel));
    return 0;
}

int share_take(struct share *share, const struct parallel *parallel,
               struct ff_error *err)
{
    struct mask own, common;
    *share = (struct share){.kind = SHARE_WHOLE, .n_local = 1};
    if (parallel->starter == STARTED_ALONE || !read_mask(0, &own)
        || !read_common(parallel->starter, &own, &common))
        return 0;
    if (parallel->bound_by_default && write_mask(&common))
        own = common;
    if (!CPU_EQUAL_S(sizeof own, own.set, common.set))
        return take_bound(share, parallel, &own, err);
    return parallel->n_local <= 1 ? 0
           : take_part(share, parallel, parallel->local % parallel->n_local,
                       parallel->n_local, err);
}
