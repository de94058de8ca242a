/* SPDX-License-Identifier: Apache-2.0 */
/* How the labs about talking measure. One of the two asks, the other answers;
 * how bytes are given and taken is the program's affair.
 * Latency: 1 byte there and an answer back. Bandwidth: 2 MiB there in blocks of
 * 64 KiB, and an answer. The fastest of what fits into a fifth of a second. */
#include "lab_measure.h"

enum { BLOCK = 1 << 16, BLOCKS = 32, TURNS = 16 };
static _Thread_local char block[BLOCK]; /* [0]: this is the last turn */

static void give(size_t size); /* the first bytes of the block */
static void take(size_t size);

static void answer_turns(int blocks, size_t size)
{
    do {
        for (int i = 0; i < blocks; i++)
            take(size);
        give(1);
    } while (!block[0]);
}

static void answer(void)
{
    answer_turns(1, 1);
    answer_turns(BLOCKS, BLOCK);
}

static double fastest_turn(int turns, int blocks, size_t size) /* us */
{
    double best = 1e9, stop = now_us() + 2e5;
    for (block[0] = 0; !block[0];) {
        double begin = now_us();
        block[0] = begin > stop;
        for (int turn = 0; turn < (block[0] ? 1 : turns); turn++) {
            for (int i = 0; i < blocks; i++)
                give(size);
            take(1);
        }
        double us = (now_us() - begin) / turns;
        best = !block[0] && us < best ? us : best;
    }
    return best;
}

static void ask(const char *row)
{
    double latency = fastest_turn(TURNS, 1, 1);
    double bandwidth = BLOCKS * BLOCK / fastest_turn(1, BLOCKS, BLOCK);
    printf("row\t%s\t%.2f\t%.2f\n", row, latency, bandwidth / 1e3);
}
