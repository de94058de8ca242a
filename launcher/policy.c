/* SPDX-License-Identifier: Apache-2.0 */
/* When a run is halted: see policy.h. */
#include "policy.h"
#include "number.h"

#include <string.h>

static const char wrong[] =
    "is not soon,fail=N or now,fail=N (or success=N, done=N), with a number "
    "from 1 on, like 3, or a share of all, at most 100%, like 10%";

int share_parse(double *share, const char *text)
{
    char number[32];
    size_t n = strlen(text);
    double x;
    const bool percent = n > 0 && text[n - 1] == '%';
    n -= percent;
    if (n >= sizeof number)
        return -1;
    memcpy(number, text, n);
    number[n] = '\0';
    if (number_f64(number, &x) != 0)
        return -1;
    x = percent ? x / 100 : x;
    if (!(x >= 0 && x <= 1))
        return -1;
    *share = x;
    return 0;
}

/* "3", or "10%" of all. */
static bool parse_limit(struct halt *halt, const char *text)
{
    uint64_t count;
    halt->is_share = strchr(text, '%') != NULL;
    if (halt->is_share)
        return share_parse(&halt->limit, text) == 0 && halt->limit > 0;
    halt->limit = number_u64(text, &count) == 0 ? (double)count : 0;
    return halt->limit > 0;
}

/* "fail=3" and its like. */
static bool parse_condition(struct halt *halt, const char *text)
{
    static const struct { const char *word; enum halt_what what; } words[] = {
        {"fail=", HALT_FAIL}, {"success=", HALT_SUCCESS}, {"done=", HALT_DONE}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t n = strlen(words[i].word);
        halt->what = words[i].what;
        if (strncmp(text, words[i].word, n) == 0)
            return parse_limit(halt, text + n);
    }
    return false;
}

const char *halt_parse(struct halt *halt, const char *text)
{
    struct halt new = {.when = HALT_NEVER};
    const size_t n = strcspn(text, ",");
    if (strcmp(text, "never") == 0) {
        *halt = new;
        return NULL;
    }
    if (n == 4 && memcmp(text, "soon", n) == 0)
        new.when = HALT_SOON;
    else if (n == 3 && memcmp(text, "now", n) == 0)
        new.when = HALT_NOW;
    if (new.when == HALT_NEVER || text[n] == '\0'
        || !parse_condition(&new, text + n + 1))
        return wrong;
    *halt = new;
    return NULL;
}

bool halt_due(const struct halt *halt, uint64_t n_well, uint64_t n_failed,
              uint64_t n_all)
{
    const uint64_t n = halt->what == HALT_FAIL ? n_failed
                       : halt->what == HALT_SUCCESS ? n_well
                       : n_well + n_failed;
    const double limit = halt->is_share ? halt->limit * (double)n_all
                                        : halt->limit;
    return halt->when != HALT_NEVER && n > 0 && (double)n >= limit;
}
