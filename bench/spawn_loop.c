/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limit of whoever runs a command for each line of a file:
 *
 *     spawn_loop WIDTH FILE PROGRAM [ARGUMENT]...
 *
 * starts PROGRAM ARGUMENT... LINE, in the order of the lines, WIDTH at a time:
 * vfork, exec, wait. Nothing else: commands have our descriptors, and PROGRAM
 * is a path. This is also list scheduling, of which no schedule that does not
 * know how long items take is better. Ends with 1 when a command fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The whole file, newlines made ends of texts; NULL: no. */
static char *read_lines(const char *path, char **end)
{
    FILE *file = fopen(path, "r");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    const long n = ftell(file);
    rewind(file);
    char *text = n < 0 ? NULL : malloc((size_t)n + 1);
    if (text == NULL || fread(text, 1, (size_t)n, file) != (size_t)n)
        return NULL;
    fclose(file);
    text[n] = '\0';
    *end = text + n;
    for (char *p = text; p < *end; p++)
        if (*p == '\n')
            *p = '\0';
    return text;
}

static int start(char **argv)
{
    const pid_t pid = vfork();
    if (pid == 0) {
        execv(argv[0], argv);
        _exit(127);
    }
    return pid < 0 ? -1 : 0;
}

static int wait_one(void)
{
    int status;
    return wait(&status) < 0 || status != 0 ? -1 : 0;
}

/* For each line, its place behind the words being empty: width at a time. */
static int run_lines(char *line, const char *end, char **words, char **place,
                     int width)
{
    int running = 0;
    for (; line < end; line += strlen(line) + 1) {
        if (running == width && wait_one() != 0)
            return -1;
        running -= running == width;
        *place = line;
        if (start(words) != 0)
            return -1;
        running++;
    }
    while (running-- > 0)
        if (wait_one() != 0)
            return -1;
    return 0;
}

int main(int argc, char **argv)
{
    char *end;
    if (argc < 4) {
        fprintf(stderr, "usage: spawn_loop WIDTH FILE PROGRAM [ARGUMENT]...\n");
        return 2;
    }
    char *line = read_lines(argv[2], &end);
    const size_t n = (size_t)argc - 3;
    char **words = calloc(n + 2, sizeof words[0]);
    if (line == NULL || words == NULL) {
        fprintf(stderr, "spawn_loop: cannot read '%s'\n", argv[2]);
        return 1;
    }
    memcpy(words, argv + 3, n * sizeof words[0]);
    return run_lines(line, end, words, words + n, atoi(argv[1])) != 0;
}
