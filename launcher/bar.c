/* SPDX-License-Identifier: Apache-2.0 */
/* Horizontal bars: see bar.h. */
#include "bar.h"

#include <string.h>

/* U+2588 to U+258F: a full block, then an eighth less each. */
#define BLOCK_BYTES 3
static const char blocks[] = "\u2588\u2589\u258a\u258b\u258c\u258d\u258e\u258f";

/* Appends the filled part; returns its columns. */
static int fill(char **p, double share, int width, bool utf8)
{
    const int parts = utf8 ? 8 : 1;
    const double most = (double)(width * parts);
    const int n = share >= 1 ? width * parts
                  : share > 0 ? (int)(share * most + 0.5) : 0;
    for (int i = 0; i < n / parts; i++) {
        const size_t bytes = utf8 ? BLOCK_BYTES : 1;
        memcpy(*p, utf8 ? blocks : "#", bytes);
        *p += bytes;
    }
    if (n % parts == 0)
        return n / parts;
    memcpy(*p, blocks + (size_t)(8 - n % 8) * BLOCK_BYTES, BLOCK_BYTES);
    *p += BLOCK_BYTES;
    return n / parts + 1;
}

static int limit(int width)
{
    return width < 0 ? 0 : width > BAR_MAX_WIDTH ? BAR_MAX_WIDTH : width;
}

void bar_draw(char out[BAR_TEXT], double share, int width, bool utf8)
{
    char *p = out;
    width = limit(width);
    for (int n = fill(&p, share, width, utf8); n < width; n++)
        *p++ = ' ';
    *p = '\0';
}

void bar_trim(char out[BAR_TEXT], double share, int width, bool utf8)
{
    char *p = out;
    fill(&p, share, limit(width), utf8);
    *p = '\0';
}
