/* SPDX-License-Identifier: Apache-2.0 */
/* What the scripts of all shells have in common: see completion.h. */
#include "completion.h"

#include <string.h>

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

enum completion_value completion_of(const struct option_row *row)
{
    return option_is_flag(row) ? COMPLETE_NOTHING
           : row->words != NULL ? COMPLETE_WORDS
           : ends_with(row->value, "FILE") || ends_with(row->value, "PATH")
               ? COMPLETE_FILES
           : strncmp(row->value, "DIR", 3) == 0 ? COMPLETE_DIRECTORIES
                                                : COMPLETE_NOTHING;
}

bool completion_has(const struct options *o, const struct option_row *row)
{
    return o->headings[row->group - 1] != NULL
           && (o->shows == NULL || o->shows(row));
}

const char *completion_about(const struct option_row *row, char out[128])
{
    size_t n = strcspn(row->help, "(;:");
    while (n > 0 && row->help[n - 1] == ' ')
        n--;
    snprintf(out, 128, "%.*s", (int)n, row->help);
    return out;
}

void completion_words(FILE *out, const char *words, const char *separator)
{
    for (; *words != '\0'; words++)
        if (*words == '|')
            fputs(separator, out);
        else
            fputc(*words, out);
}
