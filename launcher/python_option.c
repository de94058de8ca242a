/* SPDX-License-Identifier: Apache-2.0 */
/* What the options of Python kernels set: see python_option.h. Whether the
 * paths are there is found when they are used. */
#include "python_option.h"
#include "job.h"
#include "option_value.h"
#include "source.h"

#include <stdio.h>
#include <string.h>

const char *python_option_program(void *into, const char *text)
{
    return option_text(&((struct job *)into)->python, text);
}

const char *python_option_path(void *into, const char *text)
{
    return option_text(&((struct job *)into)->python_path, text);
}

/* Was it said here and now, not once for all by the environment? */
static bool is_said(const struct job *job, const char *key)
{
    char letter[2];
    for (size_t i = 0; i < job->settings.n; i++) {
        const struct option_setting *s = &job->settings.at[i];
        if (s->row != NULL && s->source != OPTION_ENVIRONMENT
            && strcmp(option_key(s->row, letter), key) == 0)
            return true;
    }
    return false;
}

void python_option_warn(struct job *job)
{
    const bool command = task_is_command(&job->task);
    const bool python = !command && job->kernel != NULL
                        && source_is_python(job->kernel);
    char *const text = job->warning;
    const size_t size = sizeof job->warning;
    if (*text != '\0' || job->kernel == NULL)
        return;
    if (python && is_said(job, "ldflags"))
        snprintf(text, size, "--ldflags is for the compiler of C kernels: "
                 "Python has none");
    else if (!python && (is_said(job, "python") || is_said(job, "python-path")))
        snprintf(text, size, "--python is for kernels that are functions of "
                 "Python: it means nothing here");
    else if (command && source_is_python(job->kernel)
             && source_declares(job->kernel))
        snprintf(text, size, "'%.100s' may be executed and is run as a "
                 "command; FILE.py:FUNCTION makes a kernel of it",
                 job->kernel);
}
