/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that fit: see wrap.h. */
#include "wrap.h"
#include "terminal.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define MIN_COLUMNS 20 /* narrower than that is not worth the breaks */
#define INDENT 2
#define WRAP_TEXT 1501

/* Is the blank between a number and its unit? */
static bool is_before_unit(const char *line, size_t i, size_t n)
{
    static const char *const units[] = {"ns", "us", "ms", "s", "min", "h", "d",
                                        "%", "k", "M", "G", "MB", "KB", "GB"};
    const char *word = line + i + 1;
    const size_t length = i < n ? strcspn(word, " ,;:)\n") : 0;
    if (i == 0 || !isdigit((unsigned char)line[i - 1]))
        return false;
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++)
        if (strlen(units[u]) == length && strncmp(word, units[u], length) == 0)
            return true;
    return false;
}

/* Where to break a line of n bytes that is to have at most so many columns:
 * at the last blank, if there is one, else between characters. (UTF-8 comes here
 * in names of files only: a line with some is broken a little early.) */
static size_t break_at(const char *line, size_t n, size_t columns)
{
    if (n <= columns)
        return n;
    for (size_t i = columns; i > columns / 2; i--)
        if (line[i] == ' ' && !is_before_unit(line, i, n))
            return i;
    size_t at = columns;
    while (at > columns / 2 && (line[at] & 0xc0) == 0x80)
        at--;
    return at;
}

/* One line; on a terminal that is too narrow, several, the others indented. */
static void write_line(FILE *out, const char *line, size_t n, size_t columns)
{
    size_t indent = 0;
    if (n == 0)
        fputc('\n', out);
    while (n > 0) {
        const size_t part = break_at(line, n, columns - indent);
        fprintf(out, "%*s%.*s\n", (int)indent, "", (int)part, line);
        line += part;
        n -= part;
        indent = INDENT;
        while (n > 0 && *line == ' ') {
            line++;
            n--;
        }
    }
}

void wrap_write(FILE *out, const char *text)
{
    int columns = 0, rows;
    if (!terminal_size(fileno(out), &columns, &rows)
        || columns < MIN_COLUMNS) {
        fputs(text, out);
        return;
    }
    for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1)
        write_line(out, text, (size_t)(end - text), (size_t)columns - 1);
}

void wrap_print(FILE *out, const char *format, ...)
{
    char text[WRAP_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wrap_write(out, text);
}
