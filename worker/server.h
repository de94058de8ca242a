/* SPDX-License-Identifier: Apache-2.0 */
/* The fork server of a node, which is also its guardian. */
#ifndef FANFOLD_WORKER_SERVER_H
#define FANFOLD_WORKER_SERVER_H

/* Serves the launcher at the other end of SERVER_SOCKET until it goes away;
 * then ends everything below and returns the exit status. */
int server_main(void);

#endif
