/* Energy on a sphere of radius r around the source is shared out among voxels by trilinear weights
 * (that is what the product of triangles is), sphere by sphere:
 *  - over r: four-point Gauss-Legendre in every shell of the point kernel;
 *  - over the polar angle: eight-point Gauss-Legendre between the angles at which the sphere
 *    touches a voxel plane, so that every panel is smooth;
 *  - over the azimuth: in closed form, arc by arc between voxel planes.
 * One octant of the sphere is enough. Each point's shares sum to 1, so the weights sum to the
 * energy within the radius to rounding. Compared in tests with sampling by brute force. */
#include "dose/voxel_kernel.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
    PARTS = 16, /* of the shells, each with its own sum: the order does not see threads */
    RADIAL_NODES = 4,
    POLAR_NODES = 8,
    MAX_ANGLES = 3 * (VOXEL_KERNEL_MAX_REACH + 1) + 2
};

static const double PI = 3.14159265358979323846;

/* Gauss-Legendre nodes on (-1, 1), positive half, and weights (Abramowitz & Stegun 25.4). */
static const double RADIAL_X[RADIAL_NODES / 2] = {0.339981043584856, 0.861136311594053};
static const double RADIAL_W[RADIAL_NODES / 2] = {0.652145154862546, 0.347854845137454};
static const double POLAR_X[POLAR_NODES / 2] = {0.183434642495650, 0.525532409916329,
                                                0.796666477413627, 0.960289856497536};
static const double POLAR_W[POLAR_NODES / 2] = {0.362683783378362, 0.313706645877887,
                                                0.222381034453374, 0.101228536290376};

/* Where shares go: an octant of float64 and its geometry. */
typedef struct Octant {
    double *weights;
    size_t row, slice; /* strides of j and k */
    double spacing_mm[3];
} Octant;

static double gauss_node(const double *half, int n, int node) {
    return node < n / 2 ? -half[n / 2 - 1 - node] : half[node - n / 2];
}

static double gauss_weight(const double *half, int n, int node) {
    return half[node < n / 2 ? n / 2 - 1 - node : node - n / 2];
}

/* Shares of the arc of azimuths [phi0, phi1] on the circle of radius rho, all in the cell
 * (ci, cj): integrals of 1, fx, fy and fx fy, with fx = rho cos(phi) / hx - ci and so on. */
static void deposit_arc(const Octant *octant, size_t cell, double lower_share, double upper_share,
                        const double moment[4]) {
    double share[4] = {moment[0] - moment[1] - moment[2] + moment[3], moment[1] - moment[3],
                       moment[2] - moment[3], moment[3]};
    const size_t step[4] = {0, 1, octant->row, octant->row + 1};
    for (int corner = 0; corner < 4; corner++) {
        octant->weights[cell + step[corner]] += lower_share * share[corner];
        octant->weights[cell + step[corner] + octant->slice] += upper_share * share[corner];
    }
}

/* One quarter of a circle (radius rho, height z) with `energy` spread evenly over azimuth. */
static void deposit_circle(const Octant *octant, double rho, double z, double energy) {
    const double hx = octant->spacing_mm[0], hy = octant->spacing_mm[1];
    const double height = z / octant->spacing_mm[2];
    const size_t ck = (size_t)height;
    const double upper = energy * (height - (double)ck) * 2.0 / PI;
    const double lower = energy * ((double)ck + 1.0 - height) * 2.0 / PI;
    size_t ci = (size_t)(rho / hx), cj = 0;
    double phi = 0.0, sine = 0.0, cosine = 1.0;
    while (phi < PI / 2.0) {
        double x_next = fmin((double)ci * hx / rho, 1.0); /* cosine at the next x plane */
        double y_next = (double)(cj + 1) * hy / rho;      /* sine at the next y plane */
        double x_sine = sqrt(1.0 - x_next * x_next);
        bool is_y = y_next < x_sine;
        double sine1 = is_y ? y_next : x_sine;
        double cosine1 = is_y ? sqrt(1.0 - y_next * y_next) : x_next;
        bool is_last = !is_y && ci == 0;
        double phi1 = is_last ? PI / 2.0 : fmax(phi, atan2(sine1, cosine1));
        double one = phi1 - phi;
        double x = rho * (sine1 - sine) / hx, y = rho * (cosine - cosine1) / hy;
        double xy = rho * rho * (sine1 * sine1 - sine * sine) / (2.0 * hx * hy);
        double i = (double)ci, j = (double)cj;
        const double moment[4] = {one, x - i * one, y - j * one, xy - j * x - i * y + i * j * one};
        deposit_arc(octant, ci + cj * octant->row + ck * octant->slice, lower, upper, moment);
        phi = phi1;
        sine = sine1;
        cosine = cosine1;
        cj += is_y ? 1 : 0;
        ci -= !is_y && ci > 0 ? 1 : 0;
    }
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Polar angles in [0, pi/2] at which the sphere of radius r touches voxel planes, sorted. */
static size_t find_polar_breaks(const Octant *octant, double r, double angles[MAX_ANGLES]) {
    size_t n = 0;
    angles[n++] = 0.0;
    for (int axis = 0; axis < 3; axis++) {
        double h = octant->spacing_mm[axis];
        for (int plane = 1; plane * h < r; plane++) {
            angles[n++] = axis == 2 ? acos(plane * h / r) : asin(plane * h / r);
        }
    }
    angles[n++] = PI / 2.0;
    qsort(angles, n, sizeof *angles, compare_doubles);
    return n;
}

/* An octant's share, counted as a whole, of `energy` spread evenly over the sphere of radius r. */
static void deposit_sphere(const Octant *octant, double r, double energy) {
    double angles[MAX_ANGLES];
    size_t n = find_polar_breaks(octant, r, angles);
    for (size_t panel = 0; panel + 1 < n; panel++) {
        double middle = 0.5 * (angles[panel] + angles[panel + 1]);
        double half = 0.5 * (angles[panel + 1] - angles[panel]);
        for (int node = 0; node < POLAR_NODES; node++) {
            double theta = middle + half * gauss_node(POLAR_X, POLAR_NODES, node);
            double share = half * gauss_weight(POLAR_W, POLAR_NODES, node) * sin(theta);
            deposit_circle(octant, r * sin(theta), r * cos(theta), energy * share);
        }
    }
}

/* Shell s of the point kernel, cut at `inner_mm` and `outer_mm`. */
static void deposit_shell(const Octant *octant, const PointKernel *point, size_t s,
                          double distance_scale, double inner_mm, double outer_mm) {
    double thickness = point->radius_mm[s + 1] - point->radius_mm[s];
    double start = fmax(point->radius_mm[s], inner_mm);
    double end = fmin(point->radius_mm[s + 1], outer_mm);
    double energy = point->fraction[s] * (end - start) / thickness;
    if (!(end > start)) {
        return;
    }
    for (int node = 0; node < RADIAL_NODES; node++) {
        double x = gauss_node(RADIAL_X, RADIAL_NODES, node);
        double r = 0.5 * (start + end) + 0.5 * (end - start) * x;
        double share = 0.5 * gauss_weight(RADIAL_W, RADIAL_NODES, node);
        deposit_sphere(octant, r * distance_scale, energy * share);
    }
}

/* What an octant holds belongs to all mirror images of an offset: halve it per non-zero index. */
static void share_among_mirrors(VoxelKernel *kernel) {
    size_t n = 0;
    for (size_t k = 0; k <= kernel->reach[2]; k++) {
        for (size_t j = 0; j <= kernel->reach[1]; j++) {
            for (size_t i = 0; i <= kernel->reach[0]; i++, n++) {
                kernel->weights[n] *=
                    (i > 0 ? 0.5 : 1.0) * (j > 0 ? 0.5 : 1.0) * (k > 0 ? 0.5 : 1.0);
            }
        }
    }
}

static Status integrate(const PointKernel *point, double distance_scale, double inner_mm,
                        double outer_mm, VoxelKernel *kernel, Error *error) {
    size_t row = kernel->reach[0] + 1, slice = row * (kernel->reach[1] + 1);
    size_t count = slice * (kernel->reach[2] + 1);
    double *parts = calloc(PARTS * count, sizeof *parts);
    kernel->weights = calloc(count, sizeof *kernel->weights);
    if (parts == NULL || kernel->weights == NULL) {
        free(parts);
        return error_no_memory(error, "voxel kernel");
    }
#pragma omp parallel for schedule(dynamic)
    for (size_t part = 0; part < PARTS; part++) {
        const double *h = kernel->spacing_mm;
        const Octant octant = {parts + part * count, row, slice, {h[0], h[1], h[2]}};
        for (size_t s = part; s < point->n_shells; s += PARTS) {
            deposit_shell(&octant, point, s, distance_scale, inner_mm, outer_mm);
        }
    }
    for (size_t n = 0; n < PARTS * count; n++) {
        kernel->weights[n % count] += parts[n];
    }
    free(parts);
    share_among_mirrors(kernel);
    return STATUS_OK;
}

Status voxel_kernel_from_shells(const PointKernel *point, const double spacing_mm[3],
                                double distance_scale, double inner_mm, double outer_mm,
                                VoxelKernel *kernel, Error *error) {
    *kernel = (VoxelKernel){0};
    double held = point_kernel_fraction_within(point, outer_mm) -
                  point_kernel_fraction_within(point, inner_mm);
    if (!(held > 0.0)) {
        return error_set(error, STATUS_CONFIG,
                         "the point kernel holds no energy from %g to %g mm: enlarge "
                         "dose.kernel_radius_mm",
                         inner_mm, outer_mm);
    }
    double outermost_mm = fmin(outer_mm, point->radius_mm[point->n_shells]) * distance_scale;
    for (int axis = 0; axis < 3; axis++) {
        double reach = floor(outermost_mm / spacing_mm[axis]) + 1.0;
        if (!(reach <= VOXEL_KERNEL_MAX_REACH)) {
            return error_set(error, STATUS_CONFIG,
                             "dose.kernel_radius_mm %g reaches over %g voxels of %g mm, more than "
                             "%d: make it smaller",
                             outer_mm, reach, spacing_mm[axis], VOXEL_KERNEL_MAX_REACH);
        }
        kernel->reach[axis] = (size_t)reach;
        kernel->spacing_mm[axis] = spacing_mm[axis];
    }
    kernel->tail_fraction = 1.0 - held;
    kernel->tail_scale = 1.0 / held;
    Status status = integrate(point, distance_scale, inner_mm, outer_mm, kernel, error);
    if (status != STATUS_OK) {
        voxel_kernel_free(kernel);
    }
    return status;
}

Status voxel_kernel_from_point_kernel(const PointKernel *point, const double spacing_mm[3],
                                      double distance_scale, double radius_mm, VoxelKernel *kernel,
                                      Error *error) {
    return voxel_kernel_from_shells(point, spacing_mm, distance_scale, 0.0, radius_mm, kernel,
                                    error);
}

void voxel_kernel_free(VoxelKernel *kernel) {
    if (kernel != NULL) {
        free(kernel->weights);
        kernel->weights = NULL;
    }
}

double voxel_kernel_map_scale(const VoxelKernel *kernel, int bremsstrahlung_tail) {
    return bremsstrahlung_tail == BREMSSTRAHLUNG_NEAR ? kernel->tail_scale : 1.0;
}

double voxel_kernel_weight(const VoxelKernel *kernel, long i, long j, long k) {
    size_t offset[3] = {(size_t)labs(i), (size_t)labs(j), (size_t)labs(k)};
    for (int axis = 0; axis < 3; axis++) {
        if (offset[axis] > kernel->reach[axis]) {
            return 0.0;
        }
    }
    size_t row = kernel->reach[0] + 1, slice = row * (kernel->reach[1] + 1);
    return kernel->weights[offset[0] + offset[1] * row + offset[2] * slice];
}

Status voxel_kernel_to_volume(const VoxelKernel *kernel, Volume *volume, Error *error) {
    Grid grid = {.affine = affine_identity()};
    long reach[3];
    for (int axis = 0; axis < 3; axis++) {
        reach[axis] = (long)kernel->reach[axis];
        grid.size[axis] = 2 * kernel->reach[axis] + 1;
        grid.affine.m[axis][axis] = kernel->spacing_mm[axis];
        grid.affine.m[axis][3] = -(double)reach[axis] * kernel->spacing_mm[axis];
    }
    Status status = volume_create(&grid, volume, error);
    if (status != STATUS_OK) {
        return status;
    }
    size_t n = 0;
    for (long k = -reach[2]; k <= reach[2]; k++) {
        for (long j = -reach[1]; j <= reach[1]; j++) {
            for (long i = -reach[0]; i <= reach[0]; i++, n++) {
                volume->voxels[n] = (float)voxel_kernel_weight(kernel, i, j, k);
            }
        }
    }
    return STATUS_OK;
}
