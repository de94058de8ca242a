/* SPDX-License-Identifier: Apache-2.0 */
/* Options of how a run is kept: as job_option.h. */
#ifndef FANFOLD_LAUNCHER_KEEP_OPTION_H
#define FANFOLD_LAUNCHER_KEEP_OPTION_H

const char *keep_option_store(void *into, const char *text);
const char *keep_option_checkpoint(void *into, const char *text);
const char *keep_option_resume(void *into, const char *text);
const char *keep_option_retry_failed(void *into, const char *text);
const char *keep_option_bytes(void *into, const char *text);

#endif
