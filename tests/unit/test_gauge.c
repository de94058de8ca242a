/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of the progress: at any width they fit, and what matters most is
 * there; bars are filled as they should be.
 */
#include "gauge.h"
#include "tap.h"

#include <math.h>
#include <string.h>

#define FULL "\u2588"

/* Columns of a line: characters that are not part of a colour. */
static int columns_of(const char *line)
{
    int n = 0;
    for (const char *p = line; *p != '\0'; p++) {
        if (*p == '\033')
            p = strchr(p, 'm');
        else
            n += ((unsigned char)*p & 0xc0) != 0x80;
    }
    return n;
}

static int has(const char *line, const char *part)
{
    return strstr(line, part) != NULL;
}

static const struct gauge moments[] = {
    {0, 1000, 0, INFINITY, 0, 4, 0, false, 0},
    {1, 1, 1, 0, 1, 1, 1, false, 0},
    {999999999, 1000000000, 1.25e9, 3600 * 30, 3999, 4096, 64, false, 0},
    {UINT64_MAX - 1, UINT64_MAX, 1e18, 1e9, UINT32_MAX, UINT32_MAX,
     UINT32_MAX, true, UINT64_MAX},
    {420, 1000, 812e6, 7.4, 2, 2, 0, false, 0}};
#define N_MOMENTS (sizeof moments / sizeof moments[0])

static void every_width_fits(void)
{
    char line[GAUGE_TEXT];
    int bad = 0;
    for (size_t i = 0; i < N_MOMENTS; i++)
        for (int columns = 0; columns <= GAUGE_MAX_COLUMNS; columns++)
            for (int k = 0; k < 4; k++) {
                const struct look look = {columns, k & 1, k & 2};
                gauge_line(line, &moments[i], &look);
                bad += columns_of(line) > columns;
                bad += !(k & 2) && has(line, "\033");
            }
    CU_ASSERT_EQUAL(bad, 0);
}

/* Narrower and narrower: the parts go in the order of gauge.h. */
static void what_matters_stays(void)
{
    static const char *const part[] = {" 42.0 %", "ETA 7 s", "[###", "812 M/s",
                                       "2 of 2 workers", "420 items"};
    char line[GAUGE_TEXT];
    int shown = 6;
    for (int columns = GAUGE_MAX_COLUMNS; columns >= 7; columns--) {
        const struct look look = {columns, false, false};
        int n = 0;
        gauge_line(line, &moments[4], &look);
        while (n < 6 && has(line, part[n]))
            n++;
        for (int i = n; i < 6; i++) /* nothing less important is there */
            CU_ASSERT_FALSE(has(line, part[i]));
        CU_ASSERT(n <= shown);
        shown = n;
    }
    CU_ASSERT_EQUAL(shown, 1);
}

static void hundred_is_all(void)
{
    const struct look look = {79, false, false};
    char line[GAUGE_TEXT];
    gauge_line(line, &moments[2], &look);
    CU_ASSERT(has(line, " 99.9 %"));
    gauge_line(line, &moments[1], &look);
    CU_ASSERT(has(line, "100.0 %"));
    CU_ASSERT(has(line, "1 item "));
}

static void bars(void)
{
    char bar[BAR_TEXT];
    bar_draw(bar, 0.5, 10, false);
    CU_ASSERT_STRING_EQUAL(bar, "#####     ");
    bar_trim(bar, 0.5, 10, false);
    CU_ASSERT_STRING_EQUAL(bar, "#####");
    bar_draw(bar, 0, 3, true);
    CU_ASSERT_STRING_EQUAL(bar, "   ");
    bar_draw(bar, 1, 3, true);
    CU_ASSERT_STRING_EQUAL(bar, FULL FULL FULL);
    bar_draw(bar, 7, 3, true);
    CU_ASSERT_STRING_EQUAL(bar, FULL FULL FULL);
    bar_draw(bar, -1, 3, true);
    CU_ASSERT_STRING_EQUAL(bar, "   ");
    bar_draw(bar, NAN, 3, true);
    CU_ASSERT_STRING_EQUAL(bar, "   ");
    bar_trim(bar, 0.5, 3, true); /* 12 eighths */
    CU_ASSERT_STRING_EQUAL(bar, FULL "\u258c");
    bar_trim(bar, 1.0 / 24, 3, true);
    CU_ASSERT_STRING_EQUAL(bar, "\u258f");
    bar_trim(bar, 1, 1000, true);
    CU_ASSERT_EQUAL(strlen(bar), 3 * BAR_MAX_WIDTH);
    bar_trim(bar, 1, -5, true);
    CU_ASSERT_STRING_EQUAL(bar, "");
}

static void workers_fit(void)
{
    static const struct watch w[] = {
        {WATCH_RUNNING, 3, 4, 4294967294u, UINT64_MAX, true, 1},
        {WATCH_RUNNING, 1, 1, 17, 2500000000u, false, 0.5},
        {WATCH_GONE, 0, 1, 0, 0, false, 0}};
    char line[GAUGE_TEXT];
    int bad = 0;
    for (size_t i = 0; i < 3; i++)
        for (int columns = 20; columns <= GAUGE_MAX_COLUMNS; columns++) {
            const struct look look = {columns, true, columns & 1};
            gauge_worker(line, &w[i], 7, 4096, "0-127,256-383", 12345, &look);
            bad += columns_of(line) > columns || !has(line, "   7  ");
        }
    CU_ASSERT_EQUAL(bad, 0);
    const struct look wide = {79, false, false};
    gauge_worker(line, &w[1], 1, 10, "3", 0, &wide);
    CU_ASSERT_STRING_EQUAL(line, "1  cpu 3         [######      ]  chunk 17 "
                                 "for 2 s");
    gauge_worker(line, &w[0], 1, 10, "3", 2, &wide);
    CU_ASSERT(has(line, "3 of 4 threads, chunk 4,294,967,294 alone"));
    gauge_worker(line, &w[2], 1, 10, "3", 2, &wide);
    CU_ASSERT(has(line, "]  gone, died 2 times"));
}

static void folded(void)
{
    enum { N = 1000 };
    static struct watch w[N];
    const struct look look = {40, false, false};
    char line[GAUGE_TEXT];
    uint32_t seen = 0;
    for (uint32_t i = 0; i < N; i++)
        w[i].state = i % 10 == 0 ? WATCH_IDLE : WATCH_RUNNING;
    gauge_counts(line, w, N, &look);
    CU_ASSERT_STRING_EQUAL(line, "900 running (#), 100 idle (.)");
    while (seen < N) {
        const uint32_t n = gauge_letters(line, w, N, seen, &look);
        CU_ASSERT_FATAL(n > 0);
        CU_ASSERT(columns_of(line) <= 40);
        seen += n;
    }
    CU_ASSERT_EQUAL(seen, N);
    gauge_letters(line, w, N, 70, &look);
    CU_ASSERT_STRING_EQUAL(line, " 70  .#########.#########.#########.####");
    const struct look none = {4, false, false};
    CU_ASSERT_EQUAL(gauge_letters(line, w, N, 0, &none), N);
}

static void nodes_fit(void)
{
    static const struct gauge_node nodes[] = {
        {.name = "a", .alive = 4, .n_workers = 4, .n_executors = 4,
         .chunks = 1},
        {.name = "a-host-whose-name-is-cut-he", .alive = 3, .n_workers = 64,
         .n_executors = 3, .n_idle = 3, .chunks = UINT64_MAX, .deaths = 61},
        {.name = "none"},
        {.name = "gone", .n_workers = 8, .lost = true}};
    char line[GAUGE_TEXT];
    for (int columns = 1; columns <= 200; columns++)
        for (int utf8 = 0; utf8 < 4; utf8++)
            for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++) {
                const struct look look = {columns, utf8 % 2, utf8 / 2};
                gauge_node(line, &nodes[i], columns < 40 ? 0 : 28, &look);
                CU_ASSERT(columns_of(line) <= (columns < 2 ? 2 : columns));
            }
    const struct look look = {.columns = 100};
    gauge_node(line, &nodes[0], 4, &look);
    CU_ASSERT(has(line, "a     ") && has(line, "4 of 4 workers, 1 chunk"));
    CU_ASSERT(!has(line, "idle") && !has(line, "died"));
    gauge_node(line, &nodes[1], 4, &look);
    CU_ASSERT(has(line, "3 idle") && has(line, "died 61 times"));
    gauge_node(line, &nodes[3], 4, &look);
    CU_ASSERT(has(line, "lost") && !has(line, "workers"));
}

static void counts_nodes(void)
{
    struct gauge g = {420, 1000, 812e6, 7.4, 96, 96, 3, false, 0};
    const struct look look = {.columns = 120};
    char line[GAUGE_TEXT];
    gauge_line(line, &g, &look);
    CU_ASSERT(has(line, "3 nodes, 96 of 96 workers"));
    g.n_nodes = 1;
    gauge_line(line, &g, &look);
    CU_ASSERT(has(line, "1 node, 96 of 96 workers"));
}

/* More items are to come: no share of all can be told. */
static void without_an_end(void)
{
    const struct gauge g = {.items = 420, .n_items = GAUGE_UNKNOWN,
                            .per_s = 2.5, .left_s = INFINITY, .alive = 2,
                            .n_workers = 2};
    struct look look = {79, false, false};
    char line[GAUGE_TEXT];
    gauge_line(line, &g, &look);
    CU_ASSERT_STRING_EQUAL(line, "420 items so far  2.5/s  2 of 2 workers");
    look.columns = 20;
    gauge_line(line, &g, &look);
    CU_ASSERT_STRING_EQUAL(line, "420 items so far");
}

static void tells_of_commands(void)
{
    struct gauge g = {.items = 17, .n_items = 100, .per_s = 2.5, .left_s = 33,
                      .alive = 2, .n_workers = 2, .commands = true};
    const struct look look = {.columns = 100};
    char line[GAUGE_TEXT];
    gauge_line(line, &g, &look);
    CU_ASSERT(has(line, "17/100") && !has(line, "failed"));
    CU_ASSERT(has(line, "2.5/s") && has(line, "ETA 33 s"));
    g.failed = 3;
    gauge_line(line, &g, &look);
    CU_ASSERT(has(line, "17/100  3 failed  2.5/s"));
    g.n_items = GAUGE_UNKNOWN;
    gauge_line(line, &g, &look);
    CU_ASSERT(has(line, "17 items so far  3 failed") && !has(line, "ETA"));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"a line fits at every width", every_width_fits},
        {"what matters stays", what_matters_stays},
        {"100 percent is all, and nothing else", hundred_is_all},
        {"bars", bars},
        {"lines of workers fit", workers_fit},
        {"many workers are folded", folded},
        {"a line a node", nodes_fit},
        {"nodes are counted", counts_nodes},
        {"without an end", without_an_end},
        {"commands, and how many failed", tells_of_commands},
    };
    return TAP_RUN(tests);
}
