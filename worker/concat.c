/* SPDX-License-Identifier: Apache-2.0 */
/* Values as lines of an output: see concat.h. */
#include "concat.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool concat_is_used(const struct spec *spec)
{
    for (uint32_t i = 0; i < spec->n_outputs; i++)
        if (spec->output[i].source > 0)
            return true;
    return false;
}

static int real_line(char line[CONCAT_LINE], double x, bool is_float)
{
    int digits = is_float ? 6 : 15, n;
    if (isnan(x)) /* its sign and payload depend on the processor */
        return snprintf(line, CONCAT_LINE, "nan\n");
    do
        n = snprintf(line, CONCAT_LINE, "%.*g\n", digits, x);
    while ((is_float ? (double)strtof(line, NULL) : strtod(line, NULL)) != x
           && digits++ < 17);
    return n;
}

int concat_line(char line[CONCAT_LINE], const char *type, union ff_value value)
{
    switch (type[0]) {
    case 'i':
        return snprintf(line, CONCAT_LINE, "%" PRId64 "\n", value.i64);
    case 'u':
        return snprintf(line, CONCAT_LINE, "%" PRIu64 "\n", value.u64);
    default:
        return real_line(line, value.f64, strcmp(type, "f32") == 0);
    }
}

static void write_values(const struct spec *spec, uint32_t output,
                         const struct stage *stage, struct outlet *outlet)
{
    const uint32_t s = spec->output[output].source - 1;
    const struct ff_buffer *b = &stage->buffer[s];
    const uint32_t step = stage->layout->kind[s] == VALUE_KIND_ITEM ? 2 : 1;
    char line[CONCAT_LINE];
    for (uint32_t i = stage->source[s].committed; i < b->n; i += step) {
        const int n = concat_line(line, spec->source[s].type, b->value[i]);
        outlet_emit(outlet, output, line, (size_t)n);
    }
}

void concat_take(const struct spec *spec, uint32_t source,
                 const struct stage *stage, struct outlet *outlet)
{
    /* (That of C costs no memory.) */
    const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    const locale_t kernel = uselocale(c);
    for (uint32_t i = 0; i < spec->n_outputs; i++)
        if (spec->output[i].source > 0
            && (source == CONCAT_ALL || source == spec->output[i].source - 1))
            write_values(spec, i, stage, outlet);
    uselocale(kernel);
}
