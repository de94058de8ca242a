/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what the user wrote to a shared object: see compile.h.
 *
 * The key in the cache stands for all that decides the object's bytes: the
 * source, its name (in messages), flags, the compiler as a file, the CPU (by
 * -march=native: a home directory may be shared by unlike nodes), what the
 * environment tells the compiler, and fanfold.h. Included files are checked by
 * the cache (cache.h); headers of the system are not, as they come and go with
 * the compiler.
 */
#include "compile.h"
#include "cache.h"
#include "clock.h"
#include "paths.h"
#include "program_file.h"
#include "source.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#define MAX_WORDS 256 /* of CC or CXX, and of --ldflags, each */

/* No contraction: the rounding of results must not depend on what the
 * compiler fuses. */
static char *const base_flags[] = {
    (char *)"-O3", (char *)"-march=native",
    (char *)"-ffp-contract=off", (char *)"-fPIC", (char *)"-shared",
    (char *)"-Wall", (char *)"-g", (char *)"-pipe"};
#define N_BASE_FLAGS (sizeof base_flags / sizeof base_flags[0])

/* What the compiler and the linker read from the environment. */
static const char *const variables[] = {
    "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH",
    "COMPILER_PATH", "GCC_EXEC_PREFIX", "SOURCE_DATE_EPOCH"};

/* Words of a text, split at blanks; no shell, no quotes. */
struct words {
    char *text; /* owned; word[] points into it */
    char *word[MAX_WORDS];
    size_t n;
};

/* One compilation. */
struct compilation {
    const struct language *language;
    const char *source;              /* as the user wrote it */
    char source_dir[CACHE_PATH];     /* "" or with a slash at its end */
    const char *source_name;
    char source_hash[CACHE_HASH];
    char include[PATHS_MAX];
    char cwd[CACHE_PATH];
    char cache[CACHE_PATH];
    char scratch[CACHE_PATH];
    char key[CACHE_HASH];
    char compiler[PATH_MAX];
    struct words cc, ldflags;
};

/* ---- words --------------------------------------------------------------- */

static int words_split(struct words *w, const char *text, const char *what,
                       struct ff_error *err)
{
    char *rest = NULL;
    w->n = 0;
    w->text = strdup(text);
    if (w->text == NULL)
        return ff_error_errno(err, FF_LOST, "cannot read %s", what);
    for (char *p = strtok_r(w->text, " \t\n", &rest); p != NULL;
         p = strtok_r(NULL, " \t\n", &rest)) {
        if (w->n == MAX_WORDS)
            return ff_error_set(err, FF_USAGE, "more than %d words in %s",
                                MAX_WORDS, what);
        w->word[w->n++] = p;
    }
    return 0;
}

static int take_object(struct compiled *out, const char *kernel,
                       struct ff_error *err)
{
    struct compiled found = {.given = true, .cached = true};
    if (source_object(found.object, kernel, err) != 0)
        return -1;
    *out = found;
    return 0;
}

/* ---- the compiler -------------------------------------------------------- */

/* The file that execvp would run, without links. */
static bool find_program(const char *name, char out[PATH_MAX])
{
    char path[PATH_MAX];
    return program_file(path, name) && realpath(path, out) != NULL;
}

static int find_compiler(struct compilation *c, struct ff_error *err)
{
    const struct language *l = c->language;
    const char *cc = getenv(l->variable);
    if (words_split(&c->cc, cc != NULL ? cc : "", l->variable, err) != 0)
        return -1;
    if (c->cc.n == 0) {
        free(c->cc.text);
        if (words_split(&c->cc, l->compiler, l->variable, err) != 0)
            return -1;
    }
    if (!find_program(c->cc.word[0], c->compiler))
        return ff_error_set(err, FF_USAGE,
                            "cannot find the compiler '%s', needed for '%s' "
                            "(%s): install one (apt install %s) or name one "
                            "(%s=%s fanfold run ...)", c->cc.word[0],
                            c->source, l->name, l->package, l->variable,
                            l->another);
    return 0;
}

/* ---- the key ------------------------------------------------------------- */

/* The words of CC or CXX that are programs (ccache gcc), as files. */
static void print_compiler(FILE *out, const struct compilation *c)
{
    for (size_t i = 0; i < c->cc.n; i++) {
        char path[PATH_MAX];
        struct stat st;
        fprintf(out, "cc %s\n", c->cc.word[i]);
        if (c->cc.word[i][0] != '-' && find_program(c->cc.word[i], path)
            && stat(path, &st) == 0)
            fprintf(out, "file %s %jd %jd.%09ld\n", path,
                    (intmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec,
                    st.st_mtim.tv_nsec);
    }
}

/* What -march=native looks at. */
static void print_cpu(FILE *out)
{
    const char *platform = (const char *)(uintptr_t)getauxval(AT_PLATFORM);
    fprintf(out, "cpu %s %lx %lx\n", platform != NULL ? platform : "",
            getauxval(AT_HWCAP), getauxval(AT_HWCAP2));
#if defined(__x86_64__) || defined(__i386__)
    unsigned a, b, c, d;
    if (__get_cpuid(0, &a, &b, &c, &d))
        fprintf(out, "vendor %x %x %x\n", b, c, d);
    if (__get_cpuid(1, &a, &b, &c, &d)) /* b: which CPU we are on */
        fprintf(out, "model %x %x %x\n", a, c, d);
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
        fprintf(out, "features %x %x %x\n", b, c, d);
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d))
        fprintf(out, "more %x %x\n", a, d);
#endif
}

static int make_key(struct compilation *c, struct ff_error *err)
{
    char header[PATHS_MAX + 16], hash[CACHE_HASH];
    char *text = NULL;
    size_t n = 0;
    snprintf(header, sizeof header, "%s/fanfold.h", c->include);
    if (cache_hash_file(hash, header) != 0)
        return ff_error_errno(err, FF_LOST, "cannot read '%s'", header);
    if (cache_hash_file(c->source_hash, c->source) != 0)
        return ff_error_errno(err, FF_USAGE, "cannot read '%s'", c->source);
    FILE *out = open_memstream(&text, &n);
    if (out == NULL)
        return ff_error_errno(err, FF_LOST, "cannot compile '%s'", c->source);
    fprintf(out, "source %s %s\nheader %s %s\n", c->source_name,
            c->source_hash, c->include, hash);
    print_compiler(out, c);
    print_cpu(out);
    for (size_t i = 0; c->language->flags[i] != NULL; i++)
        fprintf(out, "flag %s\n", c->language->flags[i]);
    for (size_t i = 0; i < N_BASE_FLAGS; i++)
        fprintf(out, "flag %s\n", base_flags[i]);
    for (size_t i = 0; i < c->ldflags.n; i++)
        fprintf(out, "flag %s\n", c->ldflags.word[i]);
    if (c->ldflags.n > 0) /* -Idir is relative to it */
        fprintf(out, "in %s\n", c->cwd);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        if (getenv(variables[i]) != NULL)
            fprintf(out, "%s=%s\n", variables[i], getenv(variables[i]));
    if (fclose(out) != 0 || text == NULL) {
        free(text);
        return ff_error_errno(err, FF_LOST, "cannot compile '%s'", c->source);
    }
    cache_hash(c->key, text, n);
    free(text);
    return 0;
}

/* ---- running the compiler ------------------------------------------------ */

static bool is_named(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    return strstr(slash != NULL ? slash + 1 : path, name) != NULL;
}

/* Keeps the insides of our macros out of messages. The two compilers refuse
 * each other's flag; NULL for one that we do not know by its name. */
static char *macro_flag(const struct compilation *c)
{
    for (size_t i = 0; i < c->cc.n; i++) {
        char path[PATH_MAX];
        const char *word = c->cc.word[i];
        if (word[0] == '-' || !find_program(word, path))
            continue;
        if (is_named(word, "clang") || is_named(path, "clang"))
            return (char *)"-fmacro-backtrace-limit=1";
        if (is_named(word, "gcc") || is_named(path, "gcc")
            || is_named(word, "g++") || is_named(path, "g++"))
            return (char *)"-ftrack-macro-expansion=0";
    }
    return NULL;
}

/* Paths that the command line needs beside the words. */
struct command_text {
    char tmpdir[CACHE_PATH + 16], output[CACHE_PATH + 16];
    char deps[CACHE_PATH + 16], include[PATHS_MAX + 16];
    char source[CACHE_PATH + 16];
    char map[3][CACHE_PATH + 64]; /* directories that the object must not
                                     depend on */
};

static void fill_text(struct command_text *t, const struct compilation *c)
{
    snprintf(t->tmpdir, sizeof t->tmpdir, "TMPDIR=%s", c->scratch);
    snprintf(t->output, sizeof t->output, "%s/object", c->scratch);
    snprintf(t->deps, sizeof t->deps, "%s/deps", c->scratch);
    snprintf(t->include, sizeof t->include, "-I%s", c->include);
    snprintf(t->source, sizeof t->source, "%s%s",
             c->source[0] == '-' ? "./" : "", c->source);
    snprintf(t->map[0], sizeof t->map[0], "-ffile-prefix-map=%s=.", c->cwd);
    snprintf(t->map[1], sizeof t->map[1], "-ffile-prefix-map=%s=fanfold",
             c->include);
    snprintf(t->map[2], sizeof t->map[2], "-ffile-prefix-map=%s=",
             c->source_dir);
}

/* argv, with pointers into t and c; 0 words at the end. */
static void fill_argv(char **argv, struct command_text *t,
                      struct compilation *c)
{
    size_t n = 0;
    argv[n++] = (char *)"env";
    argv[n++] = t->tmpdir;
    for (size_t i = 0; i < c->cc.n; i++)
        argv[n++] = c->cc.word[i];
    for (size_t i = 0; c->language->flags[i] != NULL; i++)
        argv[n++] = c->language->flags[i];
    for (size_t i = 0; i < N_BASE_FLAGS; i++)
        argv[n++] = base_flags[i];
    if (terminal_colours(STDERR_FILENO))
        argv[n++] = (char *)"-fdiagnostics-color=always";
    if ((argv[n] = macro_flag(c)) != NULL)
        n++;
    /* Later maps are tried first. */
    if (strcmp(c->cwd, "/") != 0) /* would map all paths there are */
        argv[n++] = t->map[0];
    argv[n++] = t->map[1];
    if (c->source_dir[0] != '\0')
        argv[n++] = t->map[2];
    argv[n++] = t->include;
    argv[n++] = (char *)"-MMD";
    argv[n++] = (char *)"-MF";
    argv[n++] = t->deps;
    argv[n++] = (char *)"-MT";
    argv[n++] = (char *)"object";
    argv[n++] = (char *)"-o";
    argv[n++] = t->output;
    argv[n++] = t->source;
    for (size_t i = 0; i < c->ldflags.n; i++)
        argv[n++] = c->ldflags.word[i];
    argv[n++] = (char *)"-lm";
    argv[n] = NULL;
}

/* What was written into a memfd, to be freed; "" when it cannot be read. */
static char *read_output(int fd)
{
    struct stat st;
    const size_t room = fstat(fd, &st) == 0 ? (size_t)st.st_size : 0;
    char *text = malloc(room + 1);
    if (text == NULL)
        return NULL;
    const ssize_t n = pread(fd, text, room, 0);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void write_stderr(const char *text)
{
    fputs(text, stderr);
    if (*text != '\0' && text[strlen(text) - 1] != '\n')
        fputc('\n', stderr);
}

/* Was there no room for what the compiler makes? */
static bool is_full(const struct compilation *c, const char *text)
{
    return strstr(text, "No space left on device") != NULL
           || (strstr(text, c->source_name) == NULL && cache_full(c->cache));
}

/* The compiler's own words are the error; a text that is too long for it is
 * shown before. */
static int not_compiled(const struct compilation *c, int status,
                        const char *text, struct ff_error *err)
{
    size_t n = strlen(text);
    if (is_full(c, text))
        return ff_error_set(err, FF_USAGE, "cannot compile '%s': the disk of "
                            "the cache, '%s', is full: make room, or set "
                            "XDG_CACHE_HOME to a folder elsewhere", c->source,
                            c->cache);
    while (n > 0 && text[n - 1] == '\n')
        n--;
    if (WIFSIGNALED(status))
        return ff_error_set(err, FF_USAGE,
                            "cannot compile '%s': '%s' was killed by signal "
                            "%d (%s)", c->source, c->cc.word[0],
                            WTERMSIG(status), strsignal(WTERMSIG(status)));
    if (n == 0)
        return ff_error_set(err, FF_USAGE,
                            "cannot compile '%s': '%s' ended with status %d",
                            c->source, c->cc.word[0], WEXITSTATUS(status));
    if (n + strlen(c->source) + 32 < sizeof ((struct ff_error *)0)->text)
        return ff_error_set(err, FF_USAGE, "cannot compile '%s':\n%.*s",
                            c->source, (int)n, text);
    write_stderr(text);
    return ff_error_set(err, FF_USAGE, "cannot compile '%s' (see above)",
                        c->source);
}

/* Runs the compiler; its output is the error, or (warnings) is shown. */
static int run_compiler(struct compilation *c, command_runner *run, void *arg,
                        struct ff_error *err)
{
    char *argv[2 * MAX_WORDS + N_BASE_FLAGS + 24];
    struct command_text *t = malloc(sizeof *t);
    char *text = NULL;
    int rc = -1;
    const int fd = memfd_create("compiler", MFD_CLOEXEC);
    if (t == NULL || fd < 0) {
        ff_error_errno(err, FF_LOST, "cannot compile '%s'", c->source);
        goto end;
    }
    fill_text(t, c);
    fill_argv(argv, t, c);
    const int status = run(arg, argv, fd, c->scratch, err);
    if (status == -1)
        goto end;
    text = read_output(fd);
    if (status == 0) {
        write_stderr(text != NULL ? text : "");
        rc = cache_add_messages(c->scratch, text, err);
    } else {
        rc = not_compiled(c, status, text != NULL ? text : "", err);
    }
end:
    free(text);
    free(t);
    if (fd >= 0)
        close(fd);
    return rc;
}

/* The warnings of the compilation that made an object. */
static void show_again(const char *object)
{
    char *text = cache_messages(object);
    if (text != NULL)
        write_stderr(text);
    free(text);
}

/* Compiles into scratch and keeps the object. */
static int compile(struct compilation *c, char object[CACHE_PATH],
                   command_runner *run, void *arg, struct ff_error *err)
{
    struct timespec started;
    char hash[CACHE_HASH];
    clock_gettime(CLOCK_REALTIME_COARSE, &started);
    if (run_compiler(c, run, arg, err) != 0)
        return -1;
    if (cache_hash_file(hash, c->source) != 0
        || strcmp(hash, c->source_hash) != 0)
        return ff_error_set(err, FF_USAGE,
                            "'%s' changed while it was compiled: run it again",
                            c->source);
    return cache_keep(object, c->cache, c->key, c->source_dir, c->scratch,
                      started, err);
}

/* ---- all of it ----------------------------------------------------------- */

static int prepare(struct compilation *c, const char *kernel,
                   const char *ldflags, struct ff_error *err)
{
    const char *slash = strrchr(kernel, '/');
    c->language = source_language(kernel);
    c->source = kernel;
    c->source_name = slash != NULL ? slash + 1 : kernel;
    memcpy(c->source_dir, kernel, (size_t)(c->source_name - kernel));
    if (getcwd(c->cwd, sizeof c->cwd) == NULL)
        return ff_error_errno(err, FF_USAGE,
                              "cannot tell the current directory");
    if (strchr(kernel, '\n') != NULL || strchr(c->cwd, '\n') != NULL)
        return ff_error_set(err, FF_USAGE, "cannot compile '%s' in '%s': there "
                            "is a newline in a name", kernel, c->cwd);
    if (words_split(&c->ldflags, ldflags != NULL ? ldflags : "", "--ldflags",
                    err) != 0
        || find_compiler(c, err) != 0 || paths_include(c->include, err) != 0
        || cache_open(c->cache, err) != 0)
        return -1;
    return make_key(c, err);
}

bool compile_find(struct compiled *out, const char *kernel,
                  const char *ldflags)
{
    struct ff_error err;
    struct compilation *c;
    bool found = false;
    if (source_is_object(kernel))
        return take_object(out, kernel, &err) == 0;
    if ((c = calloc(1, sizeof *c)) == NULL)
        return false;
    *out = (struct compiled){.cached = true};
    if (prepare(c, kernel, ldflags, &err) == 0)
        found = cache_find(out->object, c->cache, c->key, c->source_dir);
    free(c->cc.text);
    free(c->ldflags.text);
    free(c);
    return found;
}

int compile_resolve(struct compiled *out, const char *kernel,
                    const char *ldflags, command_runner *run, void *arg,
                    struct ff_error *err)
{
    struct compiled found = {.cached = true};
    int rc = -1;
    if (source_check(kernel, err) != 0)
        return -1;
    if (source_is_object(kernel))
        return take_object(out, kernel, err);
    struct compilation *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ff_error_errno(err, FF_LOST, "cannot compile '%s'", kernel);
    if (prepare(c, kernel, ldflags, err) != 0)
        goto end;
    if (cache_find(found.object, c->cache, c->key, c->source_dir)) {
        rc = 0;
        show_again(found.object);
        goto end;
    }
    if (cache_scratch(c->scratch, c->cache, err) != 0)
        goto end;
    found.cached = false;
    const uint64_t begin_ns = clock_ns();
    rc = compile(c, found.object, run, arg, err);
    found.took_ns = clock_ns() - begin_ns;
    cache_discard(c->scratch);
end:
    if (rc == 0)
        *out = found;
    free(c->cc.text);
    free(c->ldflags.text);
    free(c);
    return rc;
}
