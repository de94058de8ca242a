/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Open MPI leaves on a host when its daemon there was killed: the folder
 * of the job below TMPDIR, and shared memory. Found by what the daemon told
 * its rank, so that it is this job's alone. See start.h.
 */
#include "start.h"

#include "number.h"
#include "paths.h"
#include "rank_env.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SHARED_MEMORY "/dev/shm"

static int remove_entry(const char *path, const struct stat *about, int type,
                        struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    remove(path);
    return 0;
}

static void remove_folder(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Is it a folder of ours, with that many names below `top`? */
static bool is_session(const char *path, const char *top)
{
    const size_t n = strlen(top);
    struct stat about;
    return top[0] == '/' && strstr(top, "/ompi.") != NULL
           && strncmp(path, top, n) == 0 && path[n] == '/'
           && path[n + 1] != '\0' && strchr(path + n + 1, '/') == NULL
           && path[n + 1] != '.' && lstat(path, &about) == 0
           && S_ISDIR(about.st_mode) && about.st_uid == geteuid();
}

/* mpirun's own is pid.PID: it removes that itself, as long as it lives. */
static bool is_alive(const char *family)
{
    const char *name = strrchr(family, '/') + 1;
    uint64_t pid;
    return strncmp(name, "pid.", 4) == 0 && number_u64(name + 4, &pid) == 0
           && pid <= INT32_MAX && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

static void remove_session(void)
{
    const char *top = getenv("OMPI_MCA_orte_top_session_dir");
    const char *family = getenv("OMPI_MCA_orte_jobfam_session_dir");
    if (top == NULL || family == NULL || !is_session(family, top)
        || is_alive(family))
        return;
    remove_folder(family);
    rmdir(top); /* unless there are other jobs in it */
}

/* vader_segment.HOST.USER.JOB.RANK, and the number of a job is in its ranks'
 * environment. */
static bool is_segment(const char *name, uint32_t job)
{
    char ours[64];
    const int n = snprintf(ours, sizeof ours, ".%u.%" PRIx32 ".",
                           (unsigned)geteuid(), job);
    return n > 0 && strncmp(name, "vader_segment.", 14) == 0
           && strstr(name, ours) != NULL;
}

static void remove_segments(void)
{
    const char *text = getenv("OMPI_MCA_ess_base_jobid");
    uint64_t job;
    DIR *folder;
    if (text == NULL || number_u64(text, &job) != 0 || job > UINT32_MAX
        || (folder = opendir(SHARED_MEMORY)) == NULL)
        return;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL)
        if (is_segment(entry->d_name, (uint32_t)job))
            unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
}

static bool is_daemon(pid_t pid)
{
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    FILE *file = fopen(path, "re");
    const bool is = file != NULL && fgets(name, sizeof name, file) != NULL
                    && strcmp(name, "orted\n") == 0;
    if (file != NULL)
        fclose(file);
    return is;
}

void start_end_daemon(pid_t parent)
{
    if (getenv(RANK_ENV_MARK) == NULL || getppid() != parent
        || !is_daemon(parent) || kill(parent, SIGKILL) != 0)
        return;
    for (int i = 0; i < 1000 && getppid() == parent; i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
}

void start_clean_rank(void)
{
    remove_segments();
    remove_session();
}

/* In BASE/ompi.HOST.USER/pid.PID; whatever mpirun takes for the host's name. */
static void remove_of_mpirun(const char *base, const char *folder, pid_t pid)
{
    char top[PATHS_MAX], path[PATHS_MAX + 32];
    if (snprintf(top, sizeof top, "%s/%s", base, folder) >= (int)sizeof top)
        return;
    snprintf(path, sizeof path, "%s/pid.%d", top, (int)pid);
    if (!is_session(path, top))
        return;
    remove_folder(path);
    rmdir(top);
}

void start_clean_mpirun(pid_t pid)
{
    const char *base = getenv("OMPI_MCA_orte_tmpdir_base");
    const struct dirent *entry;
    char user[32];
    base = base != NULL ? base : getenv("TMPDIR");
    base = base != NULL && *base == '/' ? base : "/tmp";
    DIR *dir = opendir(base);
    snprintf(user, sizeof user, ".%u", (unsigned)geteuid());
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        const size_t n = strlen(entry->d_name), m = strlen(user);
        if (strncmp(entry->d_name, "ompi.", 5) == 0 && n > m
            && strcmp(entry->d_name + n - m, user) == 0)
            remove_of_mpirun(base, entry->d_name, pid);
    }
    if (dir != NULL)
        closedir(dir);
}
