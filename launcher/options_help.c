/* SPDX-License-Identifier: Apache-2.0 */
/* --help, from the table: see options.h. In the order of the table, group by
 * group; 80 columns. */
#include "options.h"
#include "paragraph.h"

#include <string.h>

#define TEXT_COLUMN 25

/* "  -n N", "  -x, --env VAR", "      --tag, --tag-output"; its length. */
static size_t print_spelling(FILE *out, const struct option_row *row)
{
    size_t n = 0;
    if (row->letter != 0)
        n += (size_t)fprintf(out, "  -%c%s", row->letter,
                             row->name != NULL ? ", " : "");
    else
        n += (size_t)fprintf(out, "      ");
    if (row->alias != NULL && row->name != NULL)
        n += (size_t)fprintf(out, "--%s, ", row->alias);
    if (row->name != NULL)
        n += (size_t)fprintf(out, "--%s", row->name);
    if (row->value != NULL)
        n += (size_t)fprintf(out, row->bare != NULL ? "[=%s]" : " %s",
                             row->value);
    return n;
}

static void print_row(FILE *out, const struct option_row *row)
{
    size_t at = print_spelling(out, row);
    if (at + 2 > TEXT_COLUMN) {
        fputc('\n', out);
        at = 0;
    }
    paragraph_print(out, row->help, at, TEXT_COLUMN);
}

void options_help(const struct options *o, FILE *out)
{
    static const struct option_row help = {
        .name = "help", .letter = 'h', .help = "Show this help"};
    fprintf(out, "Usage: %s [OPTION]...%s%s%s%s\n", o->command,
            o->operands != NULL && o->operands[0] != 0 ? " " : "",
            o->operands != NULL ? o->operands : "",
            o->or_operands != NULL ? " " : "",
            o->or_operands != NULL ? o->or_operands : "");
    paragraph_print(out, o->about, 0, 0);
    for (size_t group = 1; group <= o->n_headings; group++) {
        if (o->headings[group - 1] == NULL)
            continue;
        fprintf(out, "\n%s\n", o->headings[group - 1]);
        for (size_t i = 0; i < o->n_rows; i++)
            if (o->row[i].group == (int)group
                && (o->shows == NULL || o->shows(&o->row[i])))
                print_row(out, &o->row[i]);
    }
    fputc('\n', out);
    print_row(out, &help);
    if (o->after != NULL) {
        fputc('\n', out);
        paragraph_print(out, o->after, 0, 0);
    }
}

const char *option_default(const struct option_row *row, char out[256])
{
    static const char word[] = "default: ";
    const char *p = strstr(row->help, word);
    out[0] = '\0';
    if (p == NULL)
        return out;
    p += sizeof word - 1;
    snprintf(out, 256, "%.*s", (int)strcspn(p, ";)"), p);
    return out;
}
