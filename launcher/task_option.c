/* SPDX-License-Identifier: Apache-2.0 */
/* What the options of commands accept: see task_option.h. */
#include "task_option.h"
#include "job.h"
#include "number.h"
#include "option_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct task *task_of(void *into)
{
    return &((struct job *)into)->task;
}

static const char *set_flag(bool *out, const char *text)
{
    *out = option_is_on(text);
    return NULL;
}

/* ---- what is run ---------------------------------------------------------- */

const char *task_option_shell(void *into, const char *text)
{
    return set_flag(&task_of(into)->shell, text);
}

const char *task_option_marker(void *into, const char *text)
{
    return option_text(&task_of(into)->marker, text);
}

const char *task_option_stdin(void *into, const char *text)
{
    return set_flag(&task_of(into)->stdin_item, text);
}

const char *task_option_pipe(void *into, const char *text)
{
    return set_flag(&task_of(into)->pipe, text);
}

const char *task_option_block(void *into, const char *text)
{
    return option_size(&task_of(into)->block_bytes, text);
}

const char *task_option_recstart(void *into, const char *text)
{
    task_of(into)->recstart = text;
    return NULL;
}

const char *task_option_recend(void *into, const char *text)
{
    task_of(into)->recend = text;
    return NULL;
}

/* ---- items ---------------------------------------------------------------- */

const char *task_option_colsep(void *into, const char *text)
{
    return option_text(&task_of(into)->colsep, text);
}

const char *task_option_csv_input(void *into, const char *text)
{
    return set_flag(&task_of(into)->csv, text);
}

const char *task_option_header(void *into, const char *text)
{
    return set_flag(&task_of(into)->header, text);
}

const char *task_option_max_args(void *into, const char *text)
{
    return option_positive(&task_of(into)->max_args, text, UINT32_MAX);
}

const char *task_option_shuffle(void *into, const char *text)
{
    return set_flag(&task_of(into)->shuffle, text);
}

const char *task_option_filter(void *into, const char *text)
{
    return option_text(&task_of(into)->filter, text);
}

/* ---- output --------------------------------------------------------------- */

const char *task_option_group(void *into, const char *text)
{
    if (option_is_on(text))
        task_of(into)->output = WORK_GROUPED;
    return set_flag(&task_of(into)->group, text);
}

const char *task_option_line_buffer(void *into, const char *text)
{
    task_of(into)->output = option_is_on(text) ? WORK_BY_LINES : WORK_GROUPED;
    return NULL;
}

const char *task_option_ungroup(void *into, const char *text)
{
    task_of(into)->output = option_is_on(text) ? WORK_UNGROUPED : WORK_GROUPED;
    return NULL;
}

const char *task_option_tag(void *into, const char *text)
{
    return set_flag(&task_of(into)->tag, text);
}

const char *task_option_tagstring(void *into, const char *text)
{
    return option_text(&task_of(into)->tagstring, text);
}

const char *task_option_results(void *into, const char *text)
{
    return option_text(&task_of(into)->results, text);
}

const char *task_option_joblog(void *into, const char *text)
{
    return option_text(&task_of(into)->joblog, text);
}

/* ---- when and how --------------------------------------------------------- */

const char *task_option_delay(void *into, const char *text)
{
    return option_duration(&task_of(into)->delay_ns, text);
}

const char *task_option_memory(void *into, const char *text)
{
    return option_size(&task_of(into)->memory_bytes, text);
}

const char *task_option_memfree(void *into, const char *text)
{
    return option_size(&task_of(into)->memfree_bytes, text);
}

const char *task_option_load(void *into, const char *text)
{
    double load;
    if (number_f64(text, &load) != 0 || !(load > 0) || isinf(load))
        return "is not a number above 0, like 1.5";
    task_of(into)->load = load;
    return NULL;
}

const char *task_option_nice(void *into, const char *text)
{
    int64_t nice;
    if (number_i64(text, &nice) != 0 || nice < -20 || nice > 19)
        return "is not a whole number from -20 to 19";
    task_of(into)->nice = (int)nice;
    return NULL;
}
