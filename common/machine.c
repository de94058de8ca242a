/* SPDX-License-Identifier: Apache-2.0 */
/* What this node has and what of it we may use: see machine.h.
 *
 * The one reader of hwloc, once per node: everybody else gets numbers. It is
 * on the way to the first result, so hwloc is kept from what costs time and
 * is not asked for: its plug-ins (PCI, OpenCL, GL), whose loading takes most
 * of it, its x86 component, which asks cpuid on each PU in turn what Linux has
 * in sysfs anyway, and, where there can be but one, the kinds of cores.
 *
 * Disallowed cores stay in the topology, so that logical numbers are the
 * machine's and the reason can say of how many cores we use a part. */
#include "machine.h"
#include "budget.h"
#include "cgroup.h"
#include "hybrid.h"
#include "synthetic.h"

#include <errno.h>
#include <hwloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_AFFINITY_CPUS (1 << 22)

/* What is read, and for whom. */
struct reading {
    const struct machine_source *source;
    hwloc_topology_t topology;
    hwloc_obj_type_t type; /* of what counts as a core */
    hwloc_bitmap_t allowed, usable;
};

/* The value of an environment variable, NULL when it is unset or empty. */
static const char *env(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

/* hwloc_topology_init without the plug-ins, or with: whoever names a place for
 * plug-ins or a file gets them. libxml is one, and reads more than hwloc's own
 * code. */
static int init_topology(hwloc_topology_t *topology, bool plugins)
{
    const char *const name = "HWLOC_PLUGINS_PATH";
    const bool hide = !plugins && getenv(name) == NULL
                      && env("HWLOC_XMLFILE") == NULL
                      && setenv(name, "/nonexistent", 1) == 0;
    const int result = hwloc_topology_init(topology);
    const int cause = errno;
    if (hide)
        unsetenv(name);
    errno = cause;
    return result;
}

/* Can the cores of this machine be of several kinds? To ask hwloc reads files
 * of each PU. */
static bool maybe_hybrid(const struct machine_source *source)
{
    return source->topology != NULL || env("HWLOC_XMLFILE") != NULL
           || env("HWLOC_FSROOT") != NULL || hybrid_possible("/sys");
}

/* Only what is asked for: each type costs files to read. */
static void set_filters(hwloc_topology_t topology, bool detail)
{
    static const hwloc_obj_type_t wanted[] = {
        HWLOC_OBJ_PACKAGE, HWLOC_OBJ_CORE, HWLOC_OBJ_L2CACHE,
        HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L1CACHE};
    const size_t n = sizeof wanted / sizeof wanted[0];
    (void)hwloc_topology_set_all_types_filter(topology,
                                              HWLOC_TYPE_FILTER_KEEP_NONE);
    for (size_t i = 0; i < (detail ? n : n - 1); i++)
        (void)hwloc_topology_set_type_filter(topology, wanted[i],
                                             HWLOC_TYPE_FILTER_KEEP_ALL);
    /* A NUMA node below a package hangs on a group. */
    (void)hwloc_topology_set_type_filter(topology, HWLOC_OBJ_GROUP,
                                         HWLOC_TYPE_FILTER_KEEP_STRUCTURE);
}

/* "core:8" is a machine, too; hwloc wants to hear of the PUs. */
static int set_words(hwloc_topology_t topology, const char *words)
{
    char more[1024];
    if (hwloc_topology_set_synthetic(topology, words) == 0)
        return 0;
    const int n = snprintf(more, sizeof more, "%s pu:1", words);
    return n > 0 && (size_t)n < sizeof more && strstr(words, "pu:") == NULL
           ? hwloc_topology_set_synthetic(topology, more) : -1;
}

/* *known: source->topology was understood so far. */
static int load(hwloc_topology_t topology, const struct machine_source *source,
                bool *known)
{
    unsigned long flags = HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED;
#if HWLOC_API_VERSION >= 0x00020800
    flags |= HWLOC_TOPOLOGY_FLAG_NO_DISTANCES
             | HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS;
    if (!maybe_hybrid(source))
        flags |= HWLOC_TOPOLOGY_FLAG_NO_CPUKINDS;
#endif
    /* What fails here costs time and changes no number. */
    if (env("HWLOC_COMPONENTS") == NULL && env("HWLOC_CPUID_PATH") == NULL)
        (void)hwloc_topology_set_components(
            topology, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
    set_filters(topology, source->detail);
    *known = true;
    if (hwloc_topology_set_flags(topology, flags) != 0)
        return -1;
    if (source->topology != NULL) {
        const bool file = access(source->topology, F_OK) == 0;
        *known = (file ? hwloc_topology_set_xml(topology, source->topology)
                       : set_words(topology, source->topology)) == 0;
    }
    return *known ? hwloc_topology_load(topology) : -1;
}

static int not_a_topology(const char *name, struct ff_error *err)
{
    if (access(name, F_OK) == 0)
        return ff_error_set(err, FF_USAGE, "'%s' is no topology that hwloc "
                            "reads: write one by 'lstopo FILE.xml'",
                            name);
    if (strchr(name, '/') != NULL || strstr(name, ".xml") != NULL)
        return ff_error_errno(err, FF_USAGE, "cannot read the topology '%s'",
                              name);
    return ff_error_set(err, FF_USAGE, "topology '%s': neither a file nor "
                        "hwloc's words for a machine, like 'package:2 core:8 "
                        "pu:2'", name);
}

/* hwloc silently reads this system when it cannot read what the environment
 * names; that would be another machine than was asked for. */
static int check_environment(hwloc_topology_t topology, struct ff_error *err)
{
    const char *name = "HWLOC_SYNTHETIC";
    if (env(name) == NULL)
        name = "HWLOC_XMLFILE";
    if (env(name) != NULL && env("HWLOC_THISSYSTEM") == NULL
        && hwloc_topology_is_thissystem(topology))
        return ff_error_set(err, FF_LOST, "hwloc cannot read %s '%s'", name,
                            env(name));
    return 0;
}

static int open_topology(hwloc_topology_t *out,
                         const struct machine_source *source,
                         struct ff_error *err)
{
    const bool file = source->topology != NULL
                      && access(source->topology, F_OK) == 0;
    if (source->topology != NULL && !file
        && synthetic_check(source->topology, err) != 0)
        return -1;
    for (int plugins = 0; plugins <= (file ? 1 : 0); plugins++) {
        hwloc_topology_t topology;
        bool known;
        if (init_topology(&topology, plugins == 1) != 0)
            return ff_error_errno(err, FF_LOST, "cannot start hwloc");
        if (load(topology, source, &known) == 0
            && (source->topology == NULL
                || !hwloc_topology_is_thissystem(topology))) {
            *out = topology;
            return 0;
        }
        const int cause = errno;
        hwloc_topology_destroy(topology);
        errno = cause;
    }
    if (source->topology != NULL)
        return not_a_topology(source->topology, err);
    return ff_error_errno(err, FF_LOST, "cannot read the machine with hwloc");
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

/* ---- cores --------------------------------------------------------------- */

static uint32_t logical(hwloc_topology_t topology, hwloc_obj_type_t type,
                        hwloc_obj_t core)
{
    const hwloc_obj_t found =
        core->type == type
            ? core
            : hwloc_get_ancestor_obj_by_type(topology, type, core);
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

/* How many kinds of cores hwloc can put in order; 1 when it cannot. */
static uint32_t count_kinds(hwloc_topology_t topology)
{
#if HWLOC_API_VERSION >= 0x00020400
    const int n = hwloc_cpukinds_get_nr(topology, 0);
    int efficiency = -1;
    if (n > 1
        && hwloc_cpukinds_get_info(topology, 0, NULL, &efficiency, NULL, NULL,
                                   0) == 0
        && efficiency >= 0)
        return (uint32_t)n;
#else
    (void)topology;
#endif
    return 1;
}

/* hwloc has the slowest first. */
static uint32_t kind_of(hwloc_topology_t topology, uint32_t n_kinds,
                        hwloc_obj_t core)
{
#if HWLOC_API_VERSION >= 0x00020400
    const int kind = n_kinds > 1
                     ? hwloc_cpukinds_get_by_cpuset(topology, core->cpuset, 0)
                     : -1;
    if (kind >= 0 && (uint32_t)kind < n_kinds)
        return n_kinds - 1 - (uint32_t)kind;
#else
    (void)topology;
    (void)n_kinds;
    (void)core;
#endif
    return 0;
}

static uint32_t count_cores(const struct reading *r, hwloc_const_bitmap_t set)
{
    uint32_t n = 0;
    hwloc_obj_t obj = NULL;
    while ((obj = hwloc_get_next_obj_by_type(r->topology, r->type, obj))
           != NULL)
        n += hwloc_bitmap_intersects(obj->cpuset, set) ? 1 : 0;
    return n;
}

/* Adds the PUs of obj that are in set (NULL: all) behind the n_pus of pu. */
static struct core make_core(const struct reading *r,
                             const struct machine *machine, hwloc_obj_t obj,
                             hwloc_const_bitmap_t set, uint32_t *n_pus)
{
    struct core core = {
        .number = logical(r->topology, HWLOC_OBJ_CORE, obj),
        .package = logical(r->topology, HWLOC_OBJ_PACKAGE, obj),
        .numa = logical_numa(obj),
        .l3 = logical(r->topology, HWLOC_OBJ_L3CACHE, obj),
        .l2 = logical(r->topology, HWLOC_OBJ_L2CACHE, obj),
        .kind = kind_of(r->topology, machine->n_kinds, obj),
        .first = *n_pus,
    };
    if (hwloc_get_nbobjs_by_type(r->topology, HWLOC_OBJ_CORE) <= 0)
        core.number = obj->logical_index;
    for (int pu = hwloc_bitmap_first(obj->cpuset); pu >= 0;
         pu = hwloc_bitmap_next(obj->cpuset, pu))
        if (set == NULL || hwloc_bitmap_isset(set, (unsigned)pu))
            machine->pu[(*n_pus)++] = (uint32_t)pu;
    core.n_pus = *n_pus - core.first;
    core.pu = core.n_pus > 0 ? machine->pu[core.first] : 0;
    return core;
}

/* Fills core, pu and, when asked for, barred. */
static int list_cores(const struct reading *r, struct machine *machine,
                      struct ff_error *err)
{
    const int n_pus = hwloc_get_nbobjs_by_type(r->topology, HWLOC_OBJ_PU);
    const uint32_t n = machine->n_cores_machine;
    uint32_t n_listed = 0, n_barred = 0, n_used = 0;
    hwloc_obj_t obj = NULL;

    machine->pu = calloc((size_t)n_pus + 1, sizeof *machine->pu);
    machine->core = calloc(machine->n_cores, sizeof *machine->core);
    if (r->source->detail)
        machine->barred = calloc(n - machine->n_cores + 1,
                                 sizeof *machine->barred);
    if (machine->pu == NULL || machine->core == NULL
        || (r->source->detail && machine->barred == NULL))
        return ff_error_errno(err, FF_LOST, "cannot list the cores");
    while ((obj = hwloc_get_next_obj_by_type(r->topology, r->type, obj))
           != NULL) {
        if (hwloc_bitmap_intersects(obj->cpuset, r->usable)) {
            machine->core[n_listed++] =
                make_core(r, machine, obj, r->usable, &n_used);
        } else if (r->source->detail) {
            struct core *core = &machine->barred[n_barred++];
            *core = make_core(r, machine, obj, NULL, &n_used);
            core->barred = hwloc_bitmap_intersects(obj->cpuset, r->allowed)
                           ? BARRED_AFFINITY : BARRED_CPUSET;
        }
    }
    machine->n_barred = n_barred;
    return 0;
}

/* ---- what a picture shows ------------------------------------------------ */

static uint64_t cache_bytes(const struct reading *r, hwloc_obj_type_t type)
{
    const hwloc_obj_t obj = hwloc_get_obj_by_type(r->topology, type, 0);
    return obj == NULL ? 0 : obj->attr->cache.size;
}

static uint32_t count_type(const struct reading *r, hwloc_obj_type_t type)
{
    const int n = hwloc_get_nbobjs_by_type(r->topology, type);
    return n < 0 ? 0 : (uint32_t)n;
}

static void list_offline(const struct reading *r, struct machine *machine)
{
    hwloc_bitmap_t off = hwloc_bitmap_alloc();
    if (off != NULL
        && hwloc_bitmap_andnot(
               off, hwloc_topology_get_complete_cpuset(r->topology),
               hwloc_topology_get_topology_cpuset(r->topology)) == 0
        && hwloc_bitmap_weight(off) > 0)
        hwloc_bitmap_list_snprintf(machine->offline, sizeof machine->offline,
                                   off);
    hwloc_bitmap_free(off);
}

static int add_detail(const struct reading *r, struct machine *machine,
                      struct ff_error *err)
{
    const uint32_t n = count_type(r, HWLOC_OBJ_NUMANODE);
    const hwloc_obj_t package =
        hwloc_get_obj_by_type(r->topology, HWLOC_OBJ_PACKAGE, 0);
    const char *model = package == NULL
                        ? NULL : hwloc_obj_get_info_by_name(package,
                                                            "CPUModel");
    machine->memory = calloc(n + 1, sizeof *machine->memory);
    if (machine->memory == NULL)
        return ff_error_errno(err, FF_LOST, "cannot list the memory");
    for (uint32_t i = 0; i < n; i++)
        machine->memory[i] = (struct memory){
            i, hwloc_get_obj_by_type(r->topology, HWLOC_OBJ_NUMANODE, i)
                   ->attr->numanode.local_memory};
    machine->n_memory = n;
    machine->n_pus_machine = count_type(r, HWLOC_OBJ_PU);
    machine->n_packages = count_type(r, HWLOC_OBJ_PACKAGE);
    machine->n_l3 = count_type(r, HWLOC_OBJ_L3CACHE);
    machine->n_l2 = count_type(r, HWLOC_OBJ_L2CACHE);
    machine->l1_bytes = cache_bytes(r, HWLOC_OBJ_L1CACHE);
    machine->l2_bytes = cache_bytes(r, HWLOC_OBJ_L2CACHE);
    machine->l3_bytes = cache_bytes(r, HWLOC_OBJ_L3CACHE);
    snprintf(machine->model, sizeof machine->model, "%s",
             model != NULL ? model : "");
    list_offline(r, machine);
    return 0;
}

/* ---- what we may use ----------------------------------------------------- */

const char *machine_unit(const struct machine *machine)
{
    return machine->hwthreads ? "hardware thread" : "core";
}

/* Fills machine but for its host. */
static int describe(struct reading *r, struct machine *machine,
                    struct ff_error *err)
{
    const bool ours = r->source->topology == NULL
                      && hwloc_topology_is_thissystem(r->topology);
    struct cgroup_quota quota = {.quota_us = -1};
    struct budget_limits limits = {.quota = &quota};
    if (hwloc_bitmap_copy(r->allowed,
                          hwloc_topology_get_allowed_cpuset(r->topology)) != 0
        || hwloc_bitmap_copy(r->usable, r->allowed) != 0)
        return ff_error_errno(err, FF_LOST, "cannot read the machine");
    machine->hwthreads = r->source->hwthreads;
    machine->n_kinds = count_kinds(r->topology);
    machine->n_cores_machine = count_cores(
        r, hwloc_topology_get_topology_cpuset(r->topology));
    limits.n_allowed = count_cores(r, r->usable);
    if (ours && apply_affinity(r->usable) != 0)
        return ff_error_errno(err, FF_LOST, "cannot read the affinity mask");
    machine->n_cores = count_cores(r, r->usable);
    if (machine->n_cores == 0)
        return ff_error_set(err, FF_LOST,
                            "none of the %u cores that hwloc "
                            "finds is allowed by cpuset and affinity mask",
                            machine->n_cores_machine);
    if (list_cores(r, machine, err) != 0
        || (r->source->detail && add_detail(r, machine, err) != 0))
        return -1;
    if (ours) {
        cgroup_quota_read("", &quota);
        limits.slurm_cpus = budget_slurm_cpus();
    }
    memcpy(machine->quota_stat, quota.stat, sizeof machine->quota_stat);
    limits.unit = machine_unit(machine);
    limits.n_all = machine->n_cores_machine;
    limits.n_usable = machine->n_cores;
    machine->budget = budget_choose(&limits, machine->why,
                                    sizeof machine->why);
    machine->limited = machine->budget < machine->n_cores_machine;
    return 0;
}

/* This host's name, or what a recorded topology says of its own. */
static void find_host(const struct reading *r, struct machine *machine)
{
    const char *name = NULL;
    if (r->source->topology == NULL) {
        if (gethostname(machine->host, sizeof machine->host - 1) != 0)
            snprintf(machine->host, sizeof machine->host, "localhost");
        return;
    }
    name = hwloc_obj_get_info_by_name(hwloc_get_root_obj(r->topology),
                                      "HostName");
    snprintf(machine->host, sizeof machine->host, "%s",
             name != NULL ? name : "node");
}

int machine_read(struct machine *machine, const struct machine_source *source,
                 struct ff_error *err)
{
    struct machine new = {.core = NULL};
    struct reading r = {.source = source, .type = HWLOC_OBJ_CORE};
    int result = -1;
    if (open_topology(&r.topology, source, err) != 0)
        return -1;
    /* Some virtual machines do not tell which PUs share a core. */
    if (source->hwthreads
        || hwloc_get_nbobjs_by_type(r.topology, HWLOC_OBJ_CORE) <= 0)
        r.type = HWLOC_OBJ_PU;
    r.allowed = hwloc_bitmap_alloc();
    r.usable = hwloc_bitmap_alloc();
    if (r.allowed == NULL || r.usable == NULL)
        ff_error_errno(err, FF_LOST, "cannot read the machine");
    else if (source->topology != NULL
             || check_environment(r.topology, err) == 0)
        result = describe(&r, &new, err);
    if (result == 0) {
        find_host(&r, &new);
        *machine = new;
    } else {
        machine_release(&new);
    }
    hwloc_bitmap_free(r.allowed);
    hwloc_bitmap_free(r.usable);
    hwloc_topology_destroy(r.topology);
    return result;
}

int machine_init(struct machine *machine, struct ff_error *err)
{
    static const struct machine_source this_one = {.topology = NULL};
    return machine_read(machine, &this_one, err);
}

void machine_release(struct machine *machine)
{
    free(machine->core);
    free(machine->pu);
    free(machine->barred);
    free(machine->memory);
    machine->core = machine->barred = NULL;
    machine->pu = NULL;
    machine->memory = NULL;
    machine->n_cores = machine->n_barred = machine->n_memory = 0;
}
