/* SPDX-License-Identifier: Apache-2.0 */
/* The file that a user names as a kernel: see source.h. */
#include "source.h"
#include "cache.h"
#include "nearest_file.h"
#include "python_name.h"
#include "trust.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Errors: what C lets pass with a warning, and a kernel dies of, as calls of
 * nothing and arrays of another type. */
static char *const c_flags[] = {
    (char *)"-std=gnu11", (char *)"-Werror=implicit-function-declaration",
    (char *)"-Werror=incompatible-pointer-types",
    (char *)"-Werror=int-conversion", NULL};
static char *const cxx_flags[] = {(char *)"-std=gnu++17", NULL};

static const struct language languages[] = {
    {"C", {".c"}, "CC", "cc", "gcc", "clang", c_flags},
    {"C++", {".cc", ".cpp", ".cxx"}, "CXX", "c++", "g++", "clang++",
     cxx_flags}};

static bool has_suffix(const char *path, const char *suffix)
{
    const size_t n = strlen(path), m = strlen(suffix);
    return n > m && strcmp(path + n - m, suffix) == 0;
}

const struct language *source_language(const char *kernel)
{
    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++)
        for (size_t k = 0; languages[i].suffix[k] != NULL; k++)
            if (has_suffix(kernel, languages[i].suffix[k]))
                return &languages[i];
    return NULL;
}

bool source_is_python(const char *name)
{
    return python_name_file(name) > 0;
}

void source_file(char out[SOURCE_PATH], const char *kernel)
{
    const size_t n = python_name_file(kernel);
    snprintf(out, SOURCE_PATH, "%.*s", n > 0 ? (int)n : SOURCE_PATH, kernel);
}

bool source_is_kernel(const char *name)
{
    return source_is_python(name) || source_language(name) != NULL
           || has_suffix(name, ".so");
}

/* "pi", "pi:area": with a suffix, is it a file? The function comes with
 * Python's alone. */
static bool add_suffix(char path[CACHE_PATH], const char *kernel)
{
    static const char *const suffix[] = {".c", ".cc", ".cpp", ".cxx", ".py"};
    const char *slash = strrchr(kernel, '/');
    const char *colon = strchr(slash != NULL ? slash : kernel, ':');
    for (size_t i = 0; i < sizeof suffix / sizeof suffix[0]; i++) {
        snprintf(path, CACHE_PATH, "%s%s", kernel, suffix[i]);
        if (access(path, F_OK) == 0)
            return true;
    }
    if (colon == NULL)
        return false;
    const int n = snprintf(path, CACHE_PATH, "%.*s.py", (int)(colon - kernel),
                           kernel);
    if (n >= CACHE_PATH || access(path, F_OK) != 0)
        return false;
    snprintf(path + n, CACHE_PATH - (size_t)n, "%s", colon);
    return true;
}

/* "cannot open 'pi': ..., did you mean 'pi.c'?"; file: without a function. */
static int no_kernel(const char *kernel, const char *file,
                     struct ff_error *err)
{
    const int cause = errno;
    char path[CACHE_PATH];
    if (cause == ENOENT && add_suffix(path, kernel))
        return ff_error_set(err, FF_USAGE,
                            "cannot open '%s': did you mean '%s'?", kernel,
                            path);
    if (cause == ENOENT && nearest_file(file, source_is_kernel, path))
        return ff_error_set(err, FF_USAGE, "cannot open '%s': did you mean "
                            "'%s%s'?", kernel, path,
                            source_is_python(path) ? kernel + strlen(file)
                                                   : "");
    errno = cause;
    return ff_error_errno(err, FF_USAGE, "cannot open '%s'%s", file,
                          cause == ENOENT && strchr(kernel, '/') == NULL
                              && !source_is_kernel(kernel)
                              ? ", and it is no program in PATH" : "");
}

/* file: the part of it that is one. */
static int check_name(const char *kernel, const char *file,
                      struct ff_error *err)
{
    const char *function = python_name_function(kernel);
    if (function != NULL && *function == '\0')
        return ff_error_set(err, FF_USAGE, "no function is named behind '%s': "
                            "'%s:FUNCTION', or '%s' alone for the one that is "
                            "decorated by @fanfold.kernel", kernel, file,
                            file);
    if (function != NULL && !python_name_is_function(function))
        return ff_error_set(err, FF_USAGE, "'%s' cannot be the name of a "
                            "function in '%s'", function, file);
    return 0;
}

int source_check(const char *kernel, struct ff_error *err)
{
    struct stat st;
    char file[SOURCE_PATH];
    if (strcmp(kernel, "-") == 0)
        return ff_error_set(err, FF_USAGE, "a kernel cannot be read from "
                            "standard input: name a file ('./-' if it is "
                            "called that)");
    if (strlen(kernel) > CACHE_PATH - 64)
        return ff_error_set(err, FF_USAGE, "path too long: '%s'", kernel);
    source_file(file, kernel);
    if (stat(file, &st) != 0)
        return no_kernel(kernel, file, err);
    if (S_ISDIR(st.st_mode))
        return ff_error_set(err, FF_USAGE,
                            "'%s' is a directory, not a kernel (a C source, "
                            ".c, or C++, .cc, a file of Python, .py, or a "
                            "shared object, .so)", file);
    if (!source_is_kernel(kernel))
        return ff_error_set(err, FF_USAGE,
                            "'%s' is not a kernel: its name ends neither in "
                            ".c (a C source), .cc, .cpp, .cxx (C++), .py "
                            "(Python) nor in .so (a shared object); and it is "
                            "no program that may be run (chmod +x)", kernel);
    if (!S_ISREG(st.st_mode))
        return ff_error_set(err, FF_USAGE, "'%s' is not a regular file",
                            file);
    if (access(file, R_OK) != 0)
        return ff_error_errno(err, FF_USAGE, "cannot read '%s'", file);
    if (st.st_size == 0)
        return ff_error_set(err, FF_USAGE, "'%s' is empty", file);
    return check_name(kernel, file, err) != 0 ? -1
           : trust_input(file, "kernel", "use a copy", err);
}

bool source_declares(const char *file)
{
    char text[16384];
    FILE *in = fopen(file, "re");
    const size_t n = in != NULL ? fread(text, 1, sizeof text - 1, in) : 0;
    if (in != NULL)
        fclose(in);
    return memmem(text, n, "@fanfold.", strlen("@fanfold.")) != NULL;
}

/* The loader's words for what is no shared object are not the user's. */
static int check_object(const char *kernel, struct ff_error *err)
{
    unsigned char head[EI_NIDENT + sizeof(Elf64_Half)] = {0};
    Elf64_Half type = ET_NONE;
    const int fd = open(kernel, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof head);
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return ff_error_errno(err, FF_USAGE, "cannot read '%s'", kernel);
    if (n < (ssize_t)sizeof head || memcmp(head, ELFMAG, SELFMAG) != 0)
        return ff_error_set(err, FF_USAGE, "'%s' is not a shared object, "
                            "although its name ends in .so", kernel);
    memcpy(&type, head + EI_NIDENT, sizeof type);
    if (type == ET_REL)
        return ff_error_set(err, FF_USAGE, "'%s' is an object that was not "
                            "linked: make it with 'cc -shared', not with "
                            "'cc -c'", kernel);
    return 0;
}

bool source_is_object(const char *kernel)
{
    return has_suffix(kernel, ".so");
}

/* dlopen searches for a name without a slash, so it becomes absolute. */
int source_object(char object[SOURCE_PATH], const char *kernel,
                  struct ff_error *err)
{
    char cwd[CACHE_PATH] = "";
    if (check_object(kernel, err) != 0)
        return -1;
    if (kernel[0] != '/' && getcwd(cwd, sizeof cwd) == NULL)
        return ff_error_errno(err, FF_USAGE, "cannot tell where '%s' is",
                              kernel);
    char path[2 * CACHE_PATH];
    snprintf(path, sizeof path, "%s%s%s", cwd, kernel[0] == '/' ? "" : "/",
             kernel);
    if (strlen(path) >= SOURCE_PATH)
        return ff_error_set(err, FF_USAGE, "path too long: '%s'", kernel);
    strcpy(object, path);
    return 0;
}
