/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel declares: see spec.h. */
#include "spec.h"
#include "op.h"

#include <ctype.h>
#include <string.h>

static bool name_valid(const char name[SPEC_NAME])
{
    if (memchr(name, '\0', SPEC_NAME) == NULL || name[0] == '\0')
        return false;
    for (const char *p = name; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p) && *p != '_')
            return false;
    return true;
}

bool spec_valid(const struct spec *spec)
{
    if (spec->n_results > SPEC_MAX_RESULTS || spec->n_params > SPEC_MAX_PARAMS)
        return false;
    for (uint32_t i = 0; i < spec->n_results; i++)
        if (!name_valid(spec->result[i].name)
            || op_find(spec->result[i].op) == NULL)
            return false;
    for (uint32_t i = 0; i < spec->n_params; i++)
        if (!name_valid(spec->param[i].name))
            return false;
    return true;
}
