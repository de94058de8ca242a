/* SPDX-License-Identifier: Apache-2.0 */
/* What can be shown on a terminal: see terminal.h. The locale is only looked
 * at by its name: to load it takes longer than a short run. */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool terminal_size(int fd, int *columns, int *rows)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return false;
    *columns = size.ws_col;
    *rows = size.ws_row > 0 ? size.ws_row : 24;
    return true;
}

bool terminal_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *locale = getenv(variables[i]);
        if (locale == NULL || *locale == '\0')
            continue;
        return strcasestr(locale, "utf-8") != NULL
               || strcasestr(locale, "utf8") != NULL;
    }
    return false;
}

bool terminal_rewrites(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) == 1 && (term == NULL || strcmp(term, "dumb") != 0);
}

bool terminal_colours(int fd)
{
    const char *no = getenv("NO_COLOR");
    return terminal_rewrites(fd) && getenv("TERM") != NULL
           && (no == NULL || *no == '\0');
}
