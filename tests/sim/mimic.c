/* SPDX-License-Identifier: Apache-2.0 */
/* A node of a cluster in a simulation: see mimic.h. */
#include "mimic.h"

#include "grants.h"
#include "rng.h"

#include <math.h>
#include <stdlib.h>

#define BEAT_S 1.0

/* Two uniform numbers to a normal one (Box and Muller, 1958). */
double costs_of(const struct costs *costs, uint32_t chunk)
{
    uint32_t word[4];
    rng_block(costs->seed, chunk, 0, word);
    const double u = (word[0] + 1.0) / 4294967296.0, v = word[1] / 4294967296.0;
    const double z = sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
    const double times =
        chunk >= costs->n_first && costs->behind > 0 ? costs->behind : 1;
    return times * costs->mean_s *
           exp(costs->sigma * z - costs->sigma * costs->sigma / 2);
}

double costs_sum(const struct costs *costs, uint32_t n_chunks, double *longest)
{
    double sum = 0;
    *longest = 0;
    for (uint32_t c = 0; c < n_chunks; c++) {
        const double cost = costs_of(costs, c);
        sum += cost;
        *longest = fmax(*longest, cost);
    }
    return sum;
}

int mimic_init(struct mimic *m, uint32_t n_executors, double slowness,
               const struct costs *costs)
{
    *m = (struct mimic){.costs = costs,
                        .slowness = slowness,
                        .n_executors = n_executors,
                        .low = true};
    m->now.n_executors = m->now.n_idle = n_executors;
    m->now.settled = 1;
    m->told = m->now;
    m->task = calloc(n_executors > 0 ? n_executors : 1, sizeof *m->task);
    return m->task == NULL ? -1 : 0;
}

void mimic_release(struct mimic *m)
{
    free(m->task);
    cover_release(&m->queue);
    cover_release(&m->accepted);
    *m = (struct mimic){0};
}

/* Puts a task on the heap. */
static void push(struct mimic *m, struct mimic_task task)
{
    uint32_t i = m->n_running++;
    for (; i > 0 && m->task[(i - 1) / 2].end_s > task.end_s; i = (i - 1) / 2)
        m->task[i] = m->task[(i - 1) / 2];
    m->task[i] = task;
}

/* Takes the first one off. */
static struct mimic_task pop(struct mimic *m)
{
    const struct mimic_task first = m->task[0];
    const struct mimic_task last = m->task[--m->n_running];
    uint32_t i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= m->n_running)
            break;
        if (child + 1 < m->n_running &&
            m->task[child + 1].end_s < m->task[child].end_s)
            child++;
        if (m->task[child].end_s >= last.end_s)
            break;
        m->task[i] = m->task[child];
        i = child;
    }
    m->task[i] = last;
    return first;
}

/* Executors with nothing to do begin what there is. */
static void begin(struct mimic *m, double now_s)
{
    struct range r;
    while (m->n_running < m->n_executors && cover_take(&m->queue, 1, &r)) {
        const double cost_s = m->slowness * costs_of(m->costs, r.lo);
        m->waited_s = m->idle_s;
        push(m, (struct mimic_task){now_s + cost_s, cost_s, r.lo});
    }
}

static void count(struct mimic *m)
{
    m->now.left = m->queue.n_chunks;
    m->now.n_idle = m->n_executors - m->n_running;
    m->now.settled = m->n_running == 0 && m->queue.n_chunks == 0;
}

static void pass(struct mimic *m, double to_s)
{
    m->idle_s += (m->n_executors - m->n_running) * (to_s - m->at_s);
    m->at_s = to_s;
}

int mimic_advance(struct mimic *m, double now_s)
{
    while (m->n_running > 0 && m->task[0].end_s <= now_s) {
        pass(m, m->task[0].end_s);
        const struct mimic_task t = pop(m);
        if (cover_add(&m->accepted, (struct range){t.chunk, t.chunk + 1}) != 0)
            return -1;
        m->busy_s += t.cost_s;
        m->ended_s = t.end_s;
        m->now.accepted++;
        m->now.items_done++;
        m->now.ran++;
        m->now.busy_ns = (uint64_t)(m->busy_s * 1e9);
        begin(m, t.end_s);
    }
    pass(m, now_s);
    count(m);
    return 0;
}

/* Does what is left last less than half of the lead? */
static bool is_low(const struct mimic *m)
{
    if (m->now.ran == 0)
        return m->now.left == 0;
    const double lead_s = GRANTS_LEAD_NS / 2e9;
    const double chunk_s = m->busy_s / (double)m->now.ran;
    return (double)m->now.left < lead_s * m->n_executors / chunk_s;
}

int mimic_grant(struct mimic *m, const struct range *range, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (cover_add(&m->queue, range[i]) != 0)
            return -1;
        m->now.granted += range[i].hi - range[i].lo;
    }
    begin(m, m->at_s);
    count(m);
    m->low = is_low(m);
    return 0;
}

int mimic_recall(struct mimic *m, uint32_t n, struct cover *back)
{
    *back = COVER_EMPTY;
    while (n > 0 && m->queue.n > 0) {
        struct range r = m->queue.range[m->queue.n - 1];
        if (r.hi - r.lo > n)
            r.lo = r.hi - n;
        if (cover_add(back, r) != 0 || cover_remove(&m->queue, r) != 0)
            return -1;
        n -= r.hi - r.lo;
    }
    count(m);
    return 0;
}

double mimic_next(const struct mimic *m)
{
    return m->n_running > 0 ? m->task[0].end_s : INFINITY;
}

double mimic_status_due(const struct mimic *m)
{
    const struct wire_status *now = &m->now, *told = &m->told;
    const bool changed = now->ran != told->ran ||
                         now->granted != told->granted ||
                         now->left != told->left;
    const bool idle = now->n_idle > 0 && changed;
    const bool urgent = idle || now->settled != told->settled ||
                        (now->left == 0 && told->left > 0) ||
                        (!m->low && is_low(m));
    if (urgent)
        return m->told_s + GRANTS_STATUS_MIN_NS / 1e9;
    if (changed)
        return m->told_s + GRANTS_STATUS_NS / 1e9;
    return m->told_s + BEAT_S;
}

struct wire_status mimic_tell(struct mimic *m)
{
    m->low = is_low(m);
    m->told = m->now;
    m->told_s = m->at_s;
    return m->now;
}
