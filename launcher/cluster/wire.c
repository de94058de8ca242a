/* SPDX-License-Identifier: Apache-2.0 */
/* What is common to all messages: see wire.h. */
#include "wire.h"
#include "hash.h"
#include "ledger.h"
#include "outcome.h"

#include <stdlib.h>

uint64_t wire_layout(void)
{
    const uint64_t size[] = {
        sizeof(struct wire_hello), sizeof(struct wire_planned),
        sizeof(struct wire_opened), sizeof(struct wire_status),
        sizeof(struct wire_failed), sizeof(struct wire_stack),
        sizeof(struct wire_file),
        sizeof(struct wire_place), sizeof(struct wire_start),
        sizeof(struct wire_done), sizeof(struct worker_outcome),
        sizeof(struct place), sizeof(struct spec), sizeof(struct ff_error),
        sizeof(struct record_node), sizeof(struct record_rows)};
    return hash_bytes(size, sizeof size);
}

void wire_message_release(struct wire_message *m)
{
    free(m->body);
    *m = (struct wire_message){.body = NULL};
}

long wire_ranges(const struct wire_message *m, uint32_t n_chunks,
                 const struct range **range)
{
    const size_t n = m->head.bytes / sizeof **range;
    const struct range *r = (const struct range *)(const void *)m->body;
    uint32_t from = 0;
    if (m->head.bytes % sizeof *r != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (r[i].lo < from || r[i].lo >= r[i].hi || r[i].hi > n_chunks)
            return -1;
        from = r[i].hi;
    }
    *range = r;
    return (long)n;
}
