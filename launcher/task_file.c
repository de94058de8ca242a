/* SPDX-License-Identifier: Apache-2.0 */
/* What a job file says of a command becomes the task's: see task_file.h. */
#include "task_file.h"

#include <stdlib.h>
#include <string.h>

/* The text is one word for a shell. */
static int take_text(struct task_file *said, bool shell, struct ff_error *err)
{
    const char *wrong = NULL;
    if (!shell)
        wrong = shell_words_split(said->text, &said->word);
    else if (word_list_add(&said->word, said->text) != 0)
        wrong = "no memory for its words";
    if (wrong == NULL && said->word.n == 0)
        wrong = "it has no words";
    said->text = NULL;
    if (wrong == NULL)
        return 0;
    return ff_error_set(err, FF_USAGE, "%s:%u: command: %s", said->path,
                        said->command_line, wrong);
}

int task_file_use(struct task_file *said, struct task *task, bool kernel,
                  struct ff_error *err)
{
    if (said->command_line != 0 && !kernel && !task_is_command(task)) {
        if (said->text != NULL && take_text(said, task->shell, err) != 0)
            return -1;
        task->word = said->word.at;
        task->n_words = said->word.n;
    }
    if (said->inputs_line != 0 && task->n_sources == 0) {
        memcpy(task->source, said->source, sizeof task->source);
        task->n_sources = said->n_sources;
    }
    return 0;
}

void task_file_release(struct task_file *said)
{
    free(said->word.at);
    for (size_t i = 0; i < WORK_MAX_SOURCES; i++)
        free(said->value[i].at);
    *said = (struct task_file){.path = NULL};
}
