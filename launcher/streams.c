/* SPDX-License-Identifier: Apache-2.0 */
/* What to do without standard streams: see streams.h. */
#include "streams.h"

#include <fcntl.h>

/* A standard stream that is closed must not become something else of ours.
 * Results that nobody can read are an error, so that stream fails; messages
 * without a reader are not. open() returns the lowest free number. */
void streams_open(void)
{
    static const int flags[] = {O_RDONLY, O_RDONLY, O_WRONLY};
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) < 0)
            return;
}
