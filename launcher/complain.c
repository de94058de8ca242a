/* SPDX-License-Identifier: Apache-2.0 */
/* What reaches the terminal of texts that we did not write: see complain.h.
 * U+009B is CSI as well as ESC [ is, and iscntrl knows bytes only. */
#include "complain.h"
#include "utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The bytes of a sequence at text that colours it, as compilers do; 0: none. */
static size_t colour(const char *text)
{
    if (text[0] != '\033' || text[1] != '[')
        return 0;
    const size_t n = 2 + strspn(text + 2, "0123456789;");
    return text[n] == 'm' || text[n] == 'K' ? n + 1 : 0;
}

/* compiled: a compiler's lines and colours may stay. */
static void print(FILE *out, const char *text, bool compiled)
{
    size_t length;
    uint32_t c;
    for (size_t left = strlen(text); left > 0; text += length, left -= length) {
        length = compiled ? colour(text) : 0;
        if (length == 0)
            length = utf8_first(text, left, &c);
        else
            c = ' ';
        if (length > 0 && compiled && (c == '\n' || c == '\t'))
            c = ' ';
        if (length == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
            fputc('?', out);
        else
            fwrite(text, 1, length, out);
        length = length > 0 ? length : 1;
    }
}

void print_plain(FILE *out, const char *text)
{
    print(out, text, false);
}

int complain(const struct ff_error *err)
{
    fputs("fanfold: ", stderr);
    print(stderr, err->text, true);
    fputc('\n', stderr);
    return err->status;
}
