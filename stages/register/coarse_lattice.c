/* Starts of the coarse search. */
#include "register/coarse_lattice.h"

#include <math.h>
#include <stdlib.h>

static const double MAX_ROTATION_STEP_DEG = 25.0;

BodyBox body_box_of(const Volume *volume) {
    const size_t *n = volume->grid.size;
    const size_t count = grid_voxel_count(&volume->grid);
    double mean = 0.0;
    for (size_t v = 0; v < count; v++) {
        mean += volume->voxels[v];
    }
    mean /= (double)count;
    double sum[3] = {0}, squares[3] = {0}, bright = 0.0;
    for (size_t v = 0; v < count; v++) {
        if (volume->voxels[v] > mean) {
            double x[3] = {(double)(v % n[0]), (double)(v / n[0] % n[1]),
                           (double)(v / n[0] / n[1])};
            affine_apply(&volume->grid.affine, x, x);
            bright += 1.0;
            for (int axis = 0; axis < 3; axis++) {
                sum[axis] += x[axis];
                squares[axis] += x[axis] * x[axis];
            }
        }
    }
    BodyBox box;
    grid_centre_mm(&volume->grid, box.centre_mm);
    for (int axis = 0; axis < 3; axis++) {
        box.centre_mm[axis] = bright > 0.0 ? sum[axis] / bright : box.centre_mm[axis];
        const double variance =
            bright > 0.0 ? squares[axis] / bright - box.centre_mm[axis] * box.centre_mm[axis] : 0.0;
        box.size_mm[axis] = sqrt(12.0 * fmax(variance, 1.0));
    }
    return box;
}

/* The rotations, as angles in radians; at most `max` of them, the number is returned. */
static size_t ball_of_rotations(double max_rotation_deg, double (*angles)[3], size_t max) {
    const int n = (int)ceil(max_rotation_deg / MAX_ROTATION_STEP_DEG - 1e-9);
    const double step = n > 0 ? max_rotation_deg / n * acos(-1.0) / 180.0 : 0.0;
    size_t count = 0;
    for (int a = -n; a <= n; a++) {
        for (int b = -n; b <= n; b++) {
            for (int c = -n; c <= n; c++) {
                if (a * a + b * b + c * c <= n * n && count < max) {
                    angles[count][0] = a * step;
                    angles[count][1] = b * step;
                    angles[count][2] = c * step;
                    count++;
                }
            }
        }
    }
    return count;
}

Status coarse_lattice_create(const RigidSpace *space, const BodyBox *sampled, const BodyBox *other,
                             double max_rotation_deg, double step_mm, size_t max_points,
                             RigidPoint **points, size_t *count, Error *error) {
    enum { MAX_ROTATIONS = 2500 }; /* a ball of radius 8: 180 degrees */
    static const double SLACK = 0.25;
    double(*angles)[3] = malloc(MAX_ROTATIONS * sizeof *angles);
    if (!angles) {
        return error_no_memory(error, "the rotations of the coarse search");
    }
    const size_t rotations = ball_of_rotations(max_rotation_deg, angles, MAX_ROTATIONS);
    size_t n[3] = {0};
    double step[3], reach[3], middle[3];
    for (;; step_mm *= 1.05) {
        *count = rotations;
        for (int axis = 0; axis < 3; axis++) {
            const double a = sampled->size_mm[axis], b = other->size_mm[axis];
            reach[axis] = 0.5 * fabs(a - b) + SLACK * fmin(a, b);
            middle[axis] = other->centre_mm[axis] - space->centre_mm[axis];
            n[axis] = 1 + 2 * (size_t)ceil(reach[axis] / step_mm);
            step[axis] = 2.0 * reach[axis] / (double)(n[axis] - 1);
            *count *= n[axis];
        }
        if (*count <= max_points || n[0] * n[1] * n[2] <= 27) {
            break;
        }
    }
    *points = malloc(*count * sizeof **points);
    if (!*points) {
        free(angles);
        return error_no_memory(error, "the starts of the coarse search");
    }
    for (size_t at = 0; at < *count; at++) {
        const double *angle = angles[at % rotations];
        const size_t t = at / rotations;
        const size_t cell[3] = {t % n[0], t / n[0] % n[1], t / n[0] / n[1]};
        for (int axis = 0; axis < 3; axis++) {
            (*points)[at].p[axis] = angle[axis] * space->radius_mm;
            (*points)[at].p[3 + axis] =
                middle[axis] - reach[axis] + (double)cell[axis] * step[axis];
        }
    }
    free(angles);
    return STATUS_OK;
}
