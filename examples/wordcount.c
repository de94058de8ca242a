/* SPDX-License-Identifier: Apache-2.0 */
/* Lines, words and bytes of a file, as wc counts them, and its longest line:
 * fanfold run -a FILE wordcount.c
 * The text of an item is a part of the file itself, of any length and with any
 * bytes. What ends a line is not in it, and the last line may lack it. */
#include <fanfold.h>

FF_ABOUT("Lines, words and bytes of a file: give it by -a FILE")
FF_COUNT(lines)
FF_COUNT(words)
FF_COUNT(bytes, "with what ends the lines")
FF_ARGMAX_INT(longest, "of a line, in bytes")

/* In the C locale, as LC_ALL=C wc. */
static int is_blank(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

FF_KERNEL(ff, begin, end)
{
    uint64_t n_lines = 0, n_words = 0, n_bytes = 0;
    for (uint64_t i = begin; i < end; i++) {
        size_t n;
        const char *text = ff_item_text(ff, i, &n);
        int inside = 0;
        for (size_t k = 0; k < n; k++) {
            int blank = is_blank(text[k]);
            n_words += !blank && !inside;
            inside = !blank;
        }
        int ended = text + n < ff->lines_end;
        n_lines += ended;
        n_bytes += n + ended;
        ff_argmax_int(ff, longest, (int64_t)n, i);
    }
    ff_count(ff, lines, n_lines);
    ff_count(ff, words, n_words);
    ff_count(ff, bytes, n_bytes);
}
