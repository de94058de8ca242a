/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of a store, of one moment, while another process may write it, or as
 * it was left by one that was killed: its file with its log, or its journal.
 *
 * The copy is of a moment, although nothing keeps the writer from going on. It
 * (store_write.c) changes the file in one way alone: it appends to the log, and
 * from time to time copies pages from there into the file (a checkpoint). When
 * all are there it may begin the log anew: the first that is written then is
 * another head, whose salts differ. We
 *
 *     1. read the head of the log,
 *     2. copy the file,
 *     3. copy the log, from front to back,
 *     4. read the head again, by name: is it the same, in the same file?
 *
 * If it is, no log was begun anew between 1 and 4. So every page of the file
 * that changed during 2, wholly or in part, was in this log before, in a
 * transaction that was complete, and stays there: 3 has it. Whoever opens the
 * copy takes pages from the log if it has them, so from the file only those that
 * did not change: what he sees is the state after the last transaction that is
 * complete in the copy of the log. What of it was being written during 3 is cut
 * off by the checksums of the log, each of which covers all before it.
 *
 * Without a log (none, or an empty one) in 1, nothing of that is known. Then we
 * look for the log after 2 again, and read the file once more. With no log at
 * that moment the file was all there is and nobody changed it; if each page has
 * the same bytes before and after, then it had them at that moment.
 *
 * If not, again. A file with a rollback journal is copied only while our lock
 * keeps writers off.
 */
#ifndef FANFOLD_LAUNCHER_STORE_COPY_H
#define FANFOLD_LAUNCHER_STORE_COPY_H

#include "error.h"

#include <limits.h>

/* Of the file at `path` into a new folder of ours, whose name is set: "store" and
 * "store-wal" or "store-journal". shown: for messages. FF_HELD: it was written so
 * fast that none was of one moment. -1: nothing is left. */
int store_copy(const char *path, const char *shown, char folder[PATH_MAX],
               struct ff_error *err);

/* The names of the copy are gone; what is open stays. */
void store_copy_forget(const char *folder);

#endif
