/* SPDX-License-Identifier: Apache-2.0 */
/* What this node has and what of it we may use: see machine.h.
 *
 * The one reader of hwloc, once per node: everybody else gets numbers. It is
 * on the way to the first result, so hwloc is kept from what costs time and
 * is not asked for: its plug-ins (PCI, OpenCL, GL), whose loading takes most
 * of it, and its x86 component, which asks cpuid on each PU in turn what
 * Linux has in sysfs anyway.
 *
 * Disallowed cores stay in the topology, so that logical numbers are the
 * machine's and the reason can say of how many cores we use a part. */
#include "machine.h"
#include "cgroup.h"

#include <errno.h>
#include <hwloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_AFFINITY_CPUS (1 << 22)

/* The value of an environment variable, NULL when it is unset or empty. */
static const char *env(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

/* hwloc_topology_init without the plug-ins. Whoever names a place for plug-ins
 * or a file gets them: libxml is one, and reads more than hwloc's own code. */
static int init_without_plugins(hwloc_topology_t *topology)
{
    const char *const name = "HWLOC_PLUGINS_PATH";
    const bool hide = getenv(name) == NULL && env("HWLOC_XMLFILE") == NULL &&
                      setenv(name, "/nonexistent", 1) == 0;
    const int result = hwloc_topology_init(topology);
    const int cause = errno;
    if (hide)
        unsetenv(name);
    errno = cause;
    return result;
}

static int load(hwloc_topology_t topology)
{
    unsigned long flags = HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED;
#if HWLOC_API_VERSION >= 0x00020800
    flags |= HWLOC_TOPOLOGY_FLAG_NO_DISTANCES |
             HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS | HWLOC_TOPOLOGY_FLAG_NO_CPUKINDS;
#endif
    /* What fails here costs time and changes no number. */
    if (env("HWLOC_COMPONENTS") == NULL && env("HWLOC_CPUID_PATH") == NULL)
        (void)hwloc_topology_set_components(
            topology, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
    /* Only what a core is described by: each type costs files to read. */
    static const hwloc_obj_type_t wanted[] = {
        HWLOC_OBJ_PACKAGE, HWLOC_OBJ_CORE, HWLOC_OBJ_L2CACHE,
        HWLOC_OBJ_L3CACHE};
    (void)hwloc_topology_set_all_types_filter(topology,
                                              HWLOC_TYPE_FILTER_KEEP_NONE);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        (void)hwloc_topology_set_type_filter(topology, wanted[i],
                                             HWLOC_TYPE_FILTER_KEEP_ALL);
    /* A NUMA node below a package hangs on a group. */
    (void)hwloc_topology_set_type_filter(topology, HWLOC_OBJ_GROUP,
                                         HWLOC_TYPE_FILTER_KEEP_STRUCTURE);
    if (hwloc_topology_set_flags(topology, flags) != 0)
        return -1;
    return hwloc_topology_load(topology);
}

/* Loads the topology. hwloc silently reads this system when it cannot read
 * what the environment names; that would be another machine than was asked
 * for. */
static int open_topology(hwloc_topology_t *out, struct ff_error *err)
{
    hwloc_topology_t topology;
    if (init_without_plugins(&topology) != 0)
        return ff_error_errno(err, FF_LOST, "cannot start hwloc");
    if (load(topology) != 0) {
        ff_error_errno(err, FF_LOST, "cannot read the machine with hwloc");
        goto destroy;
    }
    const char *name = "HWLOC_SYNTHETIC";
    if (env(name) == NULL)
        name = "HWLOC_XMLFILE";
    if (env(name) != NULL && env("HWLOC_THISSYSTEM") == NULL &&
        hwloc_topology_is_thissystem(topology)) {
        ff_error_set(err, FF_LOST, "hwloc cannot read %s '%s'", name,
                     env(name));
        goto destroy;
    }
    *out = topology;
    return 0;
destroy:
    hwloc_topology_destroy(topology);
    return -1;
}

/* Takes out of set what the calling thread's affinity mask does not have.
 * The kernel wants a mask of at least its own size and says EINVAL till then;
 * other failures mean no limit. -1 with ENOMEM. */
static int apply_affinity(hwloc_bitmap_t set)
{
    for (int n = CPU_SETSIZE; n <= MAX_AFFINITY_CPUS; n *= 2) {
        const size_t size = CPU_ALLOC_SIZE(n);
        cpu_set_t *mask = CPU_ALLOC(n);
        if (mask == NULL)
            return -1;
        const int result = sched_getaffinity(0, size, mask);
        const int cause = errno;
        for (int cpu = hwloc_bitmap_first(set); result == 0 && cpu >= 0;
             cpu = hwloc_bitmap_next(set, cpu))
            if (cpu >= n || !CPU_ISSET_S(cpu, size, mask))
                hwloc_bitmap_clr(set, (unsigned)cpu);
        CPU_FREE(mask);
        if (result == 0 || cause != EINVAL)
            return 0;
    }
    return 0;
}

static uint32_t logical(hwloc_topology_t topology, hwloc_obj_type_t type,
                        hwloc_obj_t core)
{
    const hwloc_obj_t found =
        hwloc_get_ancestor_obj_by_type(topology, type, core);
    return found == NULL ? 0 : found->logical_index;
}

/* The nearest NUMA node. Nodes hang off the objects above the cores, the
 * preferred one first, maybe behind a memory-side cache. */
static uint32_t logical_numa(hwloc_obj_t core)
{
    hwloc_obj_t node = core;
    while (node != NULL && node->memory_arity == 0)
        node = node->parent;
    while (node != NULL && node->type != HWLOC_OBJ_NUMANODE)
        node = node->memory_first_child;
    return node == NULL ? 0 : node->logical_index;
}

/* Fills the cores that have a PU in set, in logical order; returns how many.
 * core NULL only counts. */
static uint32_t list_cores(hwloc_topology_t topology, hwloc_obj_type_t type,
                           hwloc_const_bitmap_t set, struct core *core)
{
    uint32_t n = 0;
    hwloc_obj_t obj = NULL;
    while ((obj = hwloc_get_next_obj_by_type(topology, type, obj)) != NULL) {
        if (!hwloc_bitmap_intersects(obj->cpuset, set))
            continue;
        if (core != NULL) {
            int pu = hwloc_bitmap_first(obj->cpuset);
            while (!hwloc_bitmap_isset(set, (unsigned)pu))
                pu = hwloc_bitmap_next(obj->cpuset, pu);
            core[n] = (struct core){
                .pu = (uint32_t)pu,
                .package = logical(topology, HWLOC_OBJ_PACKAGE, obj),
                .numa = logical_numa(obj),
                .l3 = logical(topology, HWLOC_OBJ_L3CACHE, obj),
                .l2 = logical(topology, HWLOC_OBJ_L2CACHE, obj),
            };
        }
        n++;
    }
    return n;
}

void machine_limit(struct machine *machine, uint32_t n_allowed,
                   const struct cgroup_quota *quota)
{
    const uint32_t all = machine->n_cores_machine;
    const uint32_t cpus = cgroup_quota_cpus(quota);
    const char *why = NULL;
    machine->budget = machine->n_cores;
    if (machine->n_cores < n_allowed)
        why = "affinity mask";
    else if (n_allowed < all)
        why = "cpuset";
    if (cpus != 0 && cpus < machine->budget) {
        machine->budget = cpus;
        why = quota->why;
    }
    machine->limited = machine->budget < all;
    if (why != NULL)
        snprintf(machine->why, sizeof machine->why, "%u of %u core%s: %s",
                 machine->budget, all, all == 1 ? "" : "s", why);
    else if (all == 1)
        snprintf(machine->why, sizeof machine->why, "the only core");
    else
        snprintf(machine->why, sizeof machine->why, "all %u cores", all);
}

/* Fills machine but for its host. set is scratch. */
static int describe(hwloc_topology_t topology, hwloc_bitmap_t set,
                    struct machine *machine, struct ff_error *err)
{
    const bool ours = hwloc_topology_is_thissystem(topology);
    /* Some virtual machines do not tell which PUs share a core. */
    const hwloc_obj_type_t type =
        hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE) > 0 ? HWLOC_OBJ_CORE
                                                               : HWLOC_OBJ_PU;
    struct cgroup_quota quota = {.quota_us = -1};
    if (hwloc_bitmap_copy(set, hwloc_topology_get_allowed_cpuset(topology)) !=
        0)
        return ff_error_errno(err, FF_LOST, "cannot read the machine");
    machine->n_cores_machine = list_cores(
        topology, type, hwloc_topology_get_topology_cpuset(topology), NULL);
    const uint32_t n_allowed = list_cores(topology, type, set, NULL);
    if (ours && apply_affinity(set) != 0)
        return ff_error_errno(err, FF_LOST, "cannot read the affinity mask");
    machine->n_cores = list_cores(topology, type, set, NULL);
    if (machine->n_cores == 0)
        return ff_error_set(err, FF_LOST,
                            "none of the %u cores that hwloc "
                            "finds is allowed by cpuset and affinity mask",
                            machine->n_cores_machine);
    machine->core = calloc(machine->n_cores, sizeof *machine->core);
    if (machine->core == NULL)
        return ff_error_errno(err, FF_LOST, "cannot list the cores");
    list_cores(topology, type, set, machine->core);
    if (ours)
        cgroup_quota_read("", &quota);
    machine_limit(machine, n_allowed, &quota);
    return 0;
}

int machine_init(struct machine *machine, struct ff_error *err)
{
    struct machine new = {.core = NULL};
    hwloc_topology_t topology = NULL;
    int result = -1;
    if (gethostname(new.host, sizeof new.host - 1) != 0)
        snprintf(new.host, sizeof new.host, "localhost");
    if (open_topology(&topology, err) != 0)
        return -1;
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    if (set == NULL) {
        ff_error_errno(err, FF_LOST, "cannot read the machine");
        goto destroy;
    }
    result = describe(topology, set, &new, err);
    if (result == 0)
        *machine = new;
    hwloc_bitmap_free(set);
destroy:
    hwloc_topology_destroy(topology);
    return result;
}

void machine_release(struct machine *machine)
{
    free(machine->core);
    machine->core = NULL;
    machine->n_cores = 0;
}
