/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a store as tables for people: one line a row, columns ended by tabs,
 * with a head. All of it goes to standard output. FF_DAMAGED, FF_UNWRITTEN. */
#ifndef FANFOLD_LAUNCHER_SHOW_ROWS_H
#define FANFOLD_LAUNCHER_SHOW_ROWS_H

#include "error.h"
#include "store.h"

int show_items(struct store *s, struct ff_error *err);    /* of commands */
int show_failures(struct store *s, struct ff_error *err); /* chunks or items */
int show_attempts(struct store *s, struct ff_error *err); /* more than one */
int show_events(struct store *s, struct ff_error *err);
int show_starts(struct store *s, struct ff_error *err);   /* epochs and plans */

#endif
