/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions as people write them who know Perl's, in POSIX' words. */
#ifndef FANFOLD_COMMON_SPLIT_REGEX_H
#define FANFOLD_COMMON_SPLIT_REGEX_H

/* The text that the expression is, when it has nothing special in it; of
 * malloc. NULL: it has, or is empty. */
char *split_regex_plain(const char *text);

/* The same for regcomp, extended; of malloc, NULL without memory. */
char *split_regex_posix(const char *text);

#endif
