/* Small dense algebra on 4 x 4 maps, written out: no library is worth three lines each. */
#include "core/geometry.h"

#include <math.h>
#include <string.h>

enum { MAX_VOXELS_ALONG_AXIS = 4096 };
static const double MAX_VOXELS = 2147483648.0;
static const double MAX_POSITION_MM = 1e6, MAX_STRETCH = 2.0, MIN_FLATNESS = 0.01;
static const double MIN_SPACING_MM = 0.01, MAX_SPACING_MM = 100.0;

Affine affine_identity(void) {
    return (Affine){{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}};
}

Affine affine_compose(const Affine *second, const Affine *first) {
    Affine product;
    for (int row = 0; row < 4; row++) {
        for (int column = 0; column < 4; column++) {
            double sum = 0;
            for (int inner = 0; inner < 4; inner++) {
                sum += second->m[row][inner] * first->m[inner][column];
            }
            product.m[row][column] = sum;
        }
    }
    return product;
}

static double determinant(const double m[4][4]) {
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
           m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

Status affine_invert(const Affine *map, Affine *inverse, Error *error) {
    const double(*m)[4] = map->m;
    double det = determinant(m);
    if (!isfinite(det) || fabs(det) < 1e-12) {
        return error_set(error, STATUS_BAD_DATA,
                         "the affine map cannot be inverted (determinant %g)", det);
    }
    Affine result = affine_identity();
    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++) {
            int r1 = (column + 1) % 3, r2 = (column + 2) % 3;
            int c1 = (row + 1) % 3, c2 = (row + 2) % 3;
            result.m[row][column] = (m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]) / det;
        }
    }
    for (int row = 0; row < 3; row++) {
        result.m[row][3] =
            -(result.m[row][0] * m[0][3] + result.m[row][1] * m[1][3] + result.m[row][2] * m[2][3]);
    }
    *inverse = result;
    return STATUS_OK;
}

/* Finite, the last row 0 0 0 1, and not a world away. */
static Status check_form(const Affine *map, Error *error) {
    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 4; column++) {
            if (!isfinite(map->m[row][column])) {
                return error_set(error, STATUS_BAD_DATA,
                                 "the affine holds a value that is not finite");
            }
        }
        if (fabs(map->m[row][3]) > MAX_POSITION_MM) {
            return error_set(error, STATUS_BAD_DATA,
                             "the affine moves the origin to %g mm: expected at most %g",
                             map->m[row][3], MAX_POSITION_MM);
        }
    }
    static const double last[4] = {0, 0, 0, 1};
    for (int column = 0; column < 4; column++) {
        if (!(map->m[3][column] == last[column])) {
            return error_set(error, STATUS_BAD_DATA, "the last row of the affine is not 0 0 0 1");
        }
    }
    return STATUS_OK;
}

Status affine_check_patient_map(const Affine *map, Error *error) {
    if (check_form(map, error) != STATUS_OK) {
        return error->status;
    }
    for (int axis = 0; axis < 3; axis++) {
        double scale = hypot(hypot(map->m[0][axis], map->m[1][axis]), map->m[2][axis]);
        if (scale < 1 / MAX_STRETCH || scale > MAX_STRETCH) {
            return error_set(error, STATUS_BAD_DATA,
                             "the map scales axis %c by %g: expected %g to %g, millimetres to "
                             "millimetres",
                             'x' + axis, scale, 1 / MAX_STRETCH, MAX_STRETCH);
        }
    }
    if (fabs(determinant(map->m)) < MIN_FLATNESS) {
        return error_set(error, STATUS_BAD_DATA, "the map flattens the patient");
    }
    return STATUS_OK;
}

void affine_apply(const Affine *map, const double in[3], double out[3]) {
    double x = in[0], y = in[1], z = in[2];
    for (int row = 0; row < 3; row++) {
        out[row] = map->m[row][0] * x + map->m[row][1] * y + map->m[row][2] * z + map->m[row][3];
    }
}

bool affine_is_same(const Affine *a, const Affine *b) {
    double largest = 0;
    for (int row = 0; row < 4; row++) {
        for (int column = 0; column < 4; column++) {
            largest = fmax(largest, fabs(a->m[row][column] - b->m[row][column]));
        }
    }
    return largest < 1e-6;
}

Affine affine_from_rigid(const double rotation_rad[3], const double translation_mm[3],
                         const double centre_mm[3]) {
    double cx = cos(rotation_rad[0]), sx = sin(rotation_rad[0]);
    double cy = cos(rotation_rad[1]), sy = sin(rotation_rad[1]);
    double cz = cos(rotation_rad[2]), sz = sin(rotation_rad[2]);
    Affine map = {{{cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx, 0},
                   {sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx, 0},
                   {-sy, cy * sx, cy * cx, 0},
                   {0, 0, 0, 1}}};
    for (int row = 0; row < 3; row++) {
        double turned = 0;
        for (int column = 0; column < 3; column++) {
            turned += map.m[row][column] * centre_mm[column];
        }
        map.m[row][3] = centre_mm[row] - turned + translation_mm[row];
    }
    return map;
}

size_t grid_voxel_count(const Grid *grid) {
    return grid->size[0] * grid->size[1] * grid->size[2];
}

void grid_spacing_mm(const Grid *grid, double spacing_mm[3]) {
    for (int axis = 0; axis < 3; axis++) {
        spacing_mm[axis] =
            hypot(hypot(grid->affine.m[0][axis], grid->affine.m[1][axis]), grid->affine.m[2][axis]);
    }
}

double grid_voxel_volume_ml(const Grid *grid) {
    return fabs(determinant(grid->affine.m)) / 1000.0;
}

double grid_voxel_diagonal_mm(const Grid *grid) {
    double spacing[3];
    grid_spacing_mm(grid, spacing);
    return hypot(hypot(spacing[0], spacing[1]), spacing[2]);
}

void grid_centre_mm(const Grid *grid, double centre_mm[3]) {
    double index[3];
    for (int axis = 0; axis < 3; axis++) {
        index[axis] = ((double)grid->size[axis] - 1.0) / 2.0;
    }
    affine_apply(&grid->affine, index, centre_mm);
}

bool grid_is_same(const Grid *a, const Grid *b, double tolerance_mm) {
    if (memcmp(a->size, b->size, sizeof a->size) != 0) {
        return false;
    }
    for (int corner = 0; corner < 8; corner++) {
        double index[3], in_a[3], in_b[3];
        for (int axis = 0; axis < 3; axis++) {
            index[axis] = corner >> axis & 1 ? (double)a->size[axis] - 1.0 : 0.0;
        }
        affine_apply(&a->affine, index, in_a);
        affine_apply(&b->affine, index, in_b);
        double distance = hypot(hypot(in_a[0] - in_b[0], in_a[1] - in_b[1]), in_a[2] - in_b[2]);
        if (!(distance <= tolerance_mm)) {
            return false;
        }
    }
    return true;
}

static Status check_sizes(const Grid *grid, Error *error) {
    double voxels = 1;
    for (int axis = 0; axis < 3; axis++) {
        if (grid->size[axis] < 1 || grid->size[axis] > MAX_VOXELS_ALONG_AXIS) {
            return error_set(error, STATUS_BAD_DATA,
                             "grid of %zu x %zu x %zu voxels: each must be 1 to %d", grid->size[0],
                             grid->size[1], grid->size[2], MAX_VOXELS_ALONG_AXIS);
        }
        voxels *= (double)grid->size[axis];
    }
    if (voxels > MAX_VOXELS) {
        return error_set(error, STATUS_BAD_DATA, "grid of %.0f voxels is larger than %.0f", voxels,
                         MAX_VOXELS);
    }
    return STATUS_OK;
}

Status grid_check(const Grid *grid, Error *error) {
    if (check_sizes(grid, error) != STATUS_OK) {
        return error->status;
    }
    if (check_form(&grid->affine, error) != STATUS_OK) {
        return error->status;
    }
    double spacing[3];
    grid_spacing_mm(grid, spacing);
    for (int axis = 0; axis < 3; axis++) {
        if (spacing[axis] < MIN_SPACING_MM || spacing[axis] > MAX_SPACING_MM) {
            return error_set(error, STATUS_BAD_DATA,
                             "voxel spacing %g mm along %c: expected %g to %g mm", spacing[axis],
                             'i' + axis, MIN_SPACING_MM, MAX_SPACING_MM);
        }
    }
    /* Axes closer than about 0.6 degrees to one plane span no usable volume. */
    double flatness = fabs(determinant(grid->affine.m)) / (spacing[0] * spacing[1] * spacing[2]);
    if (flatness < MIN_FLATNESS) {
        return error_set(error, STATUS_BAD_DATA, "the voxel axes do not span a volume");
    }
    return STATUS_OK;
}
