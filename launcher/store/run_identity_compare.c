/* SPDX-License-Identifier: Apache-2.0 */
/* What a run is about, as bytes for the store and compared with what it was
 * about before: see run_identity.h. */
#include "figure.h"
#include "hash.h"
#include "run_identity.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PARTS 100000u
#define ROOM_FOR_MORE 120 /* of an error's text, for its end */

/* ---- as bytes ------------------------------------------------------------ */

struct head {
    uint64_t hash;     /* of the parts */
    uint32_t n, bytes; /* of one part */
};

int identity_encode(const struct identity *id, void **bytes, size_t *n)
{
    const size_t n_parts = id->n * sizeof id->part[0];
    const struct head head = {.n = (uint32_t)id->n,
                              .bytes = sizeof id->part[0],
                              .hash = n_parts > 0
                                      ? hash_bytes(id->part, n_parts) : 0};
    unsigned char *out = malloc(sizeof head + n_parts);
    if (out == NULL)
        return -1;
    memcpy(out, &head, sizeof head);
    if (n_parts > 0)
        memcpy(out + sizeof head, id->part, n_parts);
    *bytes = out;
    *n = sizeof head + n_parts;
    return 0;
}

static bool is_text(const char *text, size_t room)
{
    return memchr(text, '\0', room) != NULL;
}

static bool are_parts(const struct identity_part *part, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_text(part[i].name, sizeof part[i].name)
            || !is_text(part[i].shown, sizeof part[i].shown)
            || part[i].kind > IDENTITY_SOURCE)
            return false;
    return true;
}

int identity_decode(struct identity *id, const void *bytes, size_t n)
{
    struct head head;
    *id = IDENTITY_NONE;
    if (n < sizeof head)
        return -1;
    memcpy(&head, bytes, sizeof head);
    if (head.n > MOST_PARTS || head.bytes != sizeof id->part[0]
        || n != sizeof head + (size_t)head.n * head.bytes)
        return -1;
    if (head.n == 0)
        return 0;
    const size_t n_parts = n - sizeof head;
    struct identity_part *part = malloc(n_parts);
    if (part == NULL)
        return -1;
    memcpy(part, (const unsigned char *)bytes + sizeof head, n_parts);
    if (hash_bytes(part, n_parts) != head.hash || !are_parts(part, head.n)) {
        free(part);
        return -1;
    }
    *id = (struct identity){part, head.n, head.n};
    return 0;
}

/* ---- compared ------------------------------------------------------------ */

/* What differs, in one line; what has no room is counted. */
struct telling {
    const struct identity *was, *is;
    char text[800];
    size_t n;
    unsigned n_told, n_more;
};

__attribute__((format(printf, 2, 3)))
static void tell(struct telling *t, const char *format, ...)
{
    char text[700];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (t->n_more > 0
        || t->n + strlen(text) + 3 > sizeof t->text - ROOM_FOR_MORE) {
        t->n_more++;
        return;
    }
    t->n += (size_t)sprintf(t->text + t->n, "%s%s", t->n > 0 ? "; " : "", text);
    t->n_told++;
}

static const struct identity_part *find(const struct identity *id,
                                        const struct identity_part *like,
                                        size_t which)
{
    for (size_t i = 0; i < id->n; i++)
        if (strcmp(id->part[i].name, like->name) == 0 && which-- == 0)
            return &id->part[i];
    return NULL;
}

/* Of several of one name (--output): the how manieth this is. */
static size_t number_of(const struct identity *id, size_t at)
{
    size_t n = 0;
    for (size_t i = 0; i < at; i++)
        n += strcmp(id->part[i].name, id->part[at].name) == 0;
    return n;
}

/* It may be missing on one side: nobody said it. */
static bool may_be_missing(const struct identity_part *part)
{
    return part->kind != IDENTITY_PLAIN;
}

/* As people call it in the middle of a sentence. */
static const char *name_of(const struct identity_part *part, char out[100])
{
    const bool bare = part->name[0] == '-';
    snprintf(out, 100, "%s%s", bare ? "" : "the ", part->name);
    return out;
}

static bool is_plural(const struct identity_part *part)
{
    return strncmp(part->name, "items", 5) == 0
           || strncmp(part->name, "values", 6) == 0
           || strncmp(part->name, "columns", 7) == 0;
}

static void tell_kernel(struct telling *t, const struct identity_part *was,
                        const struct identity_part *is)
{
    const struct identity_part like = {.name = "source"};
    const struct identity_part *a = find(t->was, &like, 0);
    const struct identity_part *b = find(t->is, &like, 0);
    if (strcmp(was->shown, is->shown) != 0)
        tell(t, "the kernel was '%.200s', is '%.200s'", was->shown, is->shown);
    else if (a != NULL && b != NULL && a->hash == b->hash)
        tell(t, "the kernel '%s' was compiled otherwise: by another compiler, "
             "for another CPU, or with other headers", is->shown);
    else
        tell(t, "the kernel '%s' has changed", is->shown);
}

static void tell_input(struct telling *t, const struct identity_part *was,
                       const struct identity_part *is)
{
    char then[FIGURE_TEXT], now[FIGURE_TEXT];
    if (was->count == is->count)
        tell(t, "the %s '%.200s' has changed", is->name, is->shown);
    else
        tell(t, "the %s '%.200s' has changed (%s lines then, %s now)",
             is->name, is->shown, figure_count(then, was->count),
             figure_count(now, is->count));
}

/* Of long lists the same is shown. */
static void tell_unseen(struct telling *t, const char *name,
                        const struct identity_part *was,
                        const struct identity_part *is)
{
    const char *has = is_plural(is) ? "have" : "has";
    if (was->count == is->count)
        tell(t, "%s %s changed", name, has);
    else
        tell(t, "%s %s changed (%llu then, %llu now)", name, has,
             (unsigned long long)was->count, (unsigned long long)is->count);
}

static void tell_plain(struct telling *t, const struct identity_part *was,
                       const struct identity_part *is)
{
    char name[100];
    name_of(is, name);
    if (strcmp(is->name, "results") == 0)
        tell(t, "what the kernel declares, or --fold folds, has changed");
    else if (strcmp(is->name, "calls") == 0)
        tell(t, "the threads that call the kernel once were %s, are %s: say -n "
             "and --threads as then", was->shown, is->shown);
    else if (strcmp(is->name, "team") == 0)
        tell(t, "the team had %s threads, has %s: say --threads %s",
             was->shown, is->shown, was->shown);
    else if (strcmp(was->shown, is->shown) == 0)
        tell_unseen(t, name, was, is);
    else
        tell(t, "%s %s '%.250s', %s '%.250s'", name,
             is_plural(is) ? "were" : "was", was->shown,
             is_plural(is) ? "are" : "is", is->shown);
}

static void tell_part(struct telling *t, const struct identity_part *was,
                      const struct identity_part *is)
{
    if (strcmp(is->name, "kernel") == 0)
        tell_kernel(t, was, is);
    else if (is->kind == IDENTITY_TEXT)
        tell_input(t, was, is);
    else
        tell_plain(t, was, is);
}

/* Those that follow from others are told when no other was. */
static void tell_changed(struct telling *t, bool derived)
{
    for (size_t i = 0; i < t->is->n; i++) {
        const struct identity_part *is = &t->is->part[i];
        const struct identity_part *was = find(t->was, is,
                                               number_of(t->is, i));
        char name[100];
        if (is->kind == IDENTITY_SOURCE
            || (is->kind == IDENTITY_DERIVED) != derived)
            continue;
        if (was == NULL && !may_be_missing(is))
            tell(t, "%s was not given, is '%s'", name_of(is, name), is->shown);
        else if (was != NULL && was->hash != is->hash)
            tell_part(t, was, is);
    }
}

static void tell_missing(struct telling *t)
{
    for (size_t i = 0; i < t->was->n; i++) {
        const struct identity_part *was = &t->was->part[i];
        char name[100];
        if (!may_be_missing(was)
            && find(t->is, was, number_of(t->was, i)) == NULL)
            tell(t, "%s was '%s', is not given", name_of(was, name),
                 was->shown);
    }
}

int identity_compare(const struct identity *was, const struct identity *is,
                     const char *run, struct ff_error *err)
{
    struct telling t = {.was = was, .is = is};
    char more[40] = "";
    tell_changed(&t, false);
    tell_missing(&t);
    if (t.n_told == 0)
        tell_changed(&t, true);
    if (t.n_told == 0)
        return 0;
    if (t.n_more > 0)
        snprintf(more, sizeof more, "; and %u more", t.n_more);
    return ff_error_set(err, FF_CHANGED, "run %s cannot go on: %s%s (put it "
                        "back, or start a new run)", run, t.text, more);
}
