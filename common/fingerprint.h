/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What, besides the job, the bits of a run may depend on: the object, the libm
 * that it calls, and the CPU, by whose features libm and other libraries choose
 * among versions of a function. Plain data: each worker writes its own, and
 * launchers compare them, those of one node and those of a cluster.
 *
 * Equal fingerprints do not prove equal results, but what differs between two
 * nodes is most often one of these.
 */
#ifndef FANFOLD_COMMON_FINGERPRINT_H
#define FANFOLD_COMMON_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>

#define FINGERPRINT_TEXT 160

/* Each a text for people, "" when it is not known. */
struct fingerprint {
    char object[FINGERPRINT_TEXT]; /* "build id 1f...", or "hash 0a..." of what
                                      is not written to when it is loaded */
    char libm[FINGERPRINT_TEXT];   /* "glibc 2.36, build id d6...", functions
                                      3c...": a hash of which versions of its
                                      functions it has chosen */
    char cpu[FINGERPRINT_TEXT];    /* "x86-64 fma avx2 ..." */
};

/* Texts that end and can be printed? For data from a worker. */
bool fingerprint_valid(const struct fingerprint *f);

/* What differs, in words: "libm: glibc 2.36, ... in worker 0, glibc 2.41, ...
 * in worker 3; cpu: ...". False, and "", when nothing does. Both are valid;
 * a_place and b_place say where they are from ("in worker 0", "on node b"). */
#define FINGERPRINT_DIFFERS (8 * FINGERPRINT_TEXT)
bool fingerprint_differs(const struct fingerprint *a, const char *a_place,
                         const struct fingerprint *b, const char *b_place,
                         char text[FINGERPRINT_DIFFERS]);

#endif
