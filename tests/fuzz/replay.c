/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A harness without libFuzzer: runs it over the files of its corpus. TAP, one
 * test; a corpus that is not there or empty is a failure.
 *
 *   fuzz_NAME            all of tests/fuzz/corpus/NAME
 *   fuzz_NAME FILE...    these
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* False: it cannot be read. */
static bool replay(const char *path)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *file = fopen(path, "re");
    FILE *memory = open_memstream(&bytes, &n);
    bool there = file != NULL && memory != NULL;
    for (int c; there && (c = getc(file)) != EOF;)
        putc(c, memory);
    if (memory != NULL)
        fclose(memory);
    if (file != NULL)
        fclose(file);
    /* What ends the process is said by whoever ends it. */
    if (there) {
        uint8_t *exact = malloc(n > 0 ? n : 1);
        there = exact != NULL;
        if (there) {
            memcpy(exact, bytes, n);
            printf("# %s\n", path);
            fflush(stdout);
            LLVMFuzzerTestOneInput(exact, n);
        }
        free(exact);
    }
    free(bytes);
    return there;
}

static bool replay_folder(const char *path, unsigned *n)
{
    DIR *folder = opendir(path);
    bool good = folder != NULL;
    for (struct dirent *e; good && (e = readdir(folder)) != NULL;) {
        char *file = NULL;
        if (e->d_name[0] == '.')
            continue;
        good = asprintf(&file, "%s/%s", path, e->d_name) > 0 && replay(file);
        free(file);
        ++*n;
    }
    if (folder != NULL)
        closedir(folder);
    return good;
}

int main(int argc, char **argv)
{
    const char *top = getenv("abs_top_srcdir"), *name = strrchr(argv[0], '/');
    char path[4096];
    unsigned n = 0;
    bool good = true;
    name = name != NULL ? name + 1 : argv[0];
    name += strncmp(name, "fuzz_", 5) == 0 ? 5 : 0;
    for (int i = 1; i < argc; i++, n++)
        good = replay(argv[i]) && good;
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s",
             top != NULL ? top : ".", name);
    if (argc == 1)
        good = replay_folder(path, &n);
    printf("%sok 1 - %s: %u inputs\n1..1\n", good && n > 0 ? "" : "not ", name,
           n);
    return good && n > 0 ? 0 : 1;
}
