/* SPDX-License-Identifier: Apache-2.0 */
/* The machine as `fanfold topo` shows it: see topo.h. */
#include "topo.h"
#include "cpulist.h"
#include "seat.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int compare_cores(const void *a, const void *b)
{
    const struct core *x = &((const struct topo_core *)a)->core;
    const struct core *y = &((const struct topo_core *)b)->core;
    return x->number != y->number ? (x->number > y->number) * 2 - 1
                                  : (x->pu > y->pu) - (x->pu < y->pu);
}

/* Those that a run without options has workers on. */
static int mark_used(struct topo *topo)
{
    const struct machine *m = topo->machine;
    uint32_t *seat = calloc(m->budget, sizeof seat[0]);
    int rc = -1;
    if (seat != NULL)
        rc = seat_executors(seat, m->budget, 1, MAP_CORE, m);
    for (uint32_t i = 0; rc == 0 && i < m->budget; i++)
        topo->core[seat[i]].state = TOPO_USED;
    free(seat);
    return rc;
}

/* Are all cores alike in their hardware threads? */
static void look_at_threads(struct topo *topo)
{
    const struct core *first = &topo->core[0].core;
    const uint32_t *pu = topo->machine->pu;
    topo->n_threads = first->n_pus;
    topo->stride = first->n_pus > 1 ? pu[first->first + 1] - first->pu : 1;
    for (uint32_t i = 0; i < topo->n; i++) {
        const struct core *c = &topo->core[i].core;
        if (c->n_pus != topo->n_threads)
            topo->n_threads = topo->stride = 0;
        for (uint32_t k = 1; k < c->n_pus; k++)
            if (pu[c->first + k] != c->pu + k * topo->stride)
                topo->stride = 0;
    }
}

int topo_init(struct topo *topo, const struct machine *machine,
              struct ff_error *err)
{
    const uint32_t n = machine->n_cores + machine->n_barred;
    *topo = (struct topo){.machine = machine, .n = n,
                          .core = calloc(n, sizeof topo->core[0])};
    if (topo->core == NULL)
        return ff_error_errno(err, FF_LOST, "cannot draw the machine");
    for (uint32_t i = 0; i < machine->n_cores; i++)
        topo->core[i] = (struct topo_core){machine->core[i], TOPO_SPARE};
    if (mark_used(topo) != 0) {
        topo_release(topo);
        return ff_error_errno(err, FF_LOST, "cannot draw the machine");
    }
    for (uint32_t i = 0; i < machine->n_barred; i++)
        topo->core[machine->n_cores + i] = (struct topo_core){
            machine->barred[i], machine->barred[i].barred == BARRED_AFFINITY
                                ? TOPO_AFFINITY : TOPO_CPUSET};
    qsort(topo->core, n, sizeof topo->core[0], compare_cores);
    look_at_threads(topo);
    return 0;
}

void topo_release(struct topo *topo)
{
    free(topo->core);
    topo->core = NULL;
}

uint32_t topo_group_end(const struct topo *topo, uint32_t begin)
{
    const struct core *first = &topo->core[begin].core;
    uint32_t end = begin + 1;
    while (end < topo->n && topo->core[end].core.package == first->package
           && topo->core[end].core.numa == first->numa)
        end++;
    return end;
}

/* "64 GB", "512 MB", "32 kB": these are powers of 1024, as people say them. */
static void bytes_text(uint64_t bytes, char out[24])
{
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB"};
    size_t i = 0;
    double x = (double)bytes;
    for (; x >= 1024 && i < 4; i++)
        x /= 1024;
    snprintf(out, 24, x < 10 && x != (uint64_t)x ? "%.1f %s" : "%.0f %s", x,
             unit[i]);
}

void topo_group_title(const struct topo *topo, uint32_t begin, char *out,
                      size_t size)
{
    const struct machine *m = topo->machine;
    const struct core *c = &topo->core[begin].core;
    char package[32] = "", bytes[24] = "";
    if (m->n_packages > 0
        && (begin == 0
            || topo->core[begin - 1].core.package != c->package))
        snprintf(package, sizeof package, "package %" PRIu32 ", ", c->package);
    if (c->numa < m->n_memory && m->memory[c->numa].bytes > 0)
        bytes_text(m->memory[c->numa].bytes, bytes);
    snprintf(out, size, "%sNUMA %" PRIu32 "%s%s", package, c->numa,
             bytes[0] != '\0' ? ", " : "", bytes);
}

void topo_label(const struct topo *topo, uint32_t i, char *out, size_t size)
{
    const struct core *c = &topo->core[i].core;
    cpu_list_text(topo->machine->pu + c->first,
                  topo->stride > 0 ? 1 : c->n_pus, out, size);
}

/* ---- in words ------------------------------------------------------------ */

static int count_of(char *out, size_t size, uint32_t n, const char *noun)
{
    return snprintf(out, size, "%" PRIu32 " %s%s", n, noun,
                    n == 1 ? "" : "s");
}

static void say_parts(const struct topo *topo, char out[TOPO_TEXT])
{
    const struct machine *m = topo->machine;
    char packages[40], nodes[40], cores[40], threads[60] = "", bytes[40] = "";
    uint64_t all = 0;
    for (uint32_t i = 0; i < m->n_memory; i++)
        all += m->memory[i].bytes;
    count_of(packages, sizeof packages, m->n_packages, "package");
    count_of(nodes, sizeof nodes, m->n_memory, "NUMA node");
    count_of(cores, sizeof cores, topo->n, "core");
    if (m->n_pus_machine > topo->n)
        snprintf(threads, sizeof threads, ", %" PRIu32 " hardware threads",
                 m->n_pus_machine);
    if (all > 0) {
        memcpy(bytes, ", ", 3);
        bytes_text(all, bytes + 2);
    }
    snprintf(out, TOPO_TEXT, "%s%s%s, %s%s%s",
             m->n_packages > 0 ? packages : "", m->n_packages > 0 ? ", " : "",
             nodes, cores, threads, bytes);
}

static uint32_t cache_of(const struct core *core, int level)
{
    return level == 3 ? core->l3 : core->l2;
}

/* " for 8 cores", " for 1 to 4 cores"; "" when each core has its own. Cores
 * that share a cache follow each other. */
static void say_sharers(const struct topo *topo, int level, char out[40])
{
    uint32_t least = topo->n, most = 0;
    for (uint32_t i = 0, k; i < topo->n; i = k) {
        for (k = i + 1; k < topo->n
                        && cache_of(&topo->core[k].core, level)
                           == cache_of(&topo->core[i].core, level); k++)
            continue;
        least = k - i < least ? k - i : least;
        most = k - i > most ? k - i : most;
    }
    out[0] = '\0';
    if (least < most)
        snprintf(out, 40, " for %" PRIu32 " to %" PRIu32 " cores", least,
                 most);
    else if (most > 1)
        snprintf(out, 40, " for %" PRIu32 " cores", most);
}

/* "caches: L3 32 MB for 8 cores, L2 1 MB, L1 32 kB". */
static void say_caches(const struct topo *topo, char out[TOPO_TEXT])
{
    const struct machine *m = topo->machine;
    const uint64_t size[] = {0, m->l1_bytes, m->l2_bytes, m->l3_bytes};
    size_t used = 0;
    out[0] = '\0';
    for (int level = 3; level > 0; level--) {
        char bytes[24], sharers[40] = "";
        if (size[level] == 0)
            continue;
        bytes_text(size[level], bytes);
        if (level > 1)
            say_sharers(topo, level, sharers);
        used += (size_t)snprintf(out + used, TOPO_TEXT - used, "%sL%d %s%s",
                                 used > 0 ? ", " : "caches: ", level, bytes,
                                 sharers);
    }
}

static void say_numbers(const struct topo *topo, char out[TOPO_TEXT])
{
    if (topo->stride > 0 && topo->n_threads > 1)
        snprintf(out, TOPO_TEXT, "numbers are CPUs of the system; the other "
                 "%s of core n %s n+%" PRIu32 "%s",
                 topo->n_threads > 2 ? "hardware threads" : "hardware thread",
                 topo->n_threads > 2 ? "are" : "is", topo->stride,
                 topo->n_threads > 2 ? " and so on" : "");
    else
        snprintf(out, TOPO_TEXT, "numbers are CPUs of the system");
}

void topo_facts(const struct topo *topo, char fact[TOPO_FACTS][TOPO_TEXT])
{
    const struct machine *m = topo->machine;
    snprintf(fact[0], TOPO_TEXT, "%s%s%s", m->host,
             m->model[0] != '\0' ? ": " : "", m->model);
    say_parts(topo, fact[1]);
    say_caches(topo, fact[2]);
    snprintf(fact[3], TOPO_TEXT, "budget: %s", m->why);
    say_numbers(topo, fact[4]);
    fact[5][0] = '\0';
    if (m->offline[0] != '\0')
        snprintf(fact[5], TOPO_TEXT, "offline: CPU%s %s",
                 strpbrk(m->offline, ",-") != NULL ? "s" : "", m->offline);
}

void topo_legend(const struct topo *topo, enum topo_state state,
                 char out[TOPO_TEXT])
{
    static const char *const meaning[] = {
        [TOPO_USED] = "has a worker",
        [TOPO_SPARE] = "may be used, but the budget is smaller",
        [TOPO_AFFINITY] = "not for us: affinity mask",
        [TOPO_CPUSET] = "not for us: cpuset"};
    uint32_t n = 0;
    for (uint32_t i = 0; i < topo->n; i++)
        n += topo->core[i].state == state ? 1 : 0;
    out[0] = '\0';
    if (n > 0)
        snprintf(out, TOPO_TEXT, "%s (%" PRIu32 " of %" PRIu32 " cores)",
                 meaning[state], n, topo->n);
}
