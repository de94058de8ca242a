/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames of a crash: see trace.h. The unwinder is gcc's, linked in; it
 * reads the tables that every object has for exceptions, so nothing need be
 * compiled with frame pointers. What it calls takes no lock (_dl_find_object).
 *
 * A call of no function (a null pointer) leaves an instruction pointer that no
 * table knows. Then the frame below it is where the call came from: we go back
 * one return before we unwind.
 */
#include "trace.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <ucontext.h>
#include <unwind.h>

struct walk {
    struct crash_trace *out;
    const char *kernel; /* its object */
    uintptr_t from; /* the frames above this address are the handler's */
    bool below;     /* and those above a frame that a signal interrupted */
    bool begun;
    bool in_kernel; /* a frame was of the kernel */
};

/* The entry of a file in object[], CRASH_OBJECTS when there is no room. */
static uint32_t object_number(struct crash_trace *out, const char *path)
{
    const size_t n = strlen(path) + 1;
    for (uint32_t i = 0; i < out->n_objects; i++)
        if (strcmp(out->object[i], path) == 0)
            return i;
    if (n > CRASH_PATH || out->n_objects == CRASH_OBJECTS)
        return CRASH_OBJECTS;
    memcpy(out->object[out->n_objects], path, n);
    return out->n_objects++;
}

/* Notes the frame at pc. False when no more are wanted: there are enough, or
 * the kernel was called from here. */
static bool note_frame(struct walk *w, uintptr_t pc)
{
    struct crash_trace *out = w->out;
    const uint32_t n = atomic_load(&out->n_frames);
    struct dl_find_object found;
    if (n == CRASH_FRAMES)
        return false;
    out->frame[n].address = pc;
    out->frame[n].object = CRASH_OBJECTS;
    if (_dl_find_object((void *)pc, &found) == 0) {
        const struct link_map *map = found.dlfo_link_map;
        if (map->l_name[0] == '\0' && w->in_kernel)
            return false;
        w->in_kernel = w->in_kernel || strcmp(map->l_name, w->kernel) == 0;
        out->frame[n].object = object_number(out, map->l_name);
        if (out->frame[n].object < CRASH_OBJECTS)
            out->frame[n].address = pc - map->l_addr;
    }
    atomic_store(&out->n_frames, n + 1);
    return true;
}

static _Unwind_Reason_Code on_frame(struct _Unwind_Context *context, void *arg)
{
    struct walk *w = arg;
    int before = 0; /* is it the address of what is to be run next? */
    const uintptr_t pc = _Unwind_GetIPInfo(context, &before);
    w->begun = w->begun || pc == w->from;
    if (pc == 0) /* below the first function of a thread */
        return _URC_NORMAL_STOP;
    if (!w->begun)
        return _URC_NO_REASON;
    if (w->below && before) {
        atomic_store(&w->out->n_frames, 0);
        w->in_kernel = false;
    }
    return note_frame(w, before ? pc : pc - 1) ? _URC_NO_REASON
                                               : _URC_NORMAL_STOP;
}

#if defined(__x86_64__)
typedef greg_t machine_word;
#define PC(u) ((u)->uc_mcontext.gregs[REG_RIP])
#define SP(u) ((u)->uc_mcontext.gregs[REG_RSP])
/* Where a call that has just been made came from. */
#define CALLER(u) (*(uintptr_t *)SP(u) - 1)
#define SP_OF_CALLER(u) (SP(u) + 8)
#elif defined(__aarch64__)
typedef unsigned long long machine_word;
#define PC(u) ((u)->uc_mcontext.pc)
#define SP(u) ((u)->uc_mcontext.sp)
#define CALLER(u) ((u)->uc_mcontext.regs[30] - 4)
#define SP_OF_CALLER(u) SP(u)
#else
#error "which registers are the program counter and the stack pointer?"
#endif

static bool is_known(uintptr_t pc)
{
    struct dl_find_object found;
    return _dl_find_object((void *)pc, &found) == 0;
}

void trace_take(struct crash_trace *out, const char *kernel, void *context,
                enum trace_from from)
{
    ucontext_t *u = context;
    const machine_word pc = PC(u), sp = SP(u);
    struct walk walk = {.out = out, .kernel = kernel,
                        .below = from == TRACE_BELOW_HANDLERS};
    if (!is_known((uintptr_t)pc)) {
        note_frame(&walk, (uintptr_t)pc);
        const uintptr_t caller = (uintptr_t)CALLER(u);
        if (!is_known(caller))
            return;
        PC(u) = (machine_word)caller;
        SP(u) = SP_OF_CALLER(u);
    }
    walk.from = (uintptr_t)PC(u);
    _Unwind_Backtrace(on_frame, &walk);
    PC(u) = pc;
    SP(u) = sp;
}
