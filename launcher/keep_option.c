/* SPDX-License-Identifier: Apache-2.0 */
#include "keep_option.h"
#include "job.h"
#include "option_value.h"

#include <string.h>

const char *keep_option_store(void *into, const char *text)
{
    if (strcmp(text, "-") == 0)
        return "is standard output: a store is a file that is read again";
    return option_text(&((struct job *)into)->store, text);
}

const char *keep_option_checkpoint(void *into, const char *text)
{
    return option_duration(&((struct job *)into)->checkpoint_ns, text);
}

const char *keep_option_resume(void *into, const char *text)
{
    ((struct job *)into)->resume = option_is_on(text);
    return NULL;
}

const char *keep_option_retry_failed(void *into, const char *text)
{
    ((struct job *)into)->retry_failed = option_is_on(text);
    return NULL;
}

const char *keep_option_bytes(void *into, const char *text)
{
    return option_size(&((struct job *)into)->keep_bytes, text);
}
