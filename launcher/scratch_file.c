/* SPDX-License-Identifier: Apache-2.0 */
/* Files without a name: see scratch_file.h. */
#include "scratch_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

const char *scratch_folder(void)
{
    const char *name = getenv("TMPDIR");
    return name != NULL && *name != '\0' ? name : "/tmp";
}

int scratch_file(void)
{
    const int fd = open(scratch_folder(),
                        O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    return memfd_create("fanfold-held", MFD_CLOEXEC);
}
