/* SPDX-License-Identifier: Apache-2.0 */
/* The Mandelbrot set as a picture: fanfold run mandelbrot.c > mandelbrot.pgm
 * Items are rows, and rows cost very different amounts of time: fanfold hands
 * them out as workers become free. What they ff_emit, in whatever order they
 * end, comes out in the order of the rows. Also counts the points in the set:
 * its area is about 1.5066, that of the picture 6.25. */
#include <fanfold.h>

FF_ABOUT("The Mandelbrot set as a picture in grey, and its points")
FF_INT(size, 400)   /* pixels a side: x from -2 to 0.5, y from 1.25 to -1.25 */
FF_INT(limit, 1000) /* steps after which a point is taken to be inside */
FF_ITEMS(size)
FF_OUTPUT(image, "a PGM file")
FF_COUNT(inside)

/* How many steps until the point is known to be outside; limit: it stayed. */
static int64_t steps(double cx, double cy)
{
    double x = 0, y = 0;
    int64_t n = 0;
    while (n < limit && x * x + y * y <= 4) {
        const double next = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = next;
        n++;
    }
    return n;
}

FF_KERNEL(ff, begin, end)
{
    const double pixel = 2.5 / (double)size;
    if (begin == ff->first)
        ff_emitf(ff, image, "P5\n%d %d\n255\n", (int)size,
                 (int)(ff->last - ff->first));
    for (uint64_t row = begin; row < end; row++) {
        const double cy = ((double)size / 2 - 0.5 - (double)row) * pixel;
        for (int64_t column = 0; column < size; column++) {
            const double cx = -2 + ((double)column + 0.5) * pixel;
            const int64_t n = steps(cx, cy);
            const unsigned char grey = n == limit ? 0 : 255 - n % 32 * 7;
            ff_emit(ff, image, &grey, 1);
            ff_count(ff, inside, n == limit);
        }
    }
}
