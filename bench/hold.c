/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a kernel's object, says so, and waits for the end of its input: the
 * memory that a process has for the kernel alone. */
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char c;
    if (argc != 2 || dlopen(argv[1], RTLD_NOW) == NULL) {
        fprintf(stderr, "usage: hold OBJECT\n");
        return 2;
    }
    if (write(1, "open\n", 5) != 5)
        return 1;
    while (read(0, &c, 1) > 0)
        continue;
    return 0;
}
