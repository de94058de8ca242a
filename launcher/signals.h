/* SPDX-License-Identifier: Apache-2.0 */
/* Signals by which people end a run: they are counted, and wake us. */
#ifndef FANFOLD_LAUNCHER_SIGNALS_H
#define FANFOLD_LAUNCHER_SIGNALS_H

struct signals_seen {
    int interrupts;   /* SIGINT */
    int terminations; /* SIGTERM and SIGHUP */
    int requests;     /* SIGUSR1: to end soon */
};

/* From now on each writes to the eventfd. The third SIGINT and the second
 * SIGTERM end the process; what was ignored is left so. */
void signals_watch(int event);
struct signals_seen signals_seen(void);

/* While results are written a signal does what it always did. */
void signals_unwatch(void);

#endif
