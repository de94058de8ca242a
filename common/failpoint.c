/* SPDX-License-Identifier: Apache-2.0 */
/* Points of failure for test builds: see failpoint.h. */
#include "failpoint.h"

typedef int failpoint_not_empty; /* ISO C wants a declaration */

#ifdef FF_FAILPOINTS
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void (*failpoint_hook)(const char *point);

static char armed_point[64], armed_action[16];
static unsigned armed_n;
static atomic_uint hits;

void failpoint_arm(unsigned generation)
{
    const char *text = getenv("FANFOLD_FAIL");
    if (text == NULL || generation != 0)
        return;
    if (sscanf(text, "%63[^:]:%u:%15s", armed_point, &armed_n, armed_action)
        != 3 || armed_n == 0) {
        fprintf(stderr, "FANFOLD_FAIL=%s is not point:n:action\n", text);
        _exit(99);
    }
}

static void act(void)
{
    if (strcmp(armed_action, "kill") == 0)
        kill(getpid(), SIGKILL);
    else if (strcmp(armed_action, "stop") == 0)
        kill(getpid(), SIGSTOP);
    else if (strcmp(armed_action, "exit") == 0)
        _exit(0);
    else if (strcmp(armed_action, "hang") == 0)
        for (;;)
            pause();
    else if (strcmp(armed_action, "sleep") == 0)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    else
        _exit(99);
}

void failpoint_hit(const char *point)
{
    if (failpoint_hook != NULL) {
        failpoint_hook(point);
        return;
    }
    if (armed_n == 0 || strcmp(point, armed_point) != 0)
        return;
    const unsigned n = atomic_fetch_add(&hits, 1) + 1;
    if (n == armed_n
        || (strcmp(armed_action, "sleep") == 0 && n % armed_n == 0))
        act();
}
#endif
