/* SPDX-License-Identifier: Apache-2.0 */
/* Folds a hash of each line and its number, so that lines that are not whole,
 * or come twice, show; `item` crashes, and `neighbours` also reads the lines
 * around each. */
#include <fanfold.h>
#include <signal.h>
#include <string.h>

FF_INT(item, -1)
FF_INT(neighbours, 0)
FF_TEXT(how, "fail")
FF_COUNT(lines)
FF_SUM_INT(bytes)
FF_SUM_INT(hash)

static uint64_t hash_line(const char *text, size_t n)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    return h;
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        size_t n;
        if (neighbours && i > 0)
            ff_item_text(ff, i - 1, &n);
        const char *text = ff_item_text(ff, i, &n);
        if ((int64_t)i == item && strcmp(how, "beyond") == 0)
            ff_item_text(ff, ff->last + 1000, &n);
        else if ((int64_t)i == item && strcmp(how, "segv") == 0)
            raise(SIGSEGV);
        else if ((int64_t)i == item)
            ff_fail(ff, i, "told to fail");
        ff_count(ff, lines, 1);
        ff_sum_int(ff, bytes, (int64_t)n);
        ff_sum_int(ff, hash, (int64_t)(hash_line(text, n) * (i + 1) >> 8));
    }
}
