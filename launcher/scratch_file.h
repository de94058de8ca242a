/* SPDX-License-Identifier: Apache-2.0 */
/* Files without a name, for what must be kept for a while: in TMPDIR; where
 * that has none of these, in memory. */
#ifndef FANFOLD_LAUNCHER_SCRATCH_FILE_H
#define FANFOLD_LAUNCHER_SCRATCH_FILE_H

/* A new one, open for reading and writing; -1 with errno. */
int scratch_file(void);

/* Where they are, for messages. */
const char *scratch_folder(void);

#endif
