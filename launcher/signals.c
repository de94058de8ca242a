/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals that end a run: see signals.h. The last ones end us in the handler
 * itself, since we may be blocked in a write to somebody who does not read; the
 * guardian sees our end of the socket close and does the rest.
 */
#include "signals.h"
#include "error.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

/* What a signal handler can reach: the only state of file scope. */
static volatile sig_atomic_t n_interrupts, n_terminations, n_hangups,
    n_requests;
static int wake_fd = -1;
static const int handled[4] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
static struct sigaction before[4];

static void on_signal(int number)
{
    const int cause = errno;
    const uint64_t one = 1;
    if (number == SIGINT && ++n_interrupts >= 3)
        _exit(FF_KILLED_INT);
    if (number == SIGTERM && ++n_terminations >= 2)
        _exit(FF_KILLED_TERM);
    if (number == SIGHUP)
        n_hangups++; /* often comes with a SIGTERM: no second one */
    if (number == SIGUSR1)
        n_requests++;
    if (write(wake_fd, &one, sizeof one) < 0) {
        /* The tick finds it. */
    }
    errno = cause;
}

void signals_watch(int event)
{
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    wake_fd = event;
    n_interrupts = n_terminations = n_hangups = n_requests = 0;
    for (size_t i = 0; i < sizeof handled / sizeof handled[0]; i++) {
        sigaction(handled[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN) /* as nohup has it */
            sigaction(handled[i], &action, NULL);
    }
}

struct signals_seen signals_seen(void)
{
    return (struct signals_seen){.interrupts = n_interrupts,
                                 .terminations = n_terminations + n_hangups,
                                 .requests = n_requests};
}

void signals_unwatch(void)
{
    for (size_t i = 0; i < sizeof handled / sizeof handled[0]; i++)
        sigaction(handled[i], &before[i], NULL);
    signal(SIGUSR1, SIG_IGN); /* a late one asks for what is done anyway */
}
