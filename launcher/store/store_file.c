/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a store: see store_file.h. */
#include "store_file.h"
#include "store.h"
#include "store_parts.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define INSTEAD "keep the store in a folder of yours"

/* Where SQLite has its locks in a file: the bytes behind the first 2^30. */
#define LOCKS_AT 0x40000000
#define N_LOCKS 512
/* And where it says whether there is a log. */
#define VERSION_AT 18
#define LOG_VERSION 2
/* And the application_id. */
#define MAGIC_AT 68

bool store_file_has_magic(const char *path)
{
    static const char begin[16] = "SQLite format 3";
    unsigned char head[MAGIC_AT + 4];
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const bool whole = fd >= 0
                       && pread(fd, head, sizeof head, 0) == sizeof head;
    if (fd >= 0)
        close(fd);
    const unsigned char *const m = head + MAGIC_AT;
    return whole && memcmp(head, begin, sizeof begin) == 0
           && ((uint32_t)m[0] << 24 | m[1] << 16 | m[2] << 8 | m[3])
                  == STORE_MAGIC;
}

/* The folder of a path: "." when there is none in it. */
static int folder_of(const char *path, char folder[PATH_MAX])
{
    const char *const slash = strrchr(path, '/');
    const int n = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);
    if (n >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    snprintf(folder, PATH_MAX, "%.*s", n, slash == NULL ? "." : path);
    return 0;
}

int store_file_sync_folder(const char *absolute)
{
    char folder[PATH_MAX];
    if (folder_of(absolute, folder) != 0)
        return -1;
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);
    if (rc != 0 && fd >= 0 && (errno == EINVAL || errno == ENOTSUP))
        rc = 0; /* some network file systems */
    if (fd >= 0)
        close(fd);
    return rc;
}

/* The folder without links, and the name in it. */
static int place(const char *path, char absolute[PATH_MAX],
                 struct ff_error *err)
{
    char folder[PATH_MAX], real[PATH_MAX];
    const char *const slash = strrchr(path, '/');
    const char *const name = slash == NULL ? path : slash + 1;
    if (*name == '\0')
        return ff_error_set(err, FF_USAGE, "cannot make the store '%s': it "
                            "has no name", path);
    if (folder_of(path, folder) != 0 || realpath(folder, real) == NULL)
        return ff_error_errno(err, errno == ENOENT ? FF_USAGE : FF_UNWRITTEN,
                              "cannot make the store '%s'", path);
    if (snprintf(absolute, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? ""
                 : real, name) < PATH_MAX - 16)
        return trust_input(real, "store", INSTEAD, err);
    errno = ENAMETOOLONG;
    return ff_error_errno(err, FF_USAGE, "cannot make the store '%s'", path);
}

/* What SQLite would believe to be of the file: a log or a journal that somebody
 * else put there. */
static int check_beside(const char *path, const char *absolute,
                        struct ff_error *err)
{
    static const char *const ends[] = {"-wal", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char beside[PATH_MAX + 16];
        struct stat st;
        snprintf(beside, sizeof beside, "%s%s", absolute, ends[i]);
        if (lstat(beside, &st) != 0)
            continue;
        if (!S_ISREG(st.st_mode) || !trust_user(st.st_uid))
            return ff_error_set(err, FF_UNSAFE, "refused store '%s': '%s' is "
                                "not yours, or no file (" INSTEAD ")", path,
                                beside);
        if (trust_input(beside, "store", INSTEAD, err) != 0)
            return -1;
    }
    return 0;
}

int store_file_make(const char *path, char absolute[PATH_MAX],
                    struct ff_error *err)
{
    if (place(path, absolute, err) != 0
        || check_beside(path, absolute, err) != 0)
        return -1;
    const int fd = open(absolute, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW
                                      | O_CLOEXEC, 0600);
    if (fd < 0)
        return ff_error_errno(err, errno == EEXIST ? FF_USAGE : FF_UNWRITTEN,
                              "cannot make the store '%s'", path);
    if (fchmod(fd, 0600) == 0 && store_file_sync_folder(absolute) == 0) {
        close(fd);
        return 0;
    }
    ff_error_errno(err, FF_UNWRITTEN, "cannot make the store '%s'", path);
    close(fd);
    unlink(absolute);
    return -1;
}

int store_file_find(const char *path, bool write, char absolute[PATH_MAX],
                    struct ff_error *err)
{
    struct stat st;
    if (realpath(path, absolute) == NULL || stat(absolute, &st) != 0)
        return ff_error_errno(err, FF_USAGE, "cannot open the store '%s'",
                              path);
    if (strlen(absolute) >= PATH_MAX - 16 || !S_ISREG(st.st_mode))
        return ff_error_set(err, FF_USAGE, "cannot open the store '%s': it is "
                            "no file", path);
    if (!trust_user(st.st_uid))
        return ff_error_set(err, FF_UNSAFE, "refused store '%s': it belongs to "
                            "another user (use a copy of it)", path);
    if (trust_input(path, "store", INSTEAD, err) != 0
        || check_beside(path, absolute, err) != 0)
        return -1;
    if (euidaccess(absolute, R_OK) != 0)
        return ff_error_errno(err, FF_USAGE, "cannot read the store '%s'",
                              path);
    if (write && euidaccess(absolute, W_OK) != 0)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write the store '%s'",
                              path);
    return 0;
}

void store_file_remove(const char *absolute)
{
    static const char *const ends[] = {"-wal", "-journal", ""};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[PATH_MAX + 16];
        snprintf(name, sizeof name, "%s%s", absolute, ends[i]);
        unlink(name);
    }
}

long store_file_holder(const char *absolute)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET,
                         .l_start = LOCKS_AT, .l_len = N_LOCKS};
    const int fd = open(absolute, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return 0;
    const bool known = fcntl(fd, F_GETLK, &lock) == 0
                       && lock.l_type != F_UNLCK && lock.l_pid > 0;
    close(fd);
    return known ? lock.l_pid : 0;
}

/* Is something in the file beside it? */
static bool has_beside(const char *absolute, const char *end)
{
    char name[PATH_MAX + 16];
    struct stat st;
    snprintf(name, sizeof name, "%s%s", absolute, end);
    return stat(name, &st) == 0 && st.st_size > 0;
}

/* A lock of the open file: it stays when SQLite closes another descriptor. A
 * file system without locks has no writers that hold one. */
enum store_file_state store_file_lock(const char *absolute, int *fd)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET,
                         .l_start = LOCKS_AT + 2, .l_len = N_LOCKS - 2};
    unsigned char version = 0;
    *fd = open(absolute, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd < 0)
        return STORE_FILE_ERROR;
    if (fcntl(*fd, F_OFD_SETLK, &lock) == 0
        || (errno != EAGAIN && errno != EACCES))
        return has_beside(absolute, "-wal")
               || has_beside(absolute, "-journal")
               ? STORE_FILE_LEFT : STORE_FILE_QUIET;
    if (pread(*fd, &version, 1, VERSION_AT) == 1 && version != LOG_VERSION)
        return STORE_FILE_HELD_JOURNAL;
    return STORE_FILE_HELD;
}

/* Magic numbers as in statfs(2) and the kernel's sources: Lustre, GPFS, BeeGFS
 * and PanFS are none of the kernel's own. */
bool store_is_remote(const char *path)
{
    static const unsigned long remote[] = {
        0x6969 /* NFS */, 0xff534d42 /* CIFS */, 0xfe534d42 /* SMB2 */,
        0x517b /* SMB */, 0x01021997 /* 9p */, 0x65735546 /* FUSE */,
        0x0bd00bd0 /* Lustre */, 0x47504653 /* GPFS */,
        0x19830326 /* BeeGFS */, 0xaad7aaea /* PanFS */,
        0x00c36400 /* Ceph */, 0x5346414f /* AFS */, 0x6b414653 /* kAFS */,
        0x73757245 /* Coda */, 0x564c /* NCP */, 0x01161970 /* GFS2 */,
        0x7461636f /* OCFS2 */, 0x20030528 /* OrangeFS */};
    char folder[PATH_MAX];
    struct statfs fs;
    if (statfs(path, &fs) != 0
        && (folder_of(path, folder) != 0 || statfs(folder, &fs) != 0))
        return false;
    for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++)
        if (((unsigned long)fs.f_type & 0xffffffff) == remote[i])
            return true;
    return false;
}
