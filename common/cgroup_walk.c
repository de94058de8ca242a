/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control groups of the process: see cgroup_walk.h.
 *
 * /proc/self/cgroup names the process's group in each hierarchy, and
 * /proc/self/mountinfo where a hierarchy is mounted and which of its groups
 * the mount shows as its root. In a container that root is often the
 * container's own group; then the part of the group's path that the root
 * stands for is not below the mount point. On hybrid systems both v1 and v2 are
 * mounted; whichever has the controller has the files.
 *
 * Nothing here fails: what cannot be read or parsed is not there.
 */
#include "cgroup_walk.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The process's group in the two hierarchies that may have limits; "": none.
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
static void read_groups(const char *root, const char *controller,
                        struct groups *groups)
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
        else if (in_list(controllers, controller))
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
 * options" (proc(5)). False when it is no mount of the controller's hierarchy.
 * Spaces inside of a field are escaped, and a source may be empty. */
static bool parse_mount(char *line, const char *controller,
                        struct mount *mount)
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
    if (!mount->v2 && !(strcmp(type, "cgroup") == 0
                       && in_list(rest, controller)))
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

/* From the group's directory up to the mount point: dir, whose first n_point
 * characters are the mount point, is cut name by name. */
static void climb(char *dir, size_t n_point, const struct mount *mount,
                  cgroup_visit *visit, void *arg)
{
    const bool whole = strcmp(mount->root, "/") == 0;
    for (;;) {
        char path[2 * PATH_MAX];
        snprintf(path, sizeof path, "%.4095s%.4095s",
                 whole ? "" : mount->root, dir + n_point);
        visit(dir, path[0] == '\0' ? "/" : path, mount->v2, arg);
        char *slash = strrchr(dir + n_point, '/');
        if (slash == NULL)
            return;
        *slash = '\0';
    }
}

void cgroup_walk(const char *root, const char *controller,
                 cgroup_visit *visit, void *arg)
{
    struct groups groups;
    read_groups(root, controller, &groups);
    FILE *file = open_below(root, "/proc/self/mountinfo");
    if (file == NULL)
        return;
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, file) > 0) {
        struct mount mount;
        if (!parse_mount(line, controller, &mount))
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
            climb(dir, (size_t)n_point, &mount, visit, arg);
    }
    free(line);
    fclose(file);
}
