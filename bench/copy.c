/* SPDX-License-Identifier: Apache-2.0 */
/* copy FILE BYTES: memory into a new file, by memcpy into its mapping, on one
 * core. As an array's, the file has its full size before. Prints ns (from the
 * open file to the last byte) and the bytes; removes the file. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static unsigned long long now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (unsigned long long)t.tv_sec * 1000000000u
           + (unsigned long long)t.tv_nsec;
}

int main(int argc, char **argv)
{
    const size_t n = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    if (n == 0) {
        fprintf(stderr, "usage: copy FILE BYTES\n");
        return 2;
    }
    char *from = malloc(n);
    const int fd = open(argv[1], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (from == NULL || fd < 0 || unlink(argv[1]) != 0
        || posix_fallocate(fd, 0, (off_t)n) != 0) {
        perror(argv[1]);
        return 1;
    }
    memset(from, 1, n);
    const unsigned long long begin = now_ns();
    char *to = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (to == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    memcpy(to, from, n);
    printf("%llu %zu\n", now_ns() - begin, n);
    return 0;
}
