/* SPDX-License-Identifier: Apache-2.0 */
/* Files written by hand: see text_file.h. None is waited for, and none costs
 * more memory than its limit. */
#include "text_file.h"
#include "trust.h"
#include "utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int text_file_check(const char *path, const char *text, size_t n,
                    struct ff_error *err)
{
    unsigned line = 1;
    uint32_t c;
    for (size_t i = 0, length; i < n; i += length) {
        length = utf8_first(text + i, n - i, &c);
        if (length == 0)
            return ff_error_set(err, FF_USAGE, "%s:%u: not a text in UTF-8 "
                                "(byte 0x%02x)", path, line,
                                (unsigned char)text[i]);
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            return ff_error_set(err, FF_USAGE, "%s:%u: not a text: it has a "
                                "control character (byte 0x%02x)", path, line,
                                (unsigned)c);
        line += c == '\n';
    }
    return 0;
}

/* A file that can be read to its end, without waiting for anybody; -1 with an
 * error. */
static int open_regular(const char *path, const char *noun,
                        struct ff_error *err)
{
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return ff_error_errno(err, FF_USAGE, "cannot read %s '%s'", noun,
                              path);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    close(fd);
    return ff_error_set(err, FF_USAGE, "%s '%s' is not a regular file", noun,
                        path);
}

static void too_long(const char *path, const char *noun, const char *text,
                     size_t n, struct ff_error *err)
{
    unsigned line = 1;
    for (size_t i = 0; i < n; i++)
        line += text[i] == '\n';
    ff_error_set(err, FF_USAGE, "%s:%u: a %s has at most 1 MB, which this "
                 "line exceeds", path, line, noun);
}

char *text_file_read(const char *path, const char *noun, size_t *n,
                     struct ff_error *err)
{
    if (trust_input(path, noun, "use a copy", err) != 0)
        return NULL;
    const int fd = open_regular(path, noun, err);
    if (fd < 0)
        return NULL;
    char *text = malloc(TEXT_FILE_MAX + 1);
    ssize_t got = 1;
    *n = 0;
    while (text != NULL && got != 0 && *n <= TEXT_FILE_MAX) {
        got = read(fd, text + *n, TEXT_FILE_MAX + 1 - *n);
        if (got < 0 && errno != EINTR)
            break;
        *n += got > 0 ? (size_t)got : 0;
    }
    const bool whole = text != NULL && got >= 0 && *n <= TEXT_FILE_MAX;
    if (text == NULL || got < 0)
        ff_error_errno(err, FF_USAGE, "cannot read %s '%s'", noun, path);
    else if (!whole)
        too_long(path, noun, text, *n, err);
    close(fd);
    if (whole)
        return text;
    free(text);
    return NULL;
}
