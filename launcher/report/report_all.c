/* SPDX-License-Identifier: Apache-2.0 */
/* All reports of a run, and the exit status that follows from them. */
#include "report.h"
#include "complain.h"

int report_all(const struct job *job, const struct machine *machine,
               const struct plan *plan, struct outcome *o)
{
    struct ff_error err;
    FILE *out = job_owns_stdout(job) ? NULL : o->stdout_taken ? stderr : stdout;
    if (o->uncombined.status != 0)
        complain(&o->uncombined);
    if (o->unwritten.status != 0)
        o->status = complain(&o->unwritten);
    if (report_text(out, stderr, job, machine, plan, o) != 0) {
        ff_error_errno(&err, FF_UNWRITTEN, "cannot write results");
        o->status = complain(&err);
    }
    if (job->json != NULL
        && report_json(job->json, job, machine, plan, o, &err) != 0)
        o->status = complain(&err);
    if (job->csv != NULL && report_csv(job->csv, o, &err) != 0)
        o->status = complain(&err);
    return o->status;
}
