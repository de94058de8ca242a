/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a text: see shell_words.h. A word without its quotes is never longer
 * than with them, so it is written where it was read. */
#include "shell_words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FOR_A_SHELL                                                            \
    " means something to a shell, and there is none: quote it, or add 'shell: " \
    "true'"
#define OPEN_QUOTES "a quote is never closed"

int word_list_add(struct word_list *list, char *word)
{
    if (list->n + 1 >= list->room) {
        const size_t room = 2 * list->room + 8;
        char **more = realloc(list->at, room * sizeof *more);
        if (more == NULL)
            return -1;
        list->at = more;
        list->room = room;
    }
    list->at[list->n++] = word;
    list->at[list->n] = NULL;
    return 0;
}

/* What a byte outside of quotes is refused for; NULL: nothing. */
static const char *outside(char c, bool begins)
{
    switch (c) {
    case '|':
        return "'|'" FOR_A_SHELL;
    case '&':
        return "'&'" FOR_A_SHELL;
    case ';':
        return "';'" FOR_A_SHELL;
    case '<':
        return "'<'" FOR_A_SHELL;
    case '>':
        return "'>'" FOR_A_SHELL;
    case '(':
    case ')':
        return "a parenthesis" FOR_A_SHELL;
    case '$':
        return "'$'" FOR_A_SHELL;
    case '`':
        return "'`'" FOR_A_SHELL;
    case '*':
        return "'*'" FOR_A_SHELL;
    case '?':
        return "'?'" FOR_A_SHELL;
    case '[':
        return "'['" FOR_A_SHELL;
    case '~':
        return begins ? "'~'" FOR_A_SHELL : NULL;
    case '#':
        return begins ? "'#'" FOR_A_SHELL : NULL;
    default:
        return NULL;
    }
}

struct splitter {
    const char *from; /* to be read */
    char *to;         /* to be written */
};

static const char *take_single(struct splitter *s)
{
    while (*s->from != '\'') {
        if (*s->from == '\0')
            return OPEN_QUOTES;
        *s->to++ = *s->from++;
    }
    s->from++;
    return NULL;
}

static const char *take_double(struct splitter *s)
{
    while (*s->from != '"') {
        if (*s->from == '\0')
            return OPEN_QUOTES;
        if (*s->from == '$' || *s->from == '`')
            return outside(*s->from, false);
        if (s->from[0] == '\\' && s->from[1] != '\0'
            && strchr("$`\"\\\n", s->from[1]) != NULL) {
            s->from++;
            if (*s->from == '\n') {
                s->from++;
                continue;
            }
        }
        *s->to++ = *s->from++;
    }
    s->from++;
    return NULL;
}

static const char *take_backslash(struct splitter *s)
{
    if (*s->from == '\0')
        return "nothing stands behind the last '\\'";
    if (*s->from != '\n') /* else the line goes on */
        *s->to++ = *s->from;
    s->from++;
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* Up to a blank or the end. */
static const char *take_word(struct splitter *s)
{
    const char *wrong = NULL;
    bool begins = true;
    while (wrong == NULL && *s->from != '\0' && !is_blank(*s->from)) {
        const char c = *s->from++;
        if (c == '\'')
            wrong = take_single(s);
        else if (c == '"')
            wrong = take_double(s);
        else if (c == '\\')
            wrong = take_backslash(s);
        else if ((wrong = outside(c, begins)) == NULL)
            *s->to++ = c;
        begins = false;
    }
    return wrong;
}

const char *shell_words_split(char *text, struct word_list *words)
{
    struct splitter s = {text, text};
    for (;;) {
        while (is_blank(*s.from))
            s.from++;
        if (*s.from == '\0')
            return NULL;
        char *word = s.to;
        const char *wrong = take_word(&s);
        if (wrong != NULL)
            return wrong;
        s.from += *s.from != '\0';
        *s.to++ = '\0';
        if (word_list_add(words, word) != 0)
            return "no memory for its words";
    }
}
