/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the names of an ELF object's sections: FF_TEAM in fanfold.h leaves one
 * called ff_team. The launcher runs nothing of a kernel, so it does not open
 * it as a library; how a kernel is really called, its worker says. The file
 * may be anything: every offset is checked.
 */
#include "object.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
    const unsigned char *at;
    size_t bytes;
};

/* n bytes of the file from `offset` on, or NULL when it has not so many. */
static const void *part(const struct image *image, uint64_t offset, uint64_t n)
{
    if (offset > image->bytes || n > image->bytes - offset)
        return NULL;
    return image->at + offset;
}

static bool section(const struct image *image, const ElfW(Ehdr) *head,
                    uint32_t i, ElfW(Shdr) *out)
{
    const void *p = part(image, head->e_shoff + (uint64_t)i * sizeof *out,
                         sizeof *out);
    if (p == NULL || head->e_shoff > image->bytes)
        return false;
    memcpy(out, p, sizeof *out);
    return true;
}

static bool has_section(const struct image *image, const char *name)
{
    ElfW(Ehdr) head;
    ElfW(Shdr) names, s;
    const size_t n = strlen(name) + 1;
    const void *p = part(image, 0, sizeof head);
    if (p == NULL)
        return false;
    memcpy(&head, p, sizeof head);
    if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0
        || head.e_shentsize != sizeof s
        || !section(image, &head, head.e_shstrndx, &names))
        return false;
    for (uint32_t i = 0; i < head.e_shnum && section(image, &head, i, &s); i++) {
        p = s.sh_name < names.sh_size
            ? part(image, names.sh_offset + s.sh_name, n) : NULL;
        if (p != NULL && memcmp(p, name, n) == 0)
            return true;
    }
    return false;
}

bool object_is_team(const char *path)
{
    struct stat st;
    bool is = false;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0 && st.st_size > 0) {
        struct image image = {.bytes = (size_t)st.st_size};
        void *at = mmap(NULL, image.bytes, PROT_READ, MAP_PRIVATE, fd, 0);
        if (at != MAP_FAILED) {
            image.at = at;
            is = has_section(&image, "ff_team");
            munmap(at, image.bytes);
        }
    }
    close(fd);
    return is;
}
