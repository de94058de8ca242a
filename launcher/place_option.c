/* SPDX-License-Identifier: Apache-2.0 */
/* Where a job runs, as options say it: see place_option.h. */
#include "place_option.h"
#include "job.h"
#include "option_value.h"

#include <string.h>

#define MIN_NODE_TIMEOUT_NS UINT64_C(1000000000)

const char *place_option_workers(void *into, const char *text)
{
    return option_positive_u32(&((struct job *)into)->workers, text);
}

const char *place_option_threads(void *into, const char *text)
{
    return option_positive_u32(&((struct job *)into)->threads, text);
}

const char *place_option_schedule(void *into, const char *text)
{
    static const char *const names[] = {"dynamic", "static", "cyclic"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) {
            ((struct job *)into)->schedule = (enum schedule)i;
            return NULL;
        }
    return "is not static, cyclic or dynamic";
}

const char *place_option_serial(void *into, const char *text)
{
    ((struct job *)into)->serial = option_is_on(text);
    return NULL;
}

const char *place_option_bind_to(void *into, const char *text)
{
    static const char *const names[] = {
        [BIND_CORE] = "core", [BIND_HWTHREAD] = "hwthread",
        [BIND_NUMA] = "numa", [BIND_SOCKET] = "socket", [BIND_NONE] = "none"};
    for (int i = BIND_CORE; i <= BIND_NONE; i++)
        if (strcmp(text, names[i]) == 0) {
            ((struct job *)into)->bind_to = (enum bind_to)i;
            return NULL;
        }
    return "is none of core, hwthread, numa, socket, none";
}

/* As a place of its own a hardware thread counts as a core. */
const char *place_option_map_by(void *into, const char *text)
{
    static const char *const names[] = {
        [MAP_CORE] = "core", [MAP_HWTHREAD] = "hwthread",
        [MAP_NUMA] = "numa", [MAP_SOCKET] = "socket", [MAP_NODE] = "node"};
    struct job *job = into;
    for (int i = MAP_CORE; i <= MAP_NODE; i++)
        if (strcmp(text, names[i]) == 0) {
            job->map_by = (enum map_by)i;
            job->hwthreads = job->hwthreads || i == MAP_HWTHREAD;
            return NULL;
        }
    return "is none of core, hwthread, numa, socket, node";
}

const char *place_option_hwthreads(void *into, const char *text)
{
    ((struct job *)into)->hwthreads = option_is_on(text);
    return NULL;
}

const char *place_option_oversubscribe(void *into, const char *text)
{
    ((struct job *)into)->oversubscribe = option_is_on(text);
    return NULL;
}

const char *place_option_report_bindings(void *into, const char *text)
{
    ((struct job *)into)->report_bindings = option_is_on(text);
    return NULL;
}

/* fanfold never minds; mpirun's users are used to say so. */
const char *place_option_allow_root(void *into, const char *text)
{
    (void)into;
    (void)text;
    return NULL;
}

const char *place_option_topology(void *into, const char *text)
{
    return option_text(&((struct job *)into)->topology, text);
}

const char *place_option_host(void *into, const char *text)
{
    return option_text(&((struct job *)into)->host, text);
}

const char *place_option_hostfile(void *into, const char *text)
{
    return option_text(&((struct job *)into)->hostfile, text);
}

const char *place_option_ppn(void *into, const char *text)
{
    return option_positive_u32(&((struct job *)into)->ppn, text);
}

const char *place_option_launch(void *into, const char *text)
{
    return option_text(&((struct job *)into)->launch, text);
}

const char *place_option_launch_args(void *into, const char *text)
{
    ((struct job *)into)->launch_args = *text != '\0' ? text : NULL;
    return NULL;
}

const char *place_option_node_timeout(void *into, const char *text)
{
    uint64_t ns;
    const char *wrong = option_duration(&ns, text);
    if (wrong == NULL && ns < MIN_NODE_TIMEOUT_NS)
        wrong = "is less than a second: a node that is busy would be lost";
    if (wrong == NULL)
        ((struct job *)into)->node_timeout_ns = ns;
    return wrong;
}
