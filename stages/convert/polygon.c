/* See polygon.h. A voxel is inside if a ray from it towards -i crosses the outline an odd number of
 * times: so every edge inverts, in each row that it crosses, all voxels from the crossing on. No
 * sorting, no memory; edges that cross a row twice cancel. */
#include "convert/polygon.h"

#include <math.h>

/* First index whose centre is at or beyond `position`, 0 to size. */
static size_t first_at_or_after(double position, size_t size) {
    double index = ceil(position);
    if (!(index > 0)) {
        return 0;
    }
    return index >= (double)size ? size : (size_t)index;
}

static void invert_beyond_edge(const double a[2], const double b[2], size_t width, size_t height,
                               uint16_t *slice) {
    const double *low = a[1] <= b[1] ? a : b, *high = a[1] <= b[1] ? b : a;
    size_t end = first_at_or_after(high[1], height);
    for (size_t j = first_at_or_after(low[1], height); j < end; j++) {
        double along = ((double)j - low[1]) / (high[1] - low[1]);
        double crossing = low[0] + along * (high[0] - low[0]);
        for (size_t i = first_at_or_after(crossing, width); i < width; i++) {
            slice[j * width + i] ^= 1;
        }
    }
}

void polygon_invert_inside(const double (*points)[2], size_t n_points, size_t width, size_t height,
                           uint16_t *slice) {
    for (size_t n = 0; n < n_points; n++) {
        size_t next = n + 1 < n_points ? n + 1 : 0;
        invert_beyond_edge(points[n], points[next], width, height, slice);
    }
}
