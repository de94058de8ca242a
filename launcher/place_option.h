/* SPDX-License-Identifier: Apache-2.0 */
/* Values of the options that say where a job runs: as the rows of the table
 * (job_options.c) want them. `into` is the job. */
#ifndef FANFOLD_LAUNCHER_PLACE_OPTION_H
#define FANFOLD_LAUNCHER_PLACE_OPTION_H

const char *place_option_bind_to(void *into, const char *text);
const char *place_option_map_by(void *into, const char *text);
const char *place_option_hwthreads(void *into, const char *text);
const char *place_option_oversubscribe(void *into, const char *text);
const char *place_option_report_bindings(void *into, const char *text);
const char *place_option_allow_root(void *into, const char *text);
const char *place_option_topology(void *into, const char *text);
const char *place_option_host(void *into, const char *text);
const char *place_option_hostfile(void *into, const char *text);
const char *place_option_ppn(void *into, const char *text);
const char *place_option_launch(void *into, const char *text);
const char *place_option_launch_args(void *into, const char *text);
const char *place_option_node_timeout(void *into, const char *text);
const char *place_option_workers(void *into, const char *text);
const char *place_option_threads(void *into, const char *text);
const char *place_option_schedule(void *into, const char *text);
const char *place_option_serial(void *into, const char *text);

#endif
