/* SPDX-License-Identifier: Apache-2.0 */
/* A stretch of bytes of somebody else's memory; no zero byte at its end. */
#ifndef FANFOLD_COMMON_SPAN_H
#define FANFOLD_COMMON_SPAN_H

#include <stddef.h>
#include <string.h>

struct span {
    const char *at;
    size_t n;
};

static inline struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

static inline int span_is(struct span s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.at, text, s.n) == 0;
}

#endif
