/* SPDX-License-Identifier: Apache-2.0 */
/* One line of advice for a run that could have been faster. */
#ifndef FANFOLD_LAUNCHER_ADVICE_H
#define FANFOLD_LAUNCHER_ADVICE_H

#include "job.h"
#include "machine.h"
#include "outcome.h"
#include "plan.h"

#define ADVICE_TEXT 512

/* What cost this run most, and what can be done about it, as far as what was
 * measured proves it; "" when there is nothing to say. Pure. */
void advice_of(char out[ADVICE_TEXT], const struct job *job,
               const struct machine *machine, const struct plan *plan,
               const struct outcome *outcome);

#endif
