/* SPDX-License-Identifier: Apache-2.0 */
/* Names of functions in Python files: see python_name.h. */
#include "python_name.h"

#include <ctype.h>
#include <string.h>

#define SUFFIX ".py"

enum { N_SUFFIX = sizeof SUFFIX - 1 };

/* A name before the suffix, which a slash does not end. */
static bool is_file(const char *kernel, size_t n)
{
    return n > N_SUFFIX && kernel[n - N_SUFFIX - 1] != '/'
           && memcmp(kernel + n - N_SUFFIX, SUFFIX, N_SUFFIX) == 0;
}

size_t python_name_file(const char *kernel)
{
    const size_t n = strlen(kernel);
    for (size_t i = n; i-- > 0 && kernel[i] != '/';)
        if (kernel[i] == ':' && is_file(kernel, i))
            return i;
    return is_file(kernel, n) ? n : 0;
}

const char *python_name_function(const char *kernel)
{
    const size_t n = python_name_file(kernel);
    return n > 0 && kernel[n] == ':' ? kernel + n + 1 : NULL;
}

bool python_name_is_function(const char *function)
{
    bool begins = true; /* a word */
    for (const char *p = function; *p != '\0'; p++) {
        const unsigned char c = (unsigned char)*p;
        const bool letter = isalpha(c) || c == '_' || c >= 0x80;
        if (begins ? !letter : !letter && !isdigit(c) && c != '.')
            return false;
        begins = c == '.';
    }
    return !begins;
}
