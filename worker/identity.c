/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who we are: see identity.h. An object is known by the build id that the
 * linker gave it (a hash of all it wrote); one without is hashed as it is
 * mapped, but for what relocations change. A libm is that one whose functions
 * the kernel calls; and of each function the version that it has chosen for
 * this CPU is known by its place in it (glibc: indirect functions, by CPUID and
 * GLIBC_TUNABLES).
 */
#include "identity.h"
#include "hash.h"

#include <dlfcn.h>
#include <elf.h>
#include <gnu/libc-version.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

/* ---- objects ------------------------------------------------------------- */

struct search {
    ElfW(Addr) base; /* which object */
    char text[FINGERPRINT_TEXT / 2];
};

/* The build id among n bytes of notes, in hexadecimal. */
static bool find_build_id(const char *at, size_t n, size_t align,
                          char text[FINGERPRINT_TEXT / 2])
{
    const ElfW(Nhdr) *note;
    const size_t mask = align == 8 ? 7 : 3;
    while (n >= sizeof *note) {
        note = (const void *)at;
        const size_t name = (sizeof *note + note->n_namesz + mask) & ~mask;
        const size_t all = (name + note->n_descsz + mask) & ~mask;
        if (name + note->n_descsz > n)
            return false;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
            memcmp(note + 1, "GNU", 4) == 0) {
            int length = snprintf(text, FINGERPRINT_TEXT / 2, "build id ");
            for (size_t i = 0; i < note->n_descsz && i < 32; i++)
                length += snprintf(text + length, 3, "%02x",
                                   (unsigned char)at[name + i]);
            return true;
        }
        at += all;
        n -= all < n ? all : n;
    }
    return false;
}

static int identify(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct search *s = arg;
    uint64_t hash = 0;
    (void)size;
    if (info->dlpi_addr != s->base)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type == PT_NOTE &&
            find_build_id((const char *)(s->base + p->p_vaddr), p->p_filesz,
                          p->p_align, s->text))
            return 1;
    }
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type == PT_LOAD && (p->p_flags & (PF_R | PF_W)) == PF_R)
            hash = hash_seeded((const void *)(s->base + p->p_vaddr),
                               p->p_filesz, hash);
    }
    snprintf(s->text, sizeof s->text, "hash %016" PRIx64, hash);
    return 1;
}

/* ---- libm ---------------------------------------------------------------- */

/* Those of which there are several versions, on one machine or another. */
static const char *const function[] = {"exp",  "log",  "pow",  "sin",
                                       "tan",  "atan", "asin", "atan2",
                                       "expf", "powf", "sinf"};

static void *find_function(void *object, const char *name)
{
    void *at = dlsym(RTLD_DEFAULT, name);
    return at != NULL ? at : dlsym(object, name);
}

static void take_libm(char text[FINGERPRINT_TEXT], void *object)
{
    const size_t n = sizeof function / sizeof function[0];
    uint64_t place[sizeof function / sizeof function[0]] = {0};
    struct dl_find_object found;
    void *first = find_function(object, function[0]);
    if (first == NULL || _dl_find_object(first, &found) != 0) {
        snprintf(text, FINGERPRINT_TEXT, "none");
        return;
    }
    struct search s = {.base = found.dlfo_link_map->l_addr};
    dl_iterate_phdr(identify, &s);
    for (size_t i = 0; i < n; i++)
        place[i] = (uint64_t)((uintptr_t)find_function(object, function[i])
                              - s.base);
    snprintf(text, FINGERPRINT_TEXT, "glibc %s, %s, functions %08" PRIx32,
             gnu_get_libc_version(), s.text,
             (uint32_t)hash_bytes(place, sizeof place));
}

/* ---- the CPU ------------------------------------------------------------- */

#if defined(__x86_64__)
#define ADD(name)                                                              \
    if (__builtin_cpu_supports(name))                                          \
        strncat(text, " " name, FINGERPRINT_TEXT - 1 - strlen(text));
static void take_cpu(char text[FINGERPRINT_TEXT])
{
    __builtin_cpu_init();
    snprintf(text, FINGERPRINT_TEXT, "x86-64");
    ADD("sse3")
    ADD("ssse3")
    ADD("sse4.1")
    ADD("sse4.2")
    ADD("popcnt")
    ADD("avx")
    ADD("fma4")
    ADD("fma")
    ADD("bmi")
    ADD("bmi2")
    ADD("avx2")
    ADD("avx512f")
    ADD("avx512cd")
    ADD("avx512bw")
    ADD("avx512dq")
    ADD("avx512vl")
    ADD("avx512ifma")
    ADD("avx512vbmi")
    ADD("avx512vnni")
}
#else
static void take_cpu(char text[FINGERPRINT_TEXT])
{
    const char *platform = (const char *)getauxval(AT_PLATFORM);
    snprintf(text, FINGERPRINT_TEXT, "%s hwcap %lx %lx",
             platform != NULL ? platform : "?", getauxval(AT_HWCAP),
             getauxval(AT_HWCAP2));
}
#endif

void identity_take(struct fingerprint *out, void *object)
{
    const struct link_map *map = NULL;
    struct search s = {.base = 0};
    memset(out, 0, sizeof *out);
    /* A command has no object. */
    if (object != NULL && dlinfo(object, RTLD_DI_LINKMAP, &map) == 0
        && map != NULL) {
        s.base = map->l_addr;
        dl_iterate_phdr(identify, &s);
    }
    memcpy(out->object, s.text, sizeof s.text);
    take_libm(out->libm, object);
    take_cpu(out->cpu);
}
