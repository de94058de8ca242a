/* SPDX-License-Identifier: Apache-2.0 */
/* Machines in hwloc's words: see synthetic.h. hwloc builds whatever is asked
 * for, in a time that grows as the square of it. */
#include "synthetic.h"

#include "ledger.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\n"

/* Behind what stands in brackets at p: attributes, "(indexes=2 4)", or memory,
 * "[numa(memory=1GB)]". */
static const char *skip_brackets(const char *p)
{
    size_t depth = 0;
    do {
        depth += *p == '(' || *p == '[';
        depth -= *p == ')' || *p == ']';
        p++;
    } while (depth > 0 && *p != '\0');
    return p;
}

static uint64_t count_pus(const char *words)
{
    uint64_t pus = 1;
    for (const char *p = words + strspn(words, BLANKS); *p != '\0';
         p += strspn(p, BLANKS)) {
        if (*p == '(' || *p == '[') {
            p = skip_brackets(p);
            continue;
        }
        const size_t n = strcspn(p, BLANKS "([");
        const char *colon = memchr(p, ':', n);
        /* "core:8", or "8" without a type. */
        const unsigned long count = strtoul(colon != NULL ? colon + 1 : p,
                                            NULL, 10);
        if (count > 0
            && (count > UINT32_MAX || (pus *= count) > UINT32_MAX))
            return UINT32_MAX;
        p += n;
    }
    return pus;
}

int synthetic_check(const char *words, struct ff_error *err)
{
    _Static_assert(LEDGER_MAX_CPUS == 4096, "as the text says");
    if (count_pus(words) <= LEDGER_MAX_CPUS)
        return 0;
    return ff_error_set(err, FF_USAGE, "topology '%s': more than the 4,096 "
                        "hardware threads that a node can have", words);
}
