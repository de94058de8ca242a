/* SPDX-License-Identifier: Apache-2.0 */
/* What the options of Python kernels set: see python_option.h. Whether the
 * paths are there is found when they are used. */
#include "python_option.h"
#include "job.h"
#include "option_value.h"

const char *python_option_program(void *into, const char *text)
{
    return option_text(&((struct job *)into)->python, text);
}

const char *python_option_path(void *into, const char *text)
{
    return option_text(&((struct job *)into)->python_path, text);
}
