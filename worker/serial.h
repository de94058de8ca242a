/* SPDX-License-Identifier: Apache-2.0 */
/* --serial: a whole run in this one process, for a debugger or valgrind. */
#ifndef FANFOLD_WORKER_SERIAL_H
#define FANFOLD_WORKER_SERIAL_H

/* argv: JOB_FD RESULT_FD LAUNCHER ARGUMENTS... Runs every chunk of the job in
 * order, writes spec, grid and records to RESULT_FD, and executes LAUNCHER
 * with ARGUMENTS, which reports them. Returns (an exit status) only when
 * something failed, with a message. */
int serial_main(int argc, char **argv);

#endif
