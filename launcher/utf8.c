/* SPDX-License-Identifier: Apache-2.0 */
/* Reads UTF-8: see utf8.h. Neither overlong forms nor surrogates are UTF-8. */
#include "utf8.h"

/* Bytes of a character by its first one; 0: none begins so. */
static size_t length_of(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2
           : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

size_t utf8_first(const char *text, size_t n, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char first = (unsigned char)text[0];
    const size_t length = length_of(first);
    if (length == 0 || length > n)
        return 0;
    uint32_t c = length == 1 ? first : first & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        const unsigned char next = (unsigned char)text[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (next & 0x3f);
    }
    if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0;
    *code = c;
    return length;
}
