/* SPDX-License-Identifier: Apache-2.0 */
/* What other runs leave of a machine: see cores_left.h. */
#include "cores_left.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint32_t count_with(const struct machine *machine,
                           const uint32_t *users, uint32_t n_users)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < machine->n_cores; i++)
        n += users[i] == n_users;
    return n;
}

static uint32_t fewest_users(const struct machine *machine,
                             const uint32_t *users)
{
    uint32_t fewest = UINT32_MAX;
    for (uint32_t i = 0; i < machine->n_cores; i++)
        fewest = users[i] < fewest ? users[i] : fewest;
    return fewest;
}

/* How many executors are to have a core: 0 when all that are free are. */
static uint32_t how_many(const struct machine *machine, uint32_t n_free,
                         uint32_t workers, uint32_t threads)
{
    const uint64_t wanted = workers > 0 ? (uint64_t)workers * threads
                            : n_free > 0 ? threads : machine->budget;
    return wanted <= n_free ? 0
           : wanted < machine->n_cores ? (uint32_t)wanted : machine->n_cores;
}

/* Those with the fewest users: all of the first sort, so that it can still be
 * chosen which of them; of the next ones so many as are missing. */
static uint32_t keep_fewest(struct machine *machine, const uint32_t *users,
                            uint32_t wanted)
{
    const uint32_t first = fewest_users(machine, users);
    uint32_t n_sure = 0, last = first, n_last, n = 0;
    while (n_sure + (n_last = count_with(machine, users, last)) < wanted) {
        n_sure += n_last;
        last++;
    }
    uint32_t missing = last == first ? n_last : wanted - n_sure;
    for (uint32_t i = 0; i < machine->n_cores; i++) {
        if (users[i] > last || (users[i] == last && missing == 0))
            continue;
        missing -= users[i] == last;
        machine->core[n++] = machine->core[i];
    }
    return n;
}

/* The reason, with what it was before. */
static void say_why(struct machine *machine, bool was_limited, bool shared,
                    bool narrowed, const char *who)
{
    const char *colon = was_limited ? strstr(machine->why, ": ") : NULL;
    char before[sizeof machine->why], why[2 * sizeof machine->why];
    snprintf(before, sizeof before, "%s", colon != NULL ? colon + 2 : "");
    if (shared && !narrowed)
        snprintf(why, sizeof why, "%s, shared with %s", machine->why, who);
    else
        snprintf(why, sizeof why, "%" PRIu32 " of %" PRIu32 " %s%s: %s%s%s %s",
                 machine->budget, machine->n_cores_machine,
                 machine_unit(machine),
                 machine->n_cores_machine == 1 ? "" : "s", before,
                 before[0] != '\0' ? ", and " : "",
                 shared ? "shared with" : "the others are used by", who);
    /* What does not fit is the end of it. */
    snprintf(machine->why, sizeof machine->why, "%.*s",
             (int)sizeof machine->why - 1, why);
}

struct cores_left cores_left(struct machine *machine, const uint32_t *users,
                             uint32_t workers, uint32_t threads,
                             const char *who)
{
    const uint32_t before = machine->n_cores, budget = machine->budget;
    const bool limited = machine->limited;
    struct cores_left left = {.n_free = count_with(machine, users, 0)};
    left.others = left.n_free < before;
    if (!left.others)
        return left;
    const uint32_t wanted = how_many(machine, left.n_free, workers, threads);
    left.shared = wanted > 0;
    machine->n_cores = keep_fewest(machine, users,
                                   left.shared ? wanted : left.n_free);
    left.narrowed = machine->n_cores < before;
    if (machine->n_cores < machine->budget)
        machine->budget = machine->n_cores;
    machine->limited = machine->budget < machine->n_cores_machine;
    if (left.shared || machine->budget < budget)
        say_why(machine, limited, left.shared, machine->budget < budget, who);
    return left;
}
