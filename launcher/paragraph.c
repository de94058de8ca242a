/* SPDX-License-Identifier: Apache-2.0 */
/* Folds text at blanks: see paragraph.h. A word longer than a line stays
 * whole. */
#include "paragraph.h"

#include <string.h>

/* The words of one line of the text, which has n bytes. */
static void print_words(FILE *out, const char *text, size_t n, size_t at,
                        size_t indent, size_t width)
{
    const char *const end = text + n;
    size_t column = at;
    while (text < end) {
        const size_t length = strcspn(text, " \n");
        if (column > indent && column + 1 + length > width) {
            fputc('\n', out);
            column = 0;
        } else if (column > indent) {
            column += (size_t)fprintf(out, " ");
        }
        if (column < indent)
            column += (size_t)fprintf(out, "%*s", (int)(indent - column), "");
        column += fwrite(text, 1, length, out);
        text += length + (text + length < end && text[length] == ' ');
    }
}

void paragraph_fold(FILE *out, const char *text, size_t at, size_t indent,
                    size_t width)
{
    do {
        const size_t n = strcspn(text, "\n");
        if (*text == ' ')
            fwrite(text, 1, n, out);
        else
            print_words(out, text, n, at, indent, width);
        fputc('\n', out);
        at = 0;
        text += n + (text[n] == '\n');
    } while (*text != '\0');
}

void paragraph_print(FILE *out, const char *text, size_t at, size_t indent)
{
    paragraph_fold(out, text, at, indent, PARAGRAPH_WIDTH);
}
