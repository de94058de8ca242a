/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start-to-end times of commands, in turn, without a shell:
 *
 *     spawn ROUNDS COMMAND [ARGUMENT]... [-- COMMAND [ARGUMENT]...]...
 *
 * Each round runs each command once (posix_spawn, which is a vfork here, and
 * waitpid; output to /dev/null) and prints a line of their times in ns. Two
 * commands are our own, for N processes that do nothing:
 *
 *     @fork N     fork, _exit, wait, one after the other
 *     @forks N    the same, two at a time
 *
 * Ends with 1 as soon as a command fails.
 */
#include "clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_COMMANDS = 64 };

extern char **environ;

static int run_command(char **argv)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    const int rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (rc != 0) {
        fprintf(stderr, "spawn: cannot run '%s': %s\n", argv[0],
                strerror(rc));
        return -1;
    }
    if (waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "spawn: '%s' failed\n", argv[0]);
        return -1;
    }
    return 0;
}

/* n processes in all, `width` of them at a time. */
static int run_forks(int n, int width)
{
    int started = 0, status;
    for (int ended = 0; ended < n; ended++) {
        for (; started < n && started < ended + width; started++) {
            const pid_t pid = fork();
            if (pid == 0)
                _exit(0);
            if (pid < 0)
                return -1;
        }
        if (wait(&status) < 0)
            return -1;
    }
    return 0;
}

static int run_one(char **argv)
{
    if (strcmp(argv[0], "@fork") == 0 && argv[1] != NULL)
        return run_forks(atoi(argv[1]), 1);
    if (strcmp(argv[0], "@forks") == 0 && argv[1] != NULL)
        return run_forks(atoi(argv[1]), 2);
    return run_command(argv);
}

int main(int argc, char **argv)
{
    char **command[MAX_COMMANDS];
    int n = 0;
    if (argc < 3) {
        fprintf(stderr, "usage: spawn ROUNDS COMMAND... [-- COMMAND...]...\n");
        return 2;
    }
    command[n++] = argv + 2;
    for (int i = 3; i + 1 < argc && n < MAX_COMMANDS; i++)
        if (strcmp(argv[i], "--") == 0) {
            argv[i] = NULL;
            command[n++] = argv + i + 1;
        }
    for (int round = 0; round < atoi(argv[1]); round++) {
        for (int c = 0; c < n; c++) {
            const uint64_t begin = clock_ns();
            if (run_one(command[c]) != 0)
                return 1;
            printf("%s%" PRIu64, c > 0 ? " " : "", clock_ns() - begin);
        }
        putchar('\n');
        fflush(stdout); /* else every fork has a copy of it to write */
    }
    return 0;
}
