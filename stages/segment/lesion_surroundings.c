/* The shell is what a wider outline covers and a narrower one does not. */
#include "segment/lesion_surroundings.h"

#include <math.h>

#include "segment/contour_band.h"

enum { OCTANTS = 8 };

/* Parts of the moved outlines, as fractions of a dose voxel. */
static const double shell_part_fraction = 0.5;
static const double shell_voxels = 2;

double lesion_surroundings_reach_mm(const SegmentDoseMaps *maps) {
    double voxel_mm = cbrt(1000 * grid_voxel_volume_ml(&maps->chosen->grid));
    return segment_dose_blur_mm(maps) + shell_voxels * voxel_mm;
}

static Status weigh_moved(const Structure *lesion, const SegmentDoseMaps *maps, double shift_mm,
                          Volume *weights, Error *error) {
    LabelMap moved;
    size_t parts;
    double coverage;
    Status status = contour_band_move(&lesion->mask, shift_mm, &moved, &parts, error);
    if (status == STATUS_OK) {
        status = segment_dose_weights(&moved, &lesion->to_reference, maps, shell_part_fraction,
                                      weights, &coverage, error);
    }
    label_map_free(&moved);
    return status;
}

/* Leaves the shell in `outer`; the centre of what lies within it, in voxels. */
static void cut_shell(const Volume *inner, const Volume *lesions, Volume *outer, double centre[3]) {
    const size_t *size = outer->grid.size;
    size_t total = grid_voxel_count(&outer->grid);
    double sum = 0;
    centre[0] = centre[1] = centre[2] = 0;
    for (size_t n = 0; n < total; n++) {
        double weight = (double)inner->voxels[n];
        sum += weight;
        centre[0] += weight * (double)(n % size[0]);
        centre[1] += weight * (double)(n / size[0] % size[1]);
        centre[2] += weight * (double)(n / size[0] / size[1]);
        bool is_lesion = lesions->voxels != NULL && lesions->voxels[n] > 0;
        outer->voxels[n] = is_lesion ? 0 : fmaxf(0, outer->voxels[n] - inner->voxels[n]);
    }
    for (int axis = 0; axis < 3; axis++) {
        centre[axis] /= sum;
    }
}

/* Mean over the shell, and the standard error of the octants' mean. */
static void average_shell(const Volume *dose, const Volume *shell, const double centre[3],
                          double *mean_gy, double *uncertainty_gy) {
    const size_t *size = shell->grid.size;
    size_t total = grid_voxel_count(&shell->grid);
    double weight[OCTANTS] = {0}, sum[OCTANTS] = {0}, all = 0, value = 0, means = 0, squares = 0;
    int count = 0;
    for (size_t n = 0; n < total; n++) {
        int octant = ((double)(n % size[0]) > centre[0]) +
                     2 * ((double)(n / size[0] % size[1]) > centre[1]) +
                     4 * ((double)(n / size[0] / size[1]) > centre[2]);
        if (shell->voxels[n] > 0) {
            weight[octant] += (double)shell->voxels[n];
            sum[octant] += (double)shell->voxels[n] * (double)dose->voxels[n];
        }
    }
    for (int octant = 0; octant < OCTANTS; octant++) {
        double mean = sum[octant] / weight[octant];
        all += weight[octant];
        value += sum[octant];
        if (weight[octant] > 0) {
            count++;
            means += mean;
            squares += mean * mean;
        }
    }
    *mean_gy = value / all;
    *uncertainty_gy =
        count > 1 ? sqrt(fmax(0, squares - means * means / count) / (count - 1) / count) : NAN;
}

Status lesion_surroundings_measure(const Structure *lesion, const SegmentDoseMaps *maps,
                                   double *mean_gy, double *uncertainty_gy, Error *error) {
    Volume inner = {0}, outer = {0};
    double centre[3], near_mm = segment_dose_blur_mm(maps);
    Status status;
    *mean_gy = *uncertainty_gy = NAN;
    if ((status = weigh_moved(lesion, maps, near_mm, &inner, error)) ||
        (status = weigh_moved(lesion, maps, lesion_surroundings_reach_mm(maps), &outer, error))) {
        goto done;
    }
    cut_shell(&inner, &maps->lesions, &outer, centre);
    average_shell(maps->chosen, &outer, centre, mean_gy, uncertainty_gy);
    if (isnan(*mean_gy)) {
        *mean_gy = maps->liver.mean_gy;
        *uncertainty_gy = NAN;
    }
done:
    volume_free(&inner);
    volume_free(&outer);
    return status;
}
