/* SPDX-License-Identifier: Apache-2.0 */
/* The three streams that a program is started with. */
#ifndef FANFOLD_LAUNCHER_STREAMS_H
#define FANFOLD_LAUNCHER_STREAMS_H

/* One that is closed is opened. */
void streams_open(void);

#endif
