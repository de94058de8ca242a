/* SPDX-License-Identifier: Apache-2.0 */
/* The machine as JSON: see topo.h; the keys are described in fanfold-topo(1).
 */
#include "topo.h"
#include "json_file.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

static json_t *bytes_or_null(uint64_t bytes)
{
    return bytes > 0 ? json_integer((json_int_t)bytes) : json_null();
}

static json_t *core_object(const struct topo *topo, const struct topo_core *c)
{
    static const char *const state[] = {
        [TOPO_USED] = "used", [TOPO_SPARE] = "spare",
        [TOPO_AFFINITY] = "affinity mask", [TOPO_CPUSET] = "cpuset"};
    json_t *cpus = json_array();
    for (uint32_t k = 0; k < c->core.n_pus; k++)
        json_array_append_new(
            cpus, json_integer(topo->machine->pu[c->core.first + k]));
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:s}",
                     "core", (int)c->core.number,
                     "package", (int)c->core.package,
                     "numa", (int)c->core.numa, "l3", (int)c->core.l3,
                     "l2", (int)c->core.l2, "kind", (int)c->core.kind,
                     "cpus", cpus, "state", state[c->state]);
}

static json_t *numa_object(const struct memory *memory)
{
    return json_pack("{s:i, s:o}", "numa", (int)memory->number,
                     "bytes", bytes_or_null(memory->bytes));
}

int topo_json(const char *path, const struct topo *topo, struct ff_error *err)
{
    const struct machine *m = topo->machine;
    json_t *cores = json_array(), *memory = json_array();
    for (uint32_t i = 0; i < topo->n; i++)
        json_array_append_new(cores, core_object(topo, &topo->core[i]));
    for (uint32_t i = 0; i < m->n_memory; i++)
        json_array_append_new(memory, numa_object(&m->memory[i]));
    json_t *object = json_pack(
        "{s:s, s:o, s:o, s:{s:i, s:i, s:s}, s:i, s:i, s:{s:o, s:o, s:o}, s:o, "
        "s:o, s:o}",
        "fanfold", PACKAGE_VERSION, "host", json_text(m->host),
        "model", m->model[0] != '\0' ? json_text(m->model) : json_null(),
        "budget", "cpus", (int)m->budget, "of", (int)m->n_cores_machine,
        "why", m->why, "packages", (int)m->n_packages,
        "kinds", (int)m->n_kinds,
        "cache_bytes", "l3", bytes_or_null(m->l3_bytes),
        "l2", bytes_or_null(m->l2_bytes), "l1", bytes_or_null(m->l1_bytes),
        "memory", memory, "cores", cores,
        "offline", m->offline[0] != '\0' ? json_text(m->offline)
                                         : json_null());
    const int rc = json_file_write(path, object, err);
    json_decref(object);
    return rc;
}
