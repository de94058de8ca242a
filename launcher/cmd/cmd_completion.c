/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold completion: which shell, and the script for it. */
#include "cmd_completion.h"
#include "complain.h"
#include "completion.h"
#include "nearest.h"

#include <string.h>

static const struct shell {
    const char *name;
    completion_print *print;
} shells[] = {
    {"bash", completion_bash},
    {"zsh", completion_zsh},
    {"fish", completion_fish},
};
#define N_SHELLS (sizeof shells / sizeof shells[0])

static int set_shell(void *into, const char *word, struct ff_error *err)
{
    const struct shell **shell = into;
    const char *names[N_SHELLS];
    if (*shell != NULL)
        return ff_error_set(err, FF_USAGE, "more than one shell: '%s' and "
                            "'%s'", (*shell)->name, word);
    for (size_t i = 0; i < N_SHELLS; i++) {
        names[i] = shells[i].name;
        if (strcmp(word, names[i]) == 0)
            *shell = &shells[i];
    }
    if (*shell != NULL)
        return 0;
    const char *near = nearest(word, strlen(word), names, N_SHELLS);
    return ff_error_set(err, FF_USAGE, "no completion for '%s': %s%s%s", word,
                        near != NULL ? "did you mean '" : "there is bash, zsh "
                        "and fish", near != NULL ? near : "",
                        near != NULL ? "'?" : "");
}

const struct options completion_options = {
    .command = "fanfold completion",
    .operands = "bash|zsh|fish",
    .operand_words = "bash|zsh|fish",
    .about = "Print a script that makes the shell complete commands, options, "
             "their values and the names of kernels.",
    .after = "'make install' puts these scripts where the shells look for "
             "them. Without it:\n"
             "  bash   source <(fanfold completion bash)       in ~/.bashrc\n"
             "  zsh    source <(fanfold completion zsh)        in ~/.zshrc, "
             "after compinit\n"
             "  fish   fanfold completion fish | source        in "
             "~/.config/fish/config.fish",
    .operand = set_shell,
};

int cmd_completion(int argc, char **argv, const struct command *command,
                   size_t n_commands)
{
    const struct shell *shell = NULL;
    struct ff_error err = {0};
    int rc = options_command_line(&completion_options, argc, argv, &shell,
                                  &err);
    if (rc == 0 && shell == NULL)
        rc = ff_error_set(&err, FF_USAGE, "which shell? 'fanfold completion "
                          "bash', zsh or fish");
    if (rc == 0) {
        shell->print(stdout, command, n_commands);
        if (fflush(stdout) != 0 || ferror(stdout))
            rc = ff_error_errno(&err, FF_UNWRITTEN, "cannot write the script");
    }
    if (rc == 0)
        return FF_DONE;
    return complain(&err);
}
