/* The distance transform against scipy.ndimage.distance_transform_edt (SciPy 1.10). Command:
 *
 * import numpy as np
 * from scipy.ndimage import distance_transform_edt
 * x = 12345; m = np.zeros((5, 6, 7), bool)
 * for n in np.ndindex(m.shape):
 *     x = (1664525 * x + 1013904223) % 2**32; m[n] = (x >> 24) < 8
 * d = distance_transform_edt(~m, sampling=(3.0, 1.5, 0.8))
 * print(m.sum(), d.sum(), d.max(), d[0, 0, 0], d[4, 5, 6], d[2, 3, 4], d[0, 5, 0]) */
#include "segment/distance_transform.h"
#include "tests/unit/suite.h"

#include <math.h>

enum { NI = 7, NJ = 6, NK = 5, TOTAL = NI * NJ * NK };

static void it_agrees_with_scipy(void) {
    static const size_t size[3] = {NI, NJ, NK};
    static const double spacing[3] = {0.8, 1.5, 3.0}, no_shift[3] = {0, 0, 0};
    unsigned char marks[TOTAL];
    unsigned state = 12345, marked = 0;
    for (size_t n = 0; n < TOTAL; n++) {
        state = state * 1664525u + 1013904223u;
        marks[n] = (state >> 24) < 8;
        marked += marks[n];
    }
    CU_ASSERT_EQUAL(marked, 9);
    float squared[TOTAL];
    Error error;
    CU_ASSERT_EQUAL(distance_transform(marks, 1, size, spacing, no_shift, squared, &error),
                    STATUS_OK);
    double sum = 0, largest = 0;
    for (size_t n = 0; n < TOTAL; n++) {
        sum += sqrt((double)squared[n]);
        largest = fmax(largest, sqrt((double)squared[n]));
    }
    /* Float rounding of single distances: 1e-6 mm; of their sum: 210 times that. */
    ASSERT_NEAR(sum, 609.8336414809223, 2e-4);
    ASSERT_NEAR(largest, 6.053098380168622, 1e-6);
    ASSERT_NEAR(sqrt((double)squared[0]), 0.0, 1e-6);
    ASSERT_NEAR(sqrt((double)squared[TOTAL - 1]), 4.386342439892262, 1e-6);
    ASSERT_NEAR(sqrt((double)squared[(2 * NJ + 3) * NI + 4]), 1.7, 1e-6);
    ASSERT_NEAR(sqrt((double)squared[5 * NI]), 0.8, 1e-6);
}

int main(void) {
    static const UnitTest tests[] = {{"distances agree with SciPy", it_agrees_with_scipy}};
    return suite_run("segment/distance_transform (validation)", tests, 1);
}
