/* SPDX-License-Identifier: Apache-2.0 */
/* amdahl sleep|compute SERIAL CORES: a program whose share SERIAL cannot be
 * divided among workers. For 1 to 2 CORES workers: the time (ms), the speed-up,
 * what Amdahl's law says for SERIAL, and which share (%) would explain this
 * speed-up (Karp and Flatt, CACM 33, 1990). The last line is the share that
 * fits all times of up to CORES workers best. */
#include "lab_threads.h"

static const int numbers[] = {1, 2, 3, 4, 6, 8, 12, 16};
static int sleeps;

static void *work(void *arg) /* so much of it; asleep, a unit takes 1 ms */
{
    double units = *(double *)arg;
    volatile double x = 1;
    if (sleeps)
        usleep((useconds_t)(1e3 * units));
    else
        for (long i = 0; i < (long)(units * 1e5); i++)
            x = x * 1.0000001;
    return NULL;
}

static double run_ms(double serial, int n)
{
    double alone = 300 * serial, divided = 300 * (1 - serial) / n;
    double start = now_us();
    work(&alone);
    run_threads(n, work, &divided, 0);
    return (now_us() - start) / 1e3;
}

int main(int argc, char **argv)
{
    double serial = argc > 2 ? atof(argv[2]) : 0.2, first = 0, xy = 0, xx = 0;
    int cores = argc > 3 ? atoi(argv[3]) : 2;
    sleeps = argc > 1 && strcmp(argv[1], "sleep") == 0;
    for (int i = 0; i < 8 && numbers[i] <= 2 * cores; i++) {
        int n = numbers[i];
        double ms = run_ms(serial, n), again = run_ms(serial, n);
        ms = again < ms ? again : ms; /* the one that was less disturbed */
        first = n == 1 ? ms : first;
        /* ms / first = f + (1 - f) / n, that is y = f x with */
        double y = ms / first - 1.0 / n, x = 1 - 1.0 / n;
        printf("row\t%d\t%.1f\t%.3f\t%.3f\t", n, ms, first / ms,
               1 / (serial + (1 - serial) / n));
        printf(n == 1 ? "-\n" : "%.1f\n", 100 * y / x);
        xy += n <= cores ? x * y : 0; /* least squares: f = sum xy / sum xx */
        xx += n <= cores ? x * x : 0;
    }
    if (xx > 0)
        printf("row\tfit\t-\t-\t-\t%.1f\n", 100 * xy / xx);
}
