/* SPDX-License-Identifier: Apache-2.0 */
/* The floating-point environment of a kernel: round to nearest, denormals
 * kept, nothing trapped. A kernel, or an object built with -ffast-math, may
 * change it for its thread; it is set right after every chunk. */
#ifndef FANFOLD_WORKER_FPENV_H
#define FANFOLD_WORKER_FPENV_H

#include <fenv.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define FPENV_FLAGS 0x3fu /* what happened, not what to do */
#define FPENV_DEFAULT 0x1f80u

static inline void fpenv_restore(void)
{
    if (__builtin_expect((_mm_getcsr() & ~FPENV_FLAGS) != FPENV_DEFAULT, 0)) {
        fesetenv(FE_DFL_ENV); /* the x87 unit's too */
        _mm_setcsr(FPENV_DEFAULT);
    }
}

/* Around arithmetic of our own in the middle of a kernel. */
struct fpenv {
    unsigned flags;
};

static inline struct fpenv fpenv_enter(void)
{
    const struct fpenv kernel = {_mm_getcsr()};
    if (__builtin_expect((kernel.flags & ~FPENV_FLAGS) != FPENV_DEFAULT, 0))
        _mm_setcsr(FPENV_DEFAULT);
    return kernel;
}

static inline void fpenv_leave(struct fpenv kernel)
{
    if (__builtin_expect((kernel.flags & ~FPENV_FLAGS) != FPENV_DEFAULT, 0))
        _mm_setcsr(kernel.flags);
}

static inline void cpu_relax(void)
{
    _mm_pause();
}
#else
static inline void fpenv_restore(void)
{
    fesetenv(FE_DFL_ENV);
}

struct fpenv {
    fenv_t all;
};

static inline struct fpenv fpenv_enter(void)
{
    struct fpenv kernel;
    fegetenv(&kernel.all);
    fesetenv(FE_DFL_ENV);
    return kernel;
}

static inline void fpenv_leave(struct fpenv kernel)
{
    fesetenv(&kernel.all);
}

static inline void cpu_relax(void)
{
    __asm__ volatile("" ::: "memory");
}
#endif
#endif
