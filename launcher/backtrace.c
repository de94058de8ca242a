/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for the addresses of a crash: see backtrace.h. addr2line (of binutils,
 * which every compiler needs) reads the objects, as a command below the fork
 * server, once an object: kernels are files that we do not open ourselves.
 */
#include "backtrace.h"
#include "paths.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define KERNEL_SYMBOL "ff_kernel_"
#define KERNEL_NAME "FF_KERNEL"

/* ---- what the worker noted ----------------------------------------------- */

static void name_object(struct frame *f, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = *path == '\0' ? "fanfold-worker"
                       : slash != NULL ? slash + 1 : path;
    snprintf(f->object, sizeof f->object, "%s", name);
}

/* The frame as it is without names. */
static void fill_plain(struct frame *f, const struct crash_trace *raw,
                       uint32_t i)
{
    *f = (struct frame){.address = raw->frame[i].address};
    if (raw->frame[i].object < CRASH_OBJECTS)
        name_object(f, raw->object[raw->frame[i].object]);
}

struct backtrace *backtrace_copy(const struct crash_trace *trace)
{
    struct backtrace *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    struct crash_trace *raw = &b->raw;
    memcpy(raw, trace, sizeof *raw);
    uint32_t n = atomic_load(&raw->n_frames);
    n = n < CRASH_FRAMES ? n : CRASH_FRAMES;
    if (raw->n_objects > CRASH_OBJECTS)
        raw->n_objects = CRASH_OBJECTS;
    atomic_store(&raw->n_frames, n);
    for (uint32_t i = 0; i < raw->n_objects; i++)
        raw->object[i][CRASH_PATH - 1] = '\0';
    for (uint32_t i = 0; i < n; i++) {
        if (raw->frame[i].object >= raw->n_objects)
            raw->frame[i].object = CRASH_OBJECTS;
        fill_plain(&b->frame[i], raw, i);
    }
    b->n = n;
    if (n > 0)
        return b;
    free(b);
    return NULL;
}

/* Its number among the threads, or how many were listed. */
static uint32_t thread_number(const struct stacks *s, int32_t tid)
{
    const uint32_t n = s->n_listed < STACKS_LISTED ? s->n_listed
                                                   : STACKS_LISTED;
    uint32_t i = 0;
    while (i < n && s->listed[i] != tid)
        i++;
    return i;
}

static enum whose whose(const struct worker_shm *w, uint32_t executor,
                        uint32_t tid)
{
    return executor == tid ? WHOSE_CHUNK
           : executor < w->n_executors ? WHOSE_OTHER : WHOSE_KERNEL;
}

/* Among the others, in the order of their numbers. */
static void insert(struct backtrace **list, struct backtrace *b)
{
    while (*list != NULL && (*list)->thread <= b->thread)
        list = &(*list)->next;
    b->next = *list;
    *list = b;
}

struct backtrace *backtrace_of_stacks(const struct worker_shm *w, uint32_t tid)
{
    const struct stacks *s = &w->stacks;
    const uint32_t asked = atomic_load(&s->asked);
    struct backtrace *list = NULL;
    uint32_t n = atomic_load(&s->n_idle);
    for (uint32_t i = 0; i < STACKS_THREADS; i++) {
        const struct thread_stack *t = &s->thread[i];
        struct backtrace *b = atomic_load(&t->done) == 0
                              ? NULL : backtrace_copy(&t->trace);
        if (b == NULL)
            continue;
        n++;
        b->whose = whose(w, t->executor, tid);
        b->thread = thread_number(s, atomic_load(&t->tid));
        insert(&list, b);
    }
    if (list != NULL)
        list->left_out = asked > n ? asked - n : 0;
    return list;
}

void backtrace_free(struct backtrace *b)
{
    while (b != NULL) {
        struct backtrace *next = b->next;
        free(b);
        b = next;
    }
}

/* ---- addr2line ----------------------------------------------------------- */

/* Its output for one object: for each address a line with it, then a pair of
 * lines, function and place, for each function that is inlined there. */
struct answer {
    char *text;
    char *line; /* the next one; NULL at the end */
};

static char *next_line(struct answer *a)
{
    return a->line == NULL ? NULL : strsep(&a->line, "\n");
}

static bool more_pairs(const struct answer *a)
{
    return a->line != NULL && *a->line != '\0'
           && strncmp(a->line, "0x", 2) != 0;
}

static char *read_all(int fd)
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

/* Asks for the addresses of object `which`, each once, in order of frames. */
static char *ask(const struct crash_trace *raw, uint32_t which,
                 command_runner *run, void *arg)
{
    char worker[PATHS_MAX], address[CRASH_FRAMES][24];
    const char *path = raw->object[which];
    char *argv[CRASH_FRAMES + 8] = {
        (char *)"timeout", (char *)"10", (char *)"addr2line", (char *)"-afiC",
        (char *)"-e"};
    size_t n = 5, k = 0;
    struct ff_error err;
    char *text = NULL;
    if (*path == '\0' && paths_worker(worker, &err) == 0)
        path = worker;
    argv[n++] = (char *)path;
    for (uint32_t i = 0; i < raw->n_frames; i++) {
        if (raw->frame[i].object != which)
            continue;
        snprintf(address[k], sizeof address[k], "0x%" PRIx64,
                 raw->frame[i].address);
        argv[n++] = address[k++];
    }
    const int fd = *path == '/' ? memfd_create("addr2line", MFD_CLOEXEC) : -1;
    if (fd >= 0 && run(arg, argv, fd, "", &err) == 0)
        text = read_all(fd);
    if (fd >= 0)
        close(fd);
    return text;
}

/* "crash.c:17 (discriminator 2)"; "??:0" when it is not known. */
static void take_place(struct frame *f, char *place)
{
    char *colon = strrchr(place, ':');
    while (strncmp(place, "./", 2) == 0)
        place += 2;
    if (colon == NULL || *place == '?')
        return;
    *colon = '\0';
    f->line = (uint32_t)strtoul(colon + 1, NULL, 10);
    if (f->line > 0)
        snprintf(f->file, sizeof f->file, "%s", place);
}

static void take_function(struct frame *f, const char *name)
{
    const size_t n = sizeof KERNEL_SYMBOL - 1;
    if (strncmp(name, KERNEL_SYMBOL, n) == 0
        && !isalnum((unsigned char)name[n]) && name[n] != '_')
        name = KERNEL_NAME;
    if (*name != '?')
        snprintf(f->function, sizeof f->function, "%s", name);
}

/* One address: a frame for each pair. */
static void take_pairs(struct backtrace *b, uint32_t i, struct answer *a)
{
    next_line(a); /* the address */
    while (more_pairs(a) && b->n < BACKTRACE_FRAMES) {
        struct frame *f = &b->frame[b->n++];
        fill_plain(f, &b->raw, i);
        take_function(f, next_line(a));
        char *place = next_line(a);
        if (place != NULL)
            take_place(f, place);
    }
}

static bool has_answer(const struct answer *a)
{
    return a->line != NULL && strncmp(a->line, "0x", 2) == 0;
}

static void resolve_one(struct backtrace *b, command_runner *run, void *arg)
{
    struct answer answer[CRASH_OBJECTS] = {{0}};
    for (uint32_t i = 0; i < b->raw.n_objects; i++)
        answer[i].text = answer[i].line = ask(&b->raw, i, run, arg);
    b->n = 0;
    for (uint32_t i = 0; i < b->raw.n_frames && b->n < BACKTRACE_FRAMES; i++) {
        const uint32_t object = b->raw.frame[i].object;
        const uint32_t n = b->n;
        if (object < CRASH_OBJECTS && has_answer(&answer[object]))
            take_pairs(b, i, &answer[object]);
        if (b->n == n)
            fill_plain(&b->frame[b->n++], &b->raw, i);
    }
    for (uint32_t i = 0; i < b->raw.n_objects; i++)
        free(answer[i].text);
}

/* Threads of a pool wait at the same place. */
static bool same_raw(const struct crash_trace *a, const struct crash_trace *b)
{
    const uint32_t n = atomic_load(&a->n_frames);
    if (n != atomic_load(&b->n_frames) || a->n_objects != b->n_objects
        || memcmp(a->frame, b->frame, n * sizeof a->frame[0]) != 0)
        return false;
    for (uint32_t i = 0; i < a->n_objects; i++)
        if (strcmp(a->object[i], b->object[i]) != 0)
            return false;
    return true;
}

void backtrace_resolve(struct backtrace *b, command_runner *run, void *arg)
{
    for (struct backtrace *at = b; at != NULL; at = at->next) {
        const struct backtrace *same = b;
        while (same != at && !same_raw(&same->raw, &at->raw))
            same = same->next;
        if (same == at) {
            resolve_one(at, run, arg);
            continue;
        }
        memcpy(at->frame, same->frame, sizeof at->frame);
        at->n = same->n;
    }
}

void backtrace_add_place(const struct backtrace *b, const char *object,
                         struct ff_error *err)
{
    const size_t n = strlen(err->text);
    const struct frame *best = NULL;
    struct frame named;
    name_object(&named, object);
    for (uint32_t i = b->n; i-- > 0;) {
        const struct frame *f = &b->frame[i];
        if (f->file[0] != '\0'
            && (best == NULL || strcmp(f->object, named.object) == 0
                || strcmp(best->object, named.object) != 0))
            best = f;
    }
    if (best != NULL)
        snprintf(err->text + n, sizeof err->text - n, " at %s:%" PRIu32,
                 best->file, best->line);
}
