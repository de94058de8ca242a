/* SPDX-License-Identifier: Apache-2.0 */
/* Fingerprints, compared: see fingerprint.h. */
#include "fingerprint.h"

#include <stdio.h>
#include <string.h>

static bool text_valid(const char text[FINGERPRINT_TEXT])
{
    for (size_t i = 0; i < FINGERPRINT_TEXT; i++) {
        if (text[i] == '\0')
            return true;
        if (text[i] < ' ' || text[i] > '~')
            return false;
    }
    return false;
}

bool fingerprint_valid(const struct fingerprint *f)
{
    return text_valid(f->object) && text_valid(f->libm) && text_valid(f->cpu);
}

static const char *known(const char *text)
{
    return text[0] != '\0' ? text : "not known";
}

bool fingerprint_differs(const struct fingerprint *a, const char *a_place,
                         const struct fingerprint *b, const char *b_place,
                         char text[FINGERPRINT_DIFFERS])
{
    const struct {
        const char *name, *a, *b;
    } part[] = {{"object", a->object, b->object},
                {"libm", a->libm, b->libm},
                {"cpu", a->cpu, b->cpu}};
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        if (strcmp(part[i].a, part[i].b) == 0)
            continue;
        if (n < FINGERPRINT_DIFFERS)
            n += (size_t)snprintf(text + n, FINGERPRINT_DIFFERS - n,
                                  "%s%s: %s %s, %s %s", n > 0 ? "; " : "",
                                  part[i].name, known(part[i].a), a_place,
                                  known(part[i].b), b_place);
    }
    return n > 0;
}
