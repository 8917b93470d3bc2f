/* Each voxel is cut into equal parts and the CT is looked up in the middle of every part. The
 * parts are no longer than a CT voxel, and half as long while that takes no more than
 * FINE_PARTS along an axis: where few CT voxels fit in one of the PET, each one's share matters. */
#include "dose/density_map.h"

#include <math.h>

#include "dose/hu_curve.h"

enum {
    FINE_PARTS = 8,
    MAX_PARTS = 32 /* along an axis: a CT 32 times finer than the PET is sampled, not counted out */
};

/* How a voxel of the grid is looked up in the CT. */
typedef struct Sampling {
    const Volume *ct_hu;
    const HuCurve *curve;
    Affine to_ct; /* voxel index of the grid to voxel index of the CT, plus a half: its floor is
                     the CT voxel that holds the point */
    size_t parts[3];
    double step[3][3]; /* of the CT index, from one part to the next along each axis */
} Sampling;

/* What the parts of one voxel found. */
typedef struct Found {
    double density_sum;
    size_t covered;
} Found;

static void choose_parts(Sampling *sampling) {
    for (int axis = 0; axis < 3; axis++) {
        double extent = 0.0; /* of a voxel of the grid, in CT voxels */
        for (int row = 0; row < 3; row++) {
            extent = fmax(extent, fabs(sampling->to_ct.m[row][axis]));
        }
        double wanted = fmax(ceil(extent - 1e-6), fmin(ceil(2.0 * extent - 1e-6), FINE_PARTS));
        double parts = fmin(fmax(wanted, 1.0), MAX_PARTS);
        sampling->parts[axis] = (size_t)parts;
        for (int row = 0; row < 3; row++) {
            sampling->step[axis][row] = sampling->to_ct.m[row][axis] / parts;
        }
    }
}

/* A row of parts along the first axis, from the CT index `at`. */
static void sample_row(const Sampling *sampling, const double at[3], Found *found) {
    const size_t *size = sampling->ct_hu->grid.size;
    const double *step = sampling->step[0];
    const float *voxels = sampling->ct_hu->voxels;
    for (size_t a = 0; a < sampling->parts[0]; a++) {
        double x = at[0] + (double)a * step[0], y = at[1] + (double)a * step[1];
        double z = at[2] + (double)a * step[2];
        if (!(x >= 0.0 && y >= 0.0 && z >= 0.0 && x < (double)size[0] && y < (double)size[1] &&
              z < (double)size[2])) {
            continue;
        }
        float hu = voxels[((size_t)z * size[1] + (size_t)y) * size[0] + (size_t)x];
        if (isfinite(hu)) {
            found->density_sum += hu_curve_density_g_ml(sampling->curve, hu);
            found->covered++;
        }
    }
}

static Found sample_voxel(const Sampling *sampling, size_t i, size_t j, size_t k) {
    const size_t *parts = sampling->parts;
    double first[3] = {(double)i, (double)j, (double)k}; /* the middle of the first part */
    for (int axis = 0; axis < 3; axis++) {
        first[axis] += 0.5 / (double)parts[axis] - 0.5;
    }
    affine_apply(&sampling->to_ct, first, first);
    Found found = {0};
    for (size_t c = 0; c < parts[2]; c++) {
        for (size_t b = 0; b < parts[1]; b++) {
            double at[3];
            for (int row = 0; row < 3; row++) {
                at[row] = first[row] + (double)b * sampling->step[1][row] +
                          (double)c * sampling->step[2][row];
            }
            sample_row(sampling, at, &found);
        }
    }
    return found;
}

static void fill(const Sampling *sampling, const DoseConfig *config, DensityMap *map) {
    const size_t *size = map->density_g_ml.grid.size, *parts = sampling->parts;
    const size_t total = parts[0] * parts[1] * parts[2];
    size_t uncovered = 0, raised = 0;
#pragma omp parallel for schedule(dynamic) reduction(+ : uncovered, raised)
    for (size_t k = 0; k < size[2]; k++) {
        float *out = map->density_g_ml.voxels + k * size[1] * size[0];
        for (size_t j = 0; j < size[1]; j++) {
            for (size_t i = 0; i < size[0]; i++) {
                Found found = sample_voxel(sampling, i, j, k);
                double density = config->density_g_ml;
                if (2 * found.covered < total) {
                    uncovered++;
                } else {
                    density = found.density_sum / (double)found.covered;
                    raised += density < config->min_density_g_ml;
                    density = fmax(density, config->min_density_g_ml);
                }
                *out++ = (float)density;
            }
        }
    }
    double count = (double)grid_voxel_count(&map->density_g_ml.grid);
    map->uncovered_fraction = (double)uncovered / count;
    map->raised_fraction = (double)raised / count;
}

Status density_map_from_ct(const Volume *ct_hu, const Grid *grid, const Affine *grid_to_ct,
                           const DoseConfig *config, DensityMap *map, Error *error) {
    Sampling sampling = {.ct_hu = ct_hu, .curve = &config->hu_curve};
    Affine mm_to_ct;
    *map = (DensityMap){0};
    if (!(config->density_g_ml > 0.0 && config->min_density_g_ml > 0.0)) {
        return error_set(error, STATUS_CONFIG,
                         "dose.density_g_ml is %g and dose.min_density_g_ml is %g: both must be "
                         "more than 0",
                         config->density_g_ml, config->min_density_g_ml);
    }
    if (hu_curve_check(&config->hu_curve, error) != STATUS_OK ||
        affine_invert(&ct_hu->grid.affine, &mm_to_ct, error) != STATUS_OK ||
        volume_create(grid, &map->density_g_ml, error) != STATUS_OK) {
        return error->status;
    }
    Affine in_ct_mm = affine_compose(grid_to_ct, &grid->affine);
    sampling.to_ct = affine_compose(&mm_to_ct, &in_ct_mm);
    for (int row = 0; row < 3; row++) {
        sampling.to_ct.m[row][3] += 0.5;
    }
    choose_parts(&sampling);
    fill(&sampling, config, map);
    return STATUS_OK;
}

void density_map_free(DensityMap *map) {
    if (map != NULL) {
        volume_free(&map->density_g_ml);
    }
}
