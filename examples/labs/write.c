/* SPDX-License-Identifier: Apache-2.0 */
/* x is 1. Another one writes 2 to it and ends. What does main read?
 * The other is a child process; a child, and x stands in memory that both
 * share; a thread. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void *write_two(void *x)
{
    *(int *)x = 2;
    return x;
}

static void in_child(const char *row, int *x)
{
    pid_t child;
    *x = 1;
    child = fork();
    if (child == 0) {
        write_two(x);
        _exit(*x); /* main gets what the child reads */
    }
    int status = -1;
    waitpid(child, &status, 0);
    printf("row\t%s\t%d\t%d\n", row, WEXITSTATUS(status), *x);
}

static void in_thread(const char *row, int *x)
{
    pthread_t thread;
    void *its = NULL;
    *x = 1;
    if (pthread_create(&thread, NULL, write_two, x) != 0)
        return;
    pthread_join(thread, &its);
    printf("row\t%s\t%d\t%d\n", row, *(int *)its, *x);
}

int main(void)
{
    int x;
    int *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 1;
    in_child("C child", &x);
    in_child("C child, shared memory", shared);
    in_thread("C thread", &x);
}
