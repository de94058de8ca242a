/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks an interpreter by a program in Python: see interpreter_ask.h. It runs
 * below the fork server, as compilers do, and prints a line for each answer.
 * What it is is for sys to say, not for the file that was run: that may be a
 * script which starts another one.
 */
#include "interpreter_ask.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ANSWER ((size_t)1 << 16)

/* A Python that was moved has its library where its modules are. */
static const char script[] =
    "import os, sys, sysconfig\n"
    "def say(key, value):\n"
    "    os.write(1, os.fsencode('fanfold %s %s\\n' % (key, value)))\n"
    "get = sysconfig.get_config_var\n"
    "version = sys.version_info\n"
    "say('implementation', sys.implementation.name)\n"
    "say('version', sys.version.split()[0])\n"
    "say('number', '%d.%d' % version[:2])\n"
    "say('program', sys.executable)\n"
    "say('free-threaded', int(bool(get('Py_GIL_DISABLED'))))\n"
    "names = [get('INSTSONAME'), get('LDLIBRARY'),\n"
    "         'libpython%d.%d%s.so.1.0' % (version[:2]\n"
    "                                      + (getattr(sys, 'abiflags', ''),))]\n"
    "names = [n for n in names if n and '.so' in n]\n"
    "libdir = get('LIBDIR') or ''\n"
    "dirs = [os.path.join(sys.base_prefix, 'lib'),\n"
    "        os.path.join(sys.base_exec_prefix, 'lib'), libdir,\n"
    "        os.path.join(libdir, get('MULTIARCH') or '')]\n"
    "paths = [os.path.join(d, n) for d in dirs if d for n in names]\n"
    "found = [p for p in paths if os.path.exists(p)] + ['']\n"
    "say('library', found[0])\n"
    "say('wanted', os.path.join(libdir, names[0])\n"
    "    if get('Py_ENABLE_SHARED') else '')\n";

/* ---- the answer ---------------------------------------------------------- */

/* The rest of the line "fanfold KEY ..."; false: there is none. */
static bool find(const char *text, const char *key, char *out, size_t size)
{
    char start[64];
    const int n = snprintf(start, sizeof start, "fanfold %s ", key);
    for (const char *p = text; (p = strstr(p, start)) != NULL; p++)
        if (p == text || p[-1] == '\n') {
            const size_t length = strcspn(p + n, "\n");
            snprintf(out, size, "%.*s", (int)length, p + n);
            return length < size;
        }
    return false;
}

static bool read_answer(struct interpreter_answer *a, const char *text)
{
    char number[32], free_threaded[8];
    if (!find(text, "implementation", a->implementation,
              sizeof a->implementation)
        || !find(text, "version", a->version, sizeof a->version)
        || !find(text, "number", number, sizeof number)
        || !find(text, "program", a->program, sizeof a->program)
        || !find(text, "library", a->library, sizeof a->library)
        || !find(text, "wanted", a->wanted, sizeof a->wanted)
        || !find(text, "free-threaded", free_threaded, sizeof free_threaded)
        || sscanf(number, "%d.%d", &a->major, &a->minor) != 2)
        return false;
    a->free_threaded = strcmp(free_threaded, "1") == 0;
    return a->program[0] == '/';
}

/* ---- running it ---------------------------------------------------------- */

/* A file of just so many zero bytes: whoever is no Python may print for ever,
 * and has an error of writing behind them. -1 with errno. */
static int make_file(void)
{
    const int fd = memfd_create("python", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || (ftruncate(fd, MAX_ANSWER) == 0
                   && fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) == 0))
        return fd;
    close(fd);
    return -1;
}

/* What was written into it; to be freed. */
static char *read_all(int fd)
{
    char *text = malloc(MAX_ANSWER + 1);
    const ssize_t n = text != NULL ? pread(fd, text, MAX_ANSWER, 0) : 0;
    if (text != NULL)
        text[n > 0 ? n : 0] = '\0';
    return text;
}

/* Its last line says most: there is the name of an exception. */
static const char *last_line(char *text)
{
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == '\n')
        text[--n] = '\0';
    const char *newline = strrchr(text, '\n');
    return newline != NULL ? newline + 1 : text;
}

static int no_python(const char *program, int status, char *text,
                     struct ff_error *err)
{
    const char *said = last_line(text);
    char how[64] = "it did not answer";
    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "it was killed by %s",
                 strsignal(WTERMSIG(status)));
    else if (status != 0)
        snprintf(how, sizeof how, "it ended with status %d",
                 WEXITSTATUS(status));
    return ff_error_set(err, FF_USAGE, "'%s' is no Python 3.11 or later: it "
                        "was asked what it is, and %s%s%.300s", program, how,
                        *said != '\0' ? ": " : "", said);
}

int interpreter_ask(struct interpreter_answer *out, const char *program,
                    command_runner *run, void *arg, struct ff_error *err)
{
    char *const argv[] = {(char *)program, (char *)"-I", (char *)"-S",
                          (char *)"-c", (char *)script, NULL};
    struct interpreter_answer *answer = calloc(1, sizeof *answer);
    char *text = NULL;
    int rc = -1;
    const int fd = make_file();
    if (answer == NULL || fd < 0) {
        ff_error_errno(err, FF_LOST, "cannot run '%s'", program);
        goto end;
    }
    const int status = run(arg, argv, fd, "", err);
    if (status == -1)
        goto end;
    if ((text = read_all(fd)) == NULL)
        ff_error_errno(err, FF_LOST, "cannot run '%s'", program);
    else if (status != 0 || !read_answer(answer, text))
        no_python(program, status, text, err);
    else
        rc = 0;
end:
    if (rc == 0)
        *out = *answer;
    free(answer);
    free(text);
    if (fd >= 0)
        close(fd);
    return rc;
}
