/* SPDX-License-Identifier: Apache-2.0 */
/* A text as words, separated and quoted as in a POSIX shell (XCU 2.2). */
#ifndef FANFOLD_LAUNCHER_SHELL_WORDS_H
#define FANFOLD_LAUNCHER_SHELL_WORDS_H

#include <stddef.h>

struct word_list {
    char **at; /* ended by NULL; the texts are somebody else's */
    size_t n, room;
};

/* -1 without memory. */
int word_list_add(struct word_list *list, char *word);

/* Takes the text apart, in its place: the words point into it. What a shell
 * would do something else with than pass it on ("$HOME", "a | b") is refused.
 * NULL, or what is wrong, to stand behind "command: ". */
const char *shell_words_split(char *text, struct word_list *words);

#endif
