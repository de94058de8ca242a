/* SPDX-License-Identifier: Apache-2.0 */
/* Fingerprints: what differs is named; what a worker made up is refused. */
#include "fingerprint.h"
#include "identity.h"
#include "tap.h"

#include <dlfcn.h>
#include <string.h>

static const struct fingerprint one = {
    .object = "build id aa",
    .libm = "glibc 2.36, build id bb, functions cc",
    .cpu = "x86-64 avx2 fma"};

static void equal_ones_do_not_differ(void)
{
    const struct fingerprint other = one;
    char text[FINGERPRINT_DIFFERS] = "x";
    CU_ASSERT_FALSE(fingerprint_differs(&one, "here", &other, "there", text));
    CU_ASSERT_STRING_EQUAL(text, "");
}

static void names_what_differs(void)
{
    struct fingerprint other = one;
    char text[FINGERPRINT_DIFFERS];
    strcpy(other.libm, "glibc 2.41, build id dd, functions ee");
    CU_ASSERT(fingerprint_differs(&one, "here", &other, "on node b", text));
    CU_ASSERT_STRING_EQUAL(
        text, "libm: glibc 2.36, build id bb, functions cc here, "
              "glibc 2.41, build id dd, functions ee on node b");
    strcpy(other.object, "");
    strcpy(other.cpu, "x86-64");
    CU_ASSERT(fingerprint_differs(&one, "here", &other, "on node b", text));
    CU_ASSERT_EQUAL(strncmp(text, "object: build id aa here, not known on "
                                  "node b; libm: ", 53), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "; cpu: x86-64 avx2 fma here, x86-64 "
                                        "on node b"));
}

static void refuses_what_is_no_text(void)
{
    struct fingerprint f = one, longest;
    char text[FINGERPRINT_DIFFERS];
    CU_ASSERT(fingerprint_valid(&f));
    f.cpu[3] = '\n';
    CU_ASSERT_FALSE(fingerprint_valid(&f));
    f = one;
    memset(f.object, 'x', sizeof f.object);
    CU_ASSERT_FALSE(fingerprint_valid(&f));
    f.object[sizeof f.object - 1] = '\0';
    CU_ASSERT(fingerprint_valid(&f));
    memset(&longest, 'y', sizeof longest);
    longest.object[FINGERPRINT_TEXT - 1] = longest.libm[FINGERPRINT_TEXT - 1]
        = longest.cpu[FINGERPRINT_TEXT - 1] = '\0';
    CU_ASSERT(fingerprint_differs(&f, "here", &longest, "there", text));
    CU_ASSERT(strlen(text) < sizeof text);
}

/* What readelf says of libm must be in its text: see tests/cli/fingerprint. */
static void this_process_has_one(void)
{
    struct fingerprint f, again;
    void *self = dlopen(NULL, RTLD_NOW);
    CU_ASSERT_PTR_NOT_NULL_FATAL(self);
    identity_take(&f, self);
    identity_take(&again, self);
    CU_ASSERT(fingerprint_valid(&f));
    CU_ASSERT_EQUAL(memcmp(&f, &again, sizeof f), 0);
    CU_ASSERT(strncmp(f.object, "build id ", 9) == 0 ||
              strncmp(f.object, "hash ", 5) == 0);
    CU_ASSERT_EQUAL(strncmp(f.libm, "glibc ", 6), 0);
    CU_ASSERT(strlen(f.cpu) > 0);
    tap_note("%s; %s; %s", f.object, f.libm, f.cpu);
    dlclose(self);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"equal fingerprints do not differ", equal_ones_do_not_differ},
        {"names what differs, and where", names_what_differs},
        {"refuses what is no text", refuses_what_is_no_text},
        {"this process has one", this_process_has_one},
    };
    return TAP_RUN(tests);
}
