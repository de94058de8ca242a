/* SPDX-License-Identifier: Apache-2.0 */
/* CPU quotas of the process's control groups: see cgroup.h.
 *
 * /proc/self/cgroup names the process's group in each hierarchy, and
 * /proc/self/mountinfo where a hierarchy is mounted and which of its groups
 * the mount shows as its root. In a container that root is often the
 * container's own group; then the part of the group's path that the root
 * stands for is not below the mount point. From the group's directory up to
 * the mount point every quota counts. On hybrid systems both v1 and v2 are
 * mounted; whichever has the cpu controller has the files.
 *
 * Nothing here fails: what cannot be read or parsed is no limit. */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The process's group in the two hierarchies that may have quotas; "": none.
 * The kernel's own paths are shorter than PATH_MAX. */
struct groups {
    char v1[PATH_MAX], v2[PATH_MAX];
};

/* What a line of mountinfo says; points into the line. */
struct mount {
    char *root, *point;
    bool v2;
};

/* Opens root/path for reading lines; NULL when it cannot. */
static FILE *open_below(const char *root, const char *path)
{
    char full[PATH_MAX];
    const int n = snprintf(full, sizeof full, "%s%s", root, path);
    return n < 0 || (size_t)n >= sizeof full ? NULL : fopen(full, "re");
}

/* Is word an element of the comma-separated list? */
static bool in_list(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (; list != NULL; list = strchr(list, ',')) {
        list += *list == ',';
        if (strncmp(list, word, n) == 0 && (list[n] == ',' || list[n] == '\0'))
            return true;
    }
    return false;
}

static void copy_path(char to[PATH_MAX], const char *from)
{
    const size_t n = strlen(from);
    if (from[0] == '/' && n < PATH_MAX)
        memcpy(to, from, n + 1);
}

/* Lines are "number:controller,...:path", in v2 "0::path". */
static void read_groups(const char *root, struct groups *groups)
{
    groups->v1[0] = groups->v2[0] = '\0';
    FILE *file = open_below(root, "/proc/self/cgroup");
    if (file == NULL)
        return;
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, file) > 0) {
        char *path = line;
        const char *number = strsep(&path, ":");
        const char *controllers = strsep(&path, ":");
        if (path == NULL)
            continue;
        path[strcspn(path, "\n")] = '\0';
        if (controllers[0] == '\0' && strcmp(number, "0") == 0)
            copy_path(groups->v2, path);
        else if (in_list(controllers, "cpu"))
            copy_path(groups->v1, path);
    }
    free(line);
    fclose(file);
}

/* Undoes the kernel's \ooo for space, tab, newline and backslash, in place. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' &&
            from[2] >= '0' && from[2] <= '7' && from[3] >= '0' &&
            from[3] <= '7') {
            *to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 |
                         (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* Reads "id parent major:minor root point options [tag...] - type source
 * options" (proc(5)). False when it is no mount of a hierarchy with quotas.
 * Spaces inside of a field are escaped, and a source may be empty. */
static bool parse_mount(char *line, struct mount *mount)
{
    line[strcspn(line, "\n")] = '\0';
    for (int i = 0; i < 3; i++)
        strsep(&line, " ");
    mount->root = strsep(&line, " ");
    mount->point = strsep(&line, " ");
    char *rest = line == NULL ? NULL : strstr(line, " - ");
    if (rest == NULL)
        return false;
    rest += 3;
    const char *type = strsep(&rest, " ");
    strsep(&rest, " ");
    mount->v2 = strcmp(type, "cgroup2") == 0;
    if (!mount->v2 && !(strcmp(type, "cgroup") == 0 && in_list(rest, "cpu")))
        return false;
    unescape(mount->root);
    unescape(mount->point);
    return true;
}

static bool has_dotdot(const char *path)
{
    for (const char *p = path; (p = strstr(p, "/..")) != NULL; p += 3)
        if (p[3] == '/' || p[3] == '\0')
            return true;
    return false;
}

/* The group's path below the mount's root, "" for the root itself; NULL when
 * the mount shows other groups. Seen from a cgroup namespace, what is outside
 * of it begins with "/..": such a root is above the namespace's, so above the
 * group's, whose own directory has no name that we could know. */
static const char *path_below(const char *mount_root, const char *group)
{
    const size_t n = strcmp(mount_root, "/") == 0 ? 0 : strlen(mount_root);
    if (strncmp(group, mount_root, n) == 0 &&
        (group[n] == '/' || group[n] == '\0')) {
        if (has_dotdot(group + n))
            return NULL;
        return strcmp(group + n, "/") == 0 ? "" : group + n;
    }
    return has_dotdot(mount_root) && !has_dotdot(group) ? "" : NULL;
}

/* Reads a short file whole; false when it cannot or the file is longer. */
static bool read_text(const char *dir, const char *name, char text[64])
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const ssize_t n = read(fd, text, 63);
    close(fd);
    if (n <= 0 || n == 63)
        return false;
    text[n] = '\0';
    return true;
}

/* Reads one number above 0 from *text on and moves *text behind it. */
static bool parse_us(char **text, int64_t *us)
{
    char *end;
    errno = 0;
    const long long value = strtoll(*text, &end, 10);
    const bool ends = *end == '\0' || *end == '\n' || *end == ' ';
    if (end == *text || !ends || errno != 0 || value <= 0)
        return false;
    *us = value;
    *text = end;
    return true;
}

/* The quota that the group with this directory sets itself. */
static bool read_quota(const char *dir, bool v2, struct cgroup_quota *quota)
{
    char quota_text[64], period_text[64];
    if (!read_text(dir, v2 ? "cpu.max" : "cpu.cfs_quota_us", quota_text))
        return false;
    char *text = quota_text;
    if (!parse_us(&text, &quota->quota_us)) /* "max ...", "-1" */
        return false;
    if (!v2) {
        if (!read_text(dir, "cpu.cfs_period_us", period_text))
            return false;
        text = period_text;
    }
    return parse_us(&text, &quota->period_us);
}

static bool tighter(const struct cgroup_quota *a, const struct cgroup_quota *b)
{
    return b->quota_us < 0 || (double)a->quota_us / (double)a->period_us <
                                  (double)b->quota_us / (double)b->period_us;
}

/* Writes why; of a long path the end, which says more than its beginning. */
static void explain(struct cgroup_quota *quota, bool v2, const char *path)
{
    const int n =
        snprintf(quota->why, sizeof quota->why, "%s %lld/%lld in ",
                 v2 ? "cpu.max" : "cpu.cfs_quota_us",
                 (long long)quota->quota_us, (long long)quota->period_us);
    char *to = quota->why + n;
    const size_t room = sizeof quota->why - (size_t)n - 1;
    const size_t length = strlen(path);
    if (length <= room) {
        memcpy(to, path, length + 1);
    } else {
        memcpy(to, "...", 3);
        memcpy(to + 3, path + length - (room - 3), room - 3 + 1);
    }
    for (char *c = quota->why; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

static void name_stat(struct cgroup_quota *quota, const char *dir)
{
    const int n = snprintf(quota->stat, sizeof quota->stat, "%s/cpu.stat",
                           dir);
    if (n < 0 || (size_t)n >= sizeof quota->stat)
        quota->stat[0] = '\0';
}

/* Takes into account the quotas from the group's directory up to the mount
 * point: dir, whose first n_point characters are the mount point, is cut
 * name by name. */
static void climb(char *dir, size_t n_point, const struct mount *mount,
                  struct cgroup_quota *out)
{
    const bool whole = strcmp(mount->root, "/") == 0;
    for (;;) {
        struct cgroup_quota quota;
        if (read_quota(dir, mount->v2, &quota) && tighter(&quota, out)) {
            char path[2 * PATH_MAX];
            snprintf(path, sizeof path, "%.4095s%.4095s",
                     whole ? "" : mount->root, dir + n_point);
            explain(&quota, mount->v2, path[0] == '\0' ? "/" : path);
            name_stat(&quota, dir);
            *out = quota;
        }
        char *slash = strrchr(dir + n_point, '/');
        if (slash == NULL)
            return;
        *slash = '\0';
    }
}

void cgroup_quota_read(const char *root, struct cgroup_quota *out)
{
    *out = (struct cgroup_quota){.quota_us = -1};
    struct groups groups;
    read_groups(root, &groups);
    FILE *file = open_below(root, "/proc/self/mountinfo");
    if (file == NULL)
        return;
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, file) > 0) {
        struct mount mount;
        if (!parse_mount(line, &mount))
            continue;
        const char *group = mount.v2 ? groups.v2 : groups.v1;
        const char *below =
            group[0] == '\0' ? NULL : path_below(mount.root, group);
        char dir[PATH_MAX];
        if (below == NULL)
            continue;
        const int n_point =
            snprintf(dir, sizeof dir, "%s%s", root, mount.point);
        const int n =
            snprintf(dir, sizeof dir, "%s%s%s", root, mount.point, below);
        if (n >= 0 && (size_t)n < sizeof dir)
            climb(dir, (size_t)n_point, &mount, out);
    }
    free(line);
    fclose(file);
}

bool cgroup_throttle_read(const char *stat, struct cgroup_throttle *out)
{
    struct cgroup_throttle found = {0};
    bool has_count = false, has_time = false;
    char name[64];
    uint64_t value;
    FILE *file = fopen(stat, "re");
    if (file == NULL)
        return false;
    while (fscanf(file, "%63s %" SCNu64, name, &value) == 2) {
        if (strcmp(name, "nr_throttled") == 0) {
            found.count = value;
            has_count = true;
        } else if (strcmp(name, "throttled_usec") == 0) { /* v2 */
            found.ns = value * 1000;
            has_time = true;
        } else if (strcmp(name, "throttled_time") == 0) { /* v1 */
            found.ns = value;
            has_time = true;
        }
    }
    fclose(file);
    if (has_count && has_time)
        *out = found;
    return has_count && has_time;
}

uint32_t cgroup_quota_cpus(const struct cgroup_quota *quota)
{
    if (quota->quota_us <= 0 || quota->period_us <= 0)
        return 0;
    const int64_t cpus = quota->quota_us / quota->period_us +
                         (quota->quota_us % quota->period_us != 0);
    return cpus > UINT32_MAX ? UINT32_MAX : (uint32_t)cpus;
}
