/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of nodes: --host, SLURM_JOB_NODELIST, and the lines of hostfiles.
 *
 * A list is refused with words, or: there are as many nodes as its brackets
 * say (counted here in another way), their names are names, and the same names
 * written down one by one are read as the same nodes. Nodes that are there
 * several times become one, and no slot gets lost; in the order of any names
 * they are still all there.
 */
#include "fuzz.h"
#include "nodes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LIST, HOSTFILE };

/* How many nodes a word stands for: of each bracket the numbers, multiplied. */
static uint64_t count_word(const char *p, size_t n)
{
    uint64_t product = 1, sum = 0;
    bool inside = false;
    for (size_t i = 0; i < n && (inside || p[i] != ':'); i++) {
        if (!inside) {
            inside = p[i] == '[';
            sum = 0;
        } else if (p[i] == ']') {
            product *= sum;
            inside = false;
        } else if (p[i] != ',') {
            char *end;
            const uint64_t low = strtoull(p + i, &end, 10);
            const uint64_t high = *end == '-' ? strtoull(end + 1, &end, 10)
                                              : low;
            sum += high - low + 1;
            i = (size_t)(end - p) - 1;
        }
    }
    return product;
}

static uint64_t count_list(const char *list)
{
    uint64_t sum = 0;
    for (const char *p = list; *p != '\0';) {
        const char *end = p;
        bool inside = false;
        for (; *end != '\0' && (inside || strchr(", \t\r\n", *end) == NULL);
             end++)
            inside = *end == '[' || (inside && *end != ']');
        sum += end > p ? count_word(p, (size_t)(end - p)) : 0;
        p = end + (*end != '\0');
    }
    return sum;
}

static void expect_names(const struct nodes *nodes)
{
    FUZZ_EXPECT(nodes->n > 0 && nodes->n <= NODES_MAX);
    for (size_t i = 0; i < nodes->n; i++) {
        const char *host = nodes->node[i].host;
        const size_t n = strlen(host);
        FUZZ_EXPECT(n > 0 && n < 256 && host[0] != '-' && host[0] != '.');
        FUZZ_EXPECT(strspn(host, "abcdefghijklmnopqrstuvwxyz"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789-._") == n);
    }
}

/* One by one, they are the same. */
static void expect_same_again(const struct nodes *nodes)
{
    struct nodes again = {0};
    struct ff_error err = {0};
    char *list = NULL;
    size_t n;
    FILE *out = open_memstream(&list, &n);
    FUZZ_EXPECT(out != NULL);
    for (size_t i = 0; i < nodes->n; i++) {
        const struct node *node = &nodes->node[i];
        if (node->slots > 0)
            fprintf(out, "%s:%u,", node->host, node->slots);
        else
            fprintf(out, "%s ", node->host);
    }
    fclose(out);
    FUZZ_EXPECT(nodes_add_list(&again, list, "again", &err) == 0);
    FUZZ_EXPECT(again.n == nodes->n);
    for (size_t i = 0; i < nodes->n; i++)
        FUZZ_EXPECT(strcmp(again.node[i].host, nodes->node[i].host) == 0
                    && again.node[i].slots == nodes->node[i].slots);
    nodes_release(&again);
    free(list);
}

static uint64_t all_slots(const struct nodes *nodes)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < nodes->n; i++)
        sum += nodes->node[i].slots > 0 ? nodes->node[i].slots : 1;
    return sum;
}

static void expect_merged(struct nodes *nodes)
{
    const uint64_t before = all_slots(nodes);
    FUZZ_EXPECT(nodes_merge(nodes) == 0);
    const uint64_t after = all_slots(nodes);
    FUZZ_EXPECT(after == before || (after < before && after >= UINT32_MAX));
    for (size_t i = 0; i < nodes->n && nodes->n <= 200; i++)
        for (size_t k = 0; k < i; k++)
            FUZZ_EXPECT(strcmp(nodes->node[i].host, nodes->node[k].host) != 0);
}

/* In the opposite order of their names, and that of names that nobody has. */
static void expect_ordered(struct nodes *nodes)
{
    char **name = calloc(nodes->n, sizeof *name);
    FUZZ_EXPECT(name != NULL);
    for (size_t i = 0; i < nodes->n; i++) {
        name[i] = strdup(i % 5 == 3 ? "?" : nodes->node[nodes->n - 1 - i].host);
        FUZZ_EXPECT(name[i] != NULL);
    }
    const uint64_t before = all_slots(nodes);
    FUZZ_EXPECT(nodes_order(nodes, (const char *const *)name) == 0);
    FUZZ_EXPECT(all_slots(nodes) == before);
    for (size_t i = 0; i < nodes->n; i++) {
        FUZZ_EXPECT(nodes->node[i].host != NULL);
        free(name[i]);
    }
    free(name);
}

static int read_hostfile(struct nodes *nodes, const char *text, size_t n,
                         struct ff_error *err)
{
    char path[64];
    const int fd = memfd_create("hosts", MFD_CLOEXEC);
    FUZZ_EXPECT(fd >= 0 && write(fd, text, n) == (ssize_t)n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const int rc = nodes_add_file(nodes, path, err);
    FUZZ_EXPECT(rc == 0 || strncmp(err->text, path, strlen(path)) == 0
                || err->text[0] == '\'');
    close(fd);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct nodes nodes = {0};
    struct ff_error err = {0};
    size_t n;
    /* The first byte is text, too: '#' begins a hostfile. */
    const int kind = size > 0 && data[0] == '#' ? HOSTFILE : LIST;
    char *text = fuzz_rest(&in, &n);
    const int rc = kind == HOSTFILE
                       ? read_hostfile(&nodes, text, n, &err)
                       : nodes_add_list(&nodes, text, "option '--host'", &err);
    if (rc != 0)
        fuzz_expect_error(&err, FF_USAGE);
    else {
        expect_names(&nodes);
        if (kind == LIST)
            FUZZ_EXPECT(nodes.n == count_list(text));
        expect_same_again(&nodes);
        expect_merged(&nodes);
        if (nodes.n <= 200)
            expect_ordered(&nodes);
    }
    nodes_release(&nodes);
    free(text);
    return 0;
}
