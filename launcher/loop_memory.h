/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of the event loop. */
#ifndef FANFOLD_LAUNCHER_LOOP_MEMORY_H
#define FANFOLD_LAUNCHER_LOOP_MEMORY_H

/* To be called before a loop is made. libev cannot go on without memory, and
 * would abort: from now on the process ends with an error and FF_LOST, as if it
 * had been killed, and its guardian ends all that belongs to it. */
void loop_memory_set(void);

#endif
