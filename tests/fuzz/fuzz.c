/* SPDX-License-Identifier: Apache-2.0 */
/* What the harnesses share: see fuzz.h. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    abort();
}

uint8_t fuzz_byte(struct fuzz_input *in)
{
    if (in->n == 0)
        return 0;
    in->n--;
    return *in->at++;
}

char *fuzz_take(struct fuzz_input *in, size_t n)
{
    const size_t k = n < in->n ? n : in->n;
    char *copy = malloc(k + 1);
    FUZZ_EXPECT(copy != NULL);
    if (k > 0)
        memcpy(copy, in->at, k);
    copy[k] = '\0';
    in->at += k;
    in->n -= k;
    return copy;
}

char *fuzz_text(struct fuzz_input *in)
{
    const uint8_t *zero = in->n > 0 ? memchr(in->at, '\0', in->n) : NULL;
    char *text = fuzz_take(in, zero != NULL ? (size_t)(zero - in->at) : in->n);
    if (zero != NULL)
        fuzz_byte(in);
    return text;
}

char *fuzz_rest(struct fuzz_input *in, size_t *n)
{
    *n = in->n;
    return fuzz_take(in, in->n);
}

void fuzz_expect_error(const struct ff_error *err, int status)
{
    FUZZ_EXPECT(err->status == status);
    FUZZ_EXPECT(err->text[0] != '\0');
    FUZZ_EXPECT(memchr(err->text, '\0', sizeof err->text) != NULL);
}
