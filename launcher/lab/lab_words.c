/* SPDX-License-Identifier: Apache-2.0 */
/* Names in braces: see lab_words.h. */
#include "lab_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define MAX_FACTOR 4096

uint64_t lab_words_cores(const char *text, uint32_t cores)
{
    char *end;
    if (strcmp(text, "cores") == 0)
        return cores;
    if (strncmp(text, "cores/", 6) == 0 && strchr(DIGITS, text[6]) != NULL) {
        const unsigned long n = strtoul(text + 6, &end, 10);
        if (*end != '\0' || n == 0 || n > MAX_FACTOR)
            return 0;
        return cores / n > 0 ? cores / n : 1;
    }
    if (*text == '\0' || strchr(DIGITS, *text) == NULL)
        return 0;
    const unsigned long n = strtoul(text, &end, 10);
    return strcmp(end, "*cores") == 0 && n <= MAX_FACTOR ? n * cores : 0;
}

static bool ends_with(const char *name, const char *end)
{
    const size_t n = strlen(name), n_end = strlen(end);
    return n > n_end && strcmp(name + n - n_end, end) == 0;
}

/* In the braces is a word, such as ours. */
static bool is_word(const char *name)
{
    return name[0] != '\0' && strchr(LETTERS, name[0]) != NULL
           && strspn(name, LETTERS DIGITS "_-./") == strlen(name);
}

static bool is_fanfolds(const char *name)
{
    static const char *const names[] = {"rank", "host", "core"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static enum lab_name kind_of(const char *name, const struct lab_step *step,
                             size_t *variable)
{
    static const struct { const char *name; enum lab_name kind; } fixed[] = {
        {"lab", LAB_NAME_LAB}, {"fanfold", LAB_NAME_FANFOLD},
        {"python", LAB_NAME_PYTHON}, {"mpirun", LAB_NAME_MPIRUN}};
    for (size_t i = 0; step != NULL && i < step->n_variables; i++)
        if (strcmp(name, step->variable[i].name) == 0) {
            *variable = i;
            return LAB_NAME_VARIABLE;
        }
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (strcmp(name, fixed[i].name) == 0)
            return fixed[i].kind;
    if (lab_words_cores(name, 1) > 0)
        return LAB_NAME_CORES;
    if (!is_word(name) || is_fanfolds(name))
        return LAB_NAME_OTHER;
    if (strchr(name, '/') == NULL && ends_with(name, ".c"))
        return LAB_NAME_C;
    if (strchr(name, '/') == NULL && ends_with(name, ".py"))
        return LAB_NAME_PY;
    return LAB_NAME_UNKNOWN;
}

bool lab_words_next(const char **at, const struct lab_step *step,
                    struct lab_piece *piece)
{
    const char *open = strchr(*at, '{');
    const char *end = open != NULL ? strpbrk(open + 1, "{}") : NULL;
    *piece = (struct lab_piece){.before = *at, .kind = LAB_NAME_OTHER};
    if (open == NULL) {
        piece->n_before = strlen(*at);
        *at += piece->n_before;
        return false;
    }
    const size_t n = end != NULL ? (size_t)(end - open) - 1 : 0;
    if (end == NULL || *end != '}' || n >= sizeof piece->name) {
        piece->n_before = (size_t)(open - *at) + 1; /* the brace, as it is */
        *at = open + 1;
        return true;
    }
    memcpy(piece->name, open + 1, n);
    piece->name[n] = '\0';
    piece->kind = kind_of(piece->name, step, &piece->variable);
    *at = end + 1;
    piece->n_before = piece->kind == LAB_NAME_OTHER
                      ? (size_t)(end + 1 - piece->before)
                      : (size_t)(open - piece->before);
    return true;
}

int lab_words_fill(const char *text, const struct lab_step *step,
                   const char *const *value, uint32_t cores, struct text *out)
{
    struct lab_piece p;
    char number[24];
    bool more = true;
    int rc = 0;
    while (more && rc == 0) {
        more = lab_words_next(&text, step, &p);
        rc = text_append(out, p.before, p.n_before);
        snprintf(number, sizeof number, "%" PRIu64,
                 lab_words_cores(p.name, cores));
        if (rc != 0 || !more || p.kind == LAB_NAME_OTHER)
            continue;
        if (p.kind == LAB_NAME_VARIABLE)
            rc = text_append_string(out, value[p.variable]);
        else if (p.kind == LAB_NAME_CORES)
            rc = text_append_string(out, number);
        else if ((rc = text_append_string(out, "{")) == 0
                 && (rc = text_append_string(out, p.name)) == 0)
            rc = text_append_string(out, "}");
    }
    return rc;
}
