/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of nodes: see nodes.h. */
#include "nodes.h"
#include "nearest.h"
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_NAME 256
#define BLANKS " \t\r\n"

/* What is being read, for errors. */
struct source {
    struct nodes *nodes;
    const char *where;
    struct ff_error *err;
};

static int wrong(const struct source *s, const char *word, size_t n,
                 const char *what)
{
    return ff_error_set(s->err, FF_USAGE, "%s: '%.*s' %s", s->where, (int)n,
                        word, what);
}

int nodes_add(struct nodes *nodes, const char *host, uint32_t slots,
              struct ff_error *err)
{
    if (nodes->n == nodes->room) {
        const size_t room = nodes->room == 0 ? 16 : 2 * nodes->room;
        struct node *more = realloc(nodes->node, room * sizeof more[0]);
        if (more == NULL)
            return ff_error_errno(err, FF_LOST, "cannot list the nodes");
        nodes->node = more;
        nodes->room = room;
    }
    char *copy = strdup(host);
    if (copy == NULL)
        return ff_error_errno(err, FF_LOST, "cannot list the nodes");
    nodes->node[nodes->n++] = (struct node){copy, slots};
    return 0;
}

static int add(const struct source *s, const char *host, uint32_t slots)
{
    if (s->nodes->n == NODES_MAX)
        return ff_error_set(s->err, FF_USAGE, "%s: more than %d nodes",
                            s->where, NODES_MAX);
    return nodes_add(s->nodes, host, slots, s->err);
}

/* ---- one name, with brackets --------------------------------------------- */

static bool is_name(const char *name)
{
    for (const char *p = name; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p) && strchr("-._", *p) == NULL)
            return false;
    return name[0] != '\0' && name[0] != '-' && name[0] != '.';
}

/* Reads digits; returns how many there were, 0 for none or too many. */
static size_t read_digits(const char *p, const char *end, uint64_t *out)
{
    size_t n = 0;
    *out = 0;
    while (p + n < end && isdigit((unsigned char)p[n]) && n < 10)
        *out = *out * 10 + (uint64_t)(p[n++] - '0');
    return n < 10 ? n : 0;
}

static int expand(const struct source *s, const char *prefix,
                  const char *pattern, const char *end, uint32_t slots);

/* One "003" or "001-003" of a bracket: [p, stop). */
static int expand_range(const struct source *s, const char *prefix,
                        const char *p, const char *stop, const char *rest,
                        const char *end, uint32_t slots)
{
    uint64_t low, high;
    const size_t width = read_digits(p, stop, &low);
    const char *q = p + width;
    high = low;
    if (width > 0 && q < stop && *q == '-') {
        const size_t n = read_digits(q + 1, stop, &high);
        q = n > 0 ? q + 1 + n : p;
    }
    if (width == 0 || q != stop || high < low)
        return wrong(s, p, (size_t)(stop - p), "is no number or range of "
                     "numbers, like 001-156, in brackets");
    for (uint64_t i = low; i <= high; i++) {
        char longer[MAX_NAME];
        const int n = snprintf(longer, sizeof longer, "%s%0*" PRIu64, prefix,
                               (int)width, i);
        if (n < 0 || (size_t)n >= sizeof longer)
            return wrong(s, prefix, strlen(prefix), "is too long a name");
        if (expand(s, longer, rest, end, slots) != 0)
            return -1;
    }
    return 0;
}

/* Adds prefix followed by what the pattern [pattern, end) stands for. */
static int expand(const struct source *s, const char *prefix,
                  const char *pattern, const char *end, uint32_t slots)
{
    const size_t length = (size_t)(end - pattern);
    const char *open = memchr(pattern, '[', length);
    const size_t plain = open != NULL ? (size_t)(open - pattern) : length;
    char name[MAX_NAME];
    const int n = snprintf(name, sizeof name, "%s%.*s", prefix, (int)plain,
                           pattern);
    if (n < 0 || (size_t)n >= sizeof name)
        return wrong(s, pattern, length, "is too long a name");
    if (open == NULL)
        return is_name(name) ? add(s, name, slots)
                             : wrong(s, name, strlen(name),
                                     "is no name of a node");
    const char *close = memchr(open, ']', (size_t)(end - open));
    if (close == NULL)
        return wrong(s, pattern, length, "has a bracket that does not close");
    for (const char *p = open + 1, *stop; p <= close; p = stop + 1) {
        stop = memchr(p, ',', (size_t)(close - p));
        stop = stop != NULL ? stop : close;
        if (expand_range(s, name, p, stop, close + 1, end, slots) != 0)
            return -1;
    }
    return 0;
}

/* ---- a list -------------------------------------------------------------- */

static int read_slots(const struct source *s, const char *text, size_t n,
                      const char *word, size_t n_word, uint32_t *slots)
{
    char copy[16];
    uint64_t value = 0;
    if (n < sizeof copy) {
        memcpy(copy, text, n);
        copy[n] = '\0';
    }
    if (n >= sizeof copy || number_u64(copy, &value) != 0 || value == 0
        || value > UINT32_MAX)
        return wrong(s, word, n_word, "has no number of workers, 1 or more, "
                     "behind its name");
    *slots = (uint32_t)value;
    return 0;
}

/* The end of a word: commas inside of brackets do not end it. */
static const char *end_of_word(const char *p)
{
    bool inside = false;
    for (; *p != '\0'; p++) {
        inside = *p == '[' || (inside && *p != ']');
        if (!inside && strchr("," BLANKS, *p) != NULL)
            break;
    }
    return p;
}

static int add_word(const struct source *s, const char *word, const char *end,
                    uint32_t slots)
{
    const size_t n = (size_t)(end - word);
    const char *colon = memchr(word, ':', n);
    if (colon != NULL
        && read_slots(s, colon + 1, (size_t)(end - colon) - 1, word, n, &slots)
           != 0)
        return -1;
    return expand(s, "", word, colon != NULL ? colon : end, slots);
}

int nodes_add_list(struct nodes *nodes, const char *list, const char *where,
                   struct ff_error *err)
{
    const struct source s = {nodes, where, err};
    const size_t before = nodes->n;
    for (const char *p = list + strspn(list, "," BLANKS); *p != '\0';) {
        const char *end = end_of_word(p);
        if (add_word(&s, p, end, 0) != 0)
            return -1;
        p = end + strspn(end, "," BLANKS);
    }
    return nodes->n > before ? 0 : wrong(&s, list, strlen(list),
                                         "names no node");
}

/* ---- a file -------------------------------------------------------------- */

/* "slot", which would say nothing. */
static bool is_nearly_slots(const char *key, size_t n)
{
    static const char *const slots[] = {"slots"};
    return strncmp(key, "slots=", 6) != 0 && nearest(key, n, slots, 1) != NULL;
}

/* "NAME [slots=N] [...]": other words of mpirun's, like max_slots=N, say
 * nothing to us, but must look like one. */
static int add_line(const struct source *s, char *line)
{
    uint32_t slots = 0;
    line[strcspn(line, "#\n")] = '\0';
    const char *word = line + strspn(line, BLANKS), *end = end_of_word(word);
    if (*word == '\0')
        return 0;
    for (const char *p = end + strspn(end, BLANKS); *p != '\0';) {
        const size_t n = strcspn(p, BLANKS);
        const char *const equal = memchr(p, '=', n);
        if (equal == NULL || is_nearly_slots(p, (size_t)(equal - p)))
            return wrong(s, p, n, "is not slots=N");
        if (strncmp(p, "slots=", 6) == 0
            && read_slots(s, p + 6, n - 6, p, n, &slots) != 0)
            return -1;
        p += n;
        p += strspn(p, BLANKS);
    }
    return add_word(s, word, end, slots);
}

int nodes_add_file(struct nodes *nodes, const char *path, struct ff_error *err)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0, n_lines = 0;
    const size_t before = nodes->n;
    int rc = 0;
    if (file == NULL)
        return ff_error_errno(err, FF_USAGE, "cannot open '%s' (--hostfile)",
                              path);
    while (rc == 0 && getline(&line, &room, file) > 0) {
        char where[300];
        snprintf(where, sizeof where, "%.255s:%zu", path, ++n_lines);
        rc = add_line(&(struct source){nodes, where, err}, line);
    }
    if (rc == 0 && ferror(file))
        rc = ff_error_errno(err, FF_USAGE, "cannot read '%s' (--hostfile)",
                            path);
    else if (rc == 0 && nodes->n == before)
        rc = ff_error_set(err, FF_USAGE, "'%s' (--hostfile) names no node",
                          path);
    free(line);
    fclose(file);
    return rc;
}

/* ---- all of them --------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct node *x = *(struct node *const *)a;
    const struct node *y = *(struct node *const *)b;
    const int order = strcmp(x->host, y->host);
    return order != 0 ? order : (x > y) - (x < y);
}

/* Adds up the slots of n entries of one node in the first of them; the others
 * lose their names. */
static void merge_same(struct node **same, size_t n)
{
    uint64_t slots = 0;
    for (size_t i = 0; i < n && n > 1; i++)
        slots += same[i]->slots == 0 ? 1 : same[i]->slots;
    for (size_t i = 1; i < n; i++) {
        free(same[i]->host);
        same[i]->host = NULL;
    }
    if (n > 1)
        same[0]->slots = slots < UINT32_MAX ? (uint32_t)slots : UINT32_MAX;
}

int nodes_merge(struct nodes *nodes)
{
    struct node **sorted = calloc(nodes->n + 1, sizeof sorted[0]);
    size_t n = 0;
    if (sorted == NULL)
        return -1;
    for (size_t i = 0; i < nodes->n; i++)
        sorted[i] = &nodes->node[i];
    qsort(sorted, nodes->n, sizeof sorted[0], compare);
    for (size_t i = 0, k; i < nodes->n; i = k) {
        for (k = i + 1; k < nodes->n
                        && strcmp(sorted[i]->host, sorted[k]->host) == 0; k++)
            continue;
        merge_same(sorted + i, k - i);
    }
    for (size_t i = 0; i < nodes->n; i++)
        if (nodes->node[i].host != NULL)
            nodes->node[n++] = nodes->node[i];
    nodes->n = n;
    free(sorted);
    return 0;
}

/* ---- names --------------------------------------------------------------- */

bool nodes_is_name(const char *host, const char *name)
{
    const size_t n = strcspn(host, "."), m = strcspn(name, ".");
    return strcasecmp(host, name) == 0
           || (n == m && strncasecmp(host, name, n) == 0
               && (host[n] == '\0' || name[m] == '\0'));
}

/* They are most often in order. */
static size_t find_name(const struct nodes *nodes, size_t k, const char *name)
{
    for (size_t i = 0; i < nodes->n; i++) {
        const size_t at = (k + i) % nodes->n;
        if (nodes->node[at].host != NULL
            && nodes_is_name(nodes->node[at].host, name))
            return at;
    }
    return nodes->n;
}

int nodes_order(struct nodes *nodes, const char *const *name)
{
    struct node *ordered = calloc(nodes->n + 1, sizeof ordered[0]);
    if (ordered == NULL)
        return -1;
    for (size_t k = 0; k < nodes->n; k++) {
        const size_t at = find_name(nodes, k, name[k]);
        if (at == nodes->n)
            continue;
        ordered[k] = nodes->node[at];
        nodes->node[at].host = NULL;
    }
    for (size_t k = 0, at = 0; k < nodes->n; k++) {
        if (ordered[k].host != NULL)
            continue;
        while (nodes->node[at].host == NULL)
            at++;
        ordered[k] = nodes->node[at++];
    }
    memcpy(nodes->node, ordered, nodes->n * sizeof ordered[0]);
    free(ordered);
    return 0;
}

void nodes_release(struct nodes *nodes)
{
    for (size_t i = 0; i < nodes->n; i++)
        free(nodes->node[i].host);
    free(nodes->node);
    *nodes = (struct nodes){0};
}
