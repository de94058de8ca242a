/* SPDX-License-Identifier: Apache-2.0 */
/* Points of failure for test builds: see failpoint.h. */
#include "failpoint.h"

typedef int failpoint_not_empty; /* ISO C wants a declaration */

#ifdef FF_FAILPOINTS
#include <errno.h>
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

/* "node" are all of them, "node1" is that one. */
static bool is_meant(const char *who, const char *kind, unsigned number)
{
    char one[32];
    snprintf(one, sizeof one, "%s%u", kind, number);
    return strcmp(who, kind) == 0 || strcmp(who, one) == 0;
}

void failpoint_arm(const char *kind, unsigned number, bool usual)
{
    const char *text = getenv("FANFOLD_FAIL");
    char who[32] = "";
    unsigned n;
    if (text == NULL)
        return;
    if (sscanf(text, "%63[^:]:%u:%15[^:]:%31s", armed_point, &n,
               armed_action, who) < 3 || n == 0) {
        fprintf(stderr, "FANFOLD_FAIL=%s is not point:n:action[:who]\n", text);
        _exit(99);
    }
    if (who[0] != '\0' ? is_meant(who, kind, number) : usual)
        armed_n = n;
}

static int act(void)
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
    else if (strcmp(armed_action, "eio") == 0)
        return EIO;
    else if (strcmp(armed_action, "enospc") == 0)
        return ENOSPC;
    else
        _exit(99);
    return 0;
}

int failpoint_hit(const char *point)
{
    if (failpoint_hook != NULL) {
        failpoint_hook(point);
        return 0;
    }
    if (armed_n == 0 || strcmp(point, armed_point) != 0)
        return 0;
    const unsigned n = atomic_fetch_add(&hits, 1) + 1;
    if (n == armed_n
        || (strcmp(armed_action, "sleep") == 0 && n % armed_n == 0))
        return act();
    return 0;
}
#endif
