/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who else could write or replace a file: see trust.h. The way to it is walked
 * one name after the other, as the kernel does, since a link on it leads
 * through other folders.
 */
#include "trust.h"

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINKS 40 /* as the kernel has it */

struct way {
    char at[PATH_MAX];        /* where we are, without links; "" is the root */
    char rest[2 * PATH_MAX];  /* from here on */
    bool shared;              /* all may make files here, nobody may replace
                                 another's */
    unsigned n_links;
    const char *path, *noun, *instead; /* for the message */
};

/* Root by sudo is whoever called it: that user's files are ours, too. */
static bool is_caller(uid_t uid)
{
    const char *text = geteuid() == 0 ? getenv("SUDO_UID") : NULL;
    char *end;
    if (text == NULL || *text == '\0')
        return false;
    const unsigned long number = strtoul(text, &end, 10);
    return *end == '\0' && number == uid;
}

bool trust_user(uid_t uid)
{
    return uid == geteuid() || uid == 0 || is_caller(uid);
}

static bool is_ours(const struct stat *st)
{
    return trust_user(st->st_uid);
}

/* Has the owner a group of this name or number, as is the custom? Nobody else
 * is in it, and files that it can write are usual (umask 002). */
static bool group_is_owners(const struct stat *st)
{
    if (st->st_gid == st->st_uid)
        return true;
    const struct passwd *user = getpwuid(st->st_uid);
    const struct group *group = getgrgid(st->st_gid);
    return user != NULL && group != NULL
           && strcmp(user->pw_name, group->gr_name) == 0;
}

/* Root has chosen the groups of its folders. */
static bool group_is_ours(const struct stat *st)
{
    return st->st_uid == 0 || st->st_gid == getegid()
           || group_member(st->st_gid) != 0 || group_is_owners(st);
}

static int refuse(const struct way *w, const char *who, const char *mode,
                  const char *what, struct ff_error *err)
{
    return ff_error_set(err, FF_UNSAFE, "refused %s '%s': %s can write '%s' "
                        "(chmod %s it, or %s)", w->noun, w->path, who,
                        what[0] != '\0' ? what : "/", mode, w->instead);
}

/* Can others write what is at `name`? */
static int check_mode(const struct way *w, const char *name,
                      const struct stat *st, struct ff_error *err)
{
    const bool kept = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;
    if ((st->st_mode & S_IWOTH) != 0 && !kept)
        return refuse(w, "every user", "o-w", name, err);
    if ((st->st_mode & S_IWGRP) != 0 && !kept && !group_is_ours(st))
        return refuse(w, "a group that is not yours", "g-w", name, err);
    return 0;
}

static bool is_shared(const struct stat *st)
{
    return S_ISDIR(st->st_mode)
           && ((st->st_mode & S_IWOTH) != 0
               || ((st->st_mode & S_IWGRP) != 0 && !group_is_ours(st)));
}

/* Takes the next name from w->rest; false at its end. */
static bool next_name(struct way *w, char name[NAME_MAX + 1])
{
    const size_t begin = strspn(w->rest, "/");
    const size_t n = strcspn(w->rest + begin, "/");
    if (n == 0 || n > NAME_MAX)
        return false;
    memcpy(name, w->rest + begin, n);
    name[n] = '\0';
    memmove(w->rest, w->rest + begin + n, strlen(w->rest + begin + n) + 1);
    return true;
}

/* The rest of the way leads through the link; false when it is too long. */
static bool follow(struct way *w, const char *link)
{
    char target[PATH_MAX], rest[sizeof w->rest];
    const ssize_t n = readlink(link, target, sizeof target - 1);
    if (n < 0 || ++w->n_links > MAX_LINKS)
        return false;
    target[n] = '\0';
    if ((size_t)snprintf(rest, sizeof rest, "%s/%s", target, w->rest)
        >= sizeof rest)
        return false;
    strcpy(w->rest, rest);
    if (target[0] == '/')
        w->at[0] = '\0';
    return true;
}

static int look_around(struct way *w, struct ff_error *err)
{
    struct stat st;
    if (stat(w->at[0] != '\0' ? w->at : "/", &st) != 0)
        return 0;
    w->shared = is_shared(&st);
    return check_mode(w, w->at, &st, err);
}

/* One name further: 1; 0 at the end, or where nothing more can be known. */
static int step(struct way *w, struct ff_error *err)
{
    char name[NAME_MAX + 1], next[PATH_MAX + NAME_MAX + 2];
    struct stat st;
    if (!next_name(w, name))
        return 0;
    if (strcmp(name, ".") == 0)
        return 1;
    if (strcmp(name, "..") == 0) {
        char *slash = strrchr(w->at, '/');
        if (slash != NULL)
            *slash = '\0';
        return look_around(w, err) == 0 ? 1 : -1;
    }
    snprintf(next, sizeof next, "%s/%s", w->at, name);
    if (lstat(next, &st) != 0 || strlen(next) >= sizeof w->at)
        return 0;
    if (w->shared && !is_ours(&st))
        return ff_error_set(err, FF_UNSAFE, "refused %s '%s': '%s' belongs to "
                            "another user, in a folder where every user can "
                            "put files (%s)", w->noun, w->path, next,
                            w->instead);
    if (S_ISLNK(st.st_mode)) {
        if (!follow(w, next))
            return 0;
        return look_around(w, err) == 0 ? 1 : -1;
    }
    strcpy(w->at, next);
    w->shared = is_shared(&st);
    return check_mode(w, next, &st, err) == 0 ? 1 : -1;
}

int trust_input(const char *path, const char *noun, const char *instead,
                struct ff_error *err)
{
    struct way w = {.path = path, .noun = noun, .instead = instead};
    char here[PATH_MAX] = "";
    int rc;
    if (path[0] != '/' && getcwd(here, sizeof here) == NULL)
        return 0;
    if ((size_t)snprintf(w.rest, sizeof w.rest, "%s/%s", here, path)
        >= sizeof w.rest)
        return 0;
    rc = look_around(&w, err) == 0 ? 1 : -1;
    while (rc > 0)
        rc = step(&w, err);
    return rc;
}

int trust_output(const char *path, const char *option, struct ff_error *err)
{
    char folder[PATH_MAX];
    struct stat in, st;
    const char *slash = strrchr(path, '/');
    const int n = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);
    if (n >= PATH_MAX || lstat(path, &st) != 0 || is_ours(&st))
        return 0;
    snprintf(folder, sizeof folder, "%.*s", n, slash == NULL ? "." : path);
    if (stat(folder, &in) != 0 || (in.st_mode & S_IWOTH) == 0)
        return 0;
    return ff_error_set(err, FF_UNSAFE, "refused to write '%s' (%s): it is a "
                        "%s of another user, in a folder where every user can "
                        "put files", path, option,
                        S_ISLNK(st.st_mode) ? "link" : "file");
}

bool trust_link(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && (st.st_uid == geteuid() || st.st_uid == 0);
}

int trust_start(struct ff_error *err)
{
    if (getauxval(AT_SECURE) == 0)
        return 0;
    return ff_error_set(err, FF_UNSAFE, "refused to run with other rights than "
                        "yours (set-user-id, set-group-id or capabilities): a "
                        "kernel would have them");
}
