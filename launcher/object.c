/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the names of an ELF object's sections and dynamic symbols: FF_TEAM in
 * fanfold.h leaves a section called ff_team. The launcher runs nothing of a
 * kernel, so it does not open it as a library; how a kernel is really called,
 * its worker says. The file may be anything: what it says is checked.
 */
#include "object.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_BYTES 1048576 /* of a table that we read; larger ones we do not */

/* n bytes of the file from `offset` on; to be freed; NULL when it has not so
 * many. */
static void *read_part(int fd, uint64_t offset, uint64_t n)
{
    if (n == 0 || n > MOST_BYTES || offset > INT64_MAX - n)
        return NULL;
    void *p = malloc(n);
    if (p != NULL && pread(fd, p, n, (off_t)offset) != (ssize_t)n) {
        free(p);
        return NULL;
    }
    return p;
}

/* The names are n bytes, in which each ends with a zero byte. */
static bool is_name(const char *names, uint64_t n, uint64_t at,
                    const char *name)
{
    const size_t length = strlen(name) + 1;
    return at < n && length <= n - at && memcmp(names + at, name, length) == 0;
}

static bool find_section(int fd, const ElfW(Ehdr) *head, const char *name)
{
    ElfW(Shdr) *section = read_part(fd, head->e_shoff,
                                    head->e_shnum * sizeof *section);
    bool found = false;
    if (section != NULL && head->e_shstrndx < head->e_shnum) {
        const ElfW(Shdr) *s = &section[head->e_shstrndx];
        char *names = read_part(fd, s->sh_offset, s->sh_size);
        for (uint32_t i = 0; names != NULL && i < head->e_shnum; i++)
            found = found
                    || is_name(names, s->sh_size, section[i].sh_name, name);
        free(names);
    }
    free(section);
    return found;
}

static bool is_elf(const ElfW(Ehdr) *head)
{
    return memcmp(head->e_ident, ELFMAG, SELFMAG) == 0
           && head->e_shentsize == sizeof(ElfW(Shdr));
}

/* The bytes of a symbol, when they are as many as a number has. */
static bool read_symbol(int fd, const ElfW(Sym) *symbol,
                        const ElfW(Shdr) *section, size_t n,
                        unsigned long *value)
{
    if (symbol->st_size != sizeof *value || symbol->st_shndx >= n)
        return false;
    const ElfW(Shdr) *s = &section[symbol->st_shndx];
    const uint64_t at = symbol->st_value - s->sh_addr;
    unsigned long *number = s->sh_type != SHT_PROGBITS
                            || s->sh_offset > INT64_MAX - at ? NULL
                            : read_part(fd, s->sh_offset + at,
                                        sizeof *number);
    if (number != NULL)
        *value = *number;
    free(number);
    return number != NULL;
}

/* In one table of dynamic symbols. */
static bool find_symbol(int fd, const ElfW(Shdr) *table,
                        const ElfW(Shdr) *section, size_t n,
                        const char *name, unsigned long *value)
{
    bool found = false;
    if (table->sh_type != SHT_DYNSYM || table->sh_link >= n)
        return false;
    const ElfW(Shdr) *s = &section[table->sh_link];
    ElfW(Sym) *symbol = read_part(fd, table->sh_offset, table->sh_size);
    char *names = read_part(fd, s->sh_offset, s->sh_size);
    const uint64_t n_symbols = table->sh_size / sizeof *symbol;
    for (uint64_t i = 0; symbol != NULL && names != NULL && !found
                         && i < n_symbols; i++)
        found = is_name(names, s->sh_size, symbol[i].st_name, name)
                && read_symbol(fd, &symbol[i], section, n, value);
    free(symbol);
    free(names);
    return found;
}

/* The file's head; NULL: it is no object. */
static ElfW(Ehdr) *open_object(const char *path, int *fd)
{
    ElfW(Ehdr) *head = NULL;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (*fd >= 0)
        head = read_part(*fd, 0, sizeof *head);
    if (head != NULL && is_elf(head))
        return head;
    free(head);
    return NULL;
}

bool object_number(const char *path, const char *name, unsigned long *value)
{
    int fd;
    bool found = false;
    ElfW(Ehdr) *head = open_object(path, &fd);
    ElfW(Shdr) *section = head == NULL ? NULL
                          : read_part(fd, head->e_shoff,
                                      head->e_shnum * sizeof *section);
    for (size_t i = 0; section != NULL && !found && i < head->e_shnum; i++)
        found = find_symbol(fd, &section[i], section, head->e_shnum, name,
                            value);
    free(section);
    free(head);
    if (fd >= 0)
        close(fd);
    return found;
}

bool object_is_team(const char *path)
{
    int fd;
    ElfW(Ehdr) *head = open_object(path, &fd);
    const bool is = head != NULL && find_section(fd, head, "ff_team");
    free(head);
    if (fd >= 0)
        close(fd);
    return is;
}
