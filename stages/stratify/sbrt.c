/* Sums over the sample's points in their order (sbrt.h). */
#include "stratify/sbrt.h"

#include <math.h>
#include <stdlib.h>

static const double THIRD = 1.0 / 3.0;

/* One kind of dose at a point of known dose. */
typedef struct Point {
    double bed_gy, volume_ml;
} Point;

double sbrt_bed_gy(double fractions, double dose_per_fraction_gy, double alpha_beta_gy) {
    double dose_gy = fractions * dose_per_fraction_gy;
    return dose_gy + dose_gy * dose_per_fraction_gy / alpha_beta_gy; /* 48 Gy in 3: exactly 124.8 */
}

double sbrt_eqd2_gy(double bed_gy, double alpha_beta_gy) {
    return bed_gy / (1 + 2 / alpha_beta_gy);
}

double sbrt_share(const SbrtConfig *config, double distance_mm) {
    double beyond_mm = distance_mm - config->margin_mm;
    return beyond_mm <= 0 ? 1 : exp2(-beyond_mm / config->half_distance_mm);
}

/* Of all targets, at a point; NaN if a distance is unknown, or who is treated. */
static double share_of_all(const SbrtConfig *config, const SbrtSample *sample,
                           const bool *is_target, size_t point) {
    double share = is_target == NULL ? NAN : 0;
    for (size_t n = 0; n < sample->n_lesions && is_target != NULL; n++) {
        if (is_target[n]) {
            share += sbrt_share(config, sample->distance_mm[n * sample->count + point]);
        }
    }
    return share > 1 ? 1 : share;
}

static int compare_points(const void *a, const void *b) {
    const Point *first = a, *second = b;
    return (first->bed_gy < second->bed_gy) - (first->bed_gy > second->bed_gy);
}

/* Mean, and the BED that the hottest third has at least; sorts the points. NaN of none. */
static void summarise(Point *points, size_t count, double *mean_gy, double *third_gy) {
    double sum = 0, volume_ml = 0, hotter_ml = 0;
    for (size_t n = 0; n < count; n++) {
        sum += points[n].bed_gy * points[n].volume_ml;
        volume_ml += points[n].volume_ml;
    }
    *mean_gy = volume_ml > 0 ? sum / volume_ml : NAN;
    *third_gy = NAN;
    if (isnan(*mean_gy)) {
        return;
    }
    qsort(points, count, sizeof *points, compare_points);
    for (size_t n = 0; n < count && hotter_ml < THIRD * volume_ml; n++) {
        *third_gy = points[n].bed_gy;
        hotter_ml += points[n].volume_ml;
    }
}

/* Mean and third of one kind of dose, `bed_gy` by point; points where it is NaN are left out, but
 * for that of SBRT alone: there one that is unknown leaves all unknown. */
static void take_dose(const SbrtSample *sample, const double *bed_gy, SbrtDose kind,
                      double alpha_beta_gy, Point *points, SbrtLiver *liver) {
    double mean_gy, third_gy;
    size_t count = 0;
    for (size_t n = 0; n < sample->count; n++) {
        if (kind == SBRT_ALONE || !isnan(sample->bed_gy[n])) {
            points[count++] = (Point){bed_gy[n], sample->volume_ml[n]};
        }
    }
    summarise(points, count, &mean_gy, &third_gy);
    liver->mean_bed_gy[kind] = mean_gy;
    liver->mean_eqd2_gy[kind] = sbrt_eqd2_gy(mean_gy, alpha_beta_gy);
    liver->third_eqd2_gy[kind] = sbrt_eqd2_gy(third_gy, alpha_beta_gy);
}

/* Doses of all three kinds by point, and what is summed on the way. */
static void fill_doses(const SbrtConfig *config, double alpha_beta_gy, const SbrtSample *sample,
                       const bool *is_target, double *alone_gy, double *both_gy, SbrtLiver *liver) {
    double spared_bed_gy =
        sbrt_bed_gy(config->fractions, config->spared_below_gy / config->fractions, alpha_beta_gy);
    double known_ml = 0, sum_gy = 0;
    for (size_t n = 0; n < sample->count; n++) {
        double volume_ml = sample->volume_ml[n];
        double share = share_of_all(config, sample, is_target, n);
        double fraction_gy = share * config->dose_per_fraction_gy;
        double dose_gy = config->fractions * fraction_gy;
        alone_gy[n] = sbrt_bed_gy(config->fractions, fraction_gy, alpha_beta_gy);
        both_gy[n] = alone_gy[n] + sample->bed_gy[n];
        liver->volume_ml += volume_ml;
        known_ml += isnan(sample->bed_gy[n]) ? 0 : volume_ml;
        sum_gy += dose_gy * volume_ml;
        liver->spared_ml += dose_gy < config->spared_below_gy ? volume_ml : 0;
        liver->spared_both_ml += both_gy[n] < spared_bed_gy ? volume_ml : 0;
    }
    liver->mean_gy = sum_gy / liver->volume_ml;
    liver->known_percent = 100 * known_ml / liver->volume_ml;
    if (isnan(liver->mean_gy)) {
        liver->spared_ml = liver->spared_both_ml = NAN;
    }
    liver->spared_both_ml = known_ml > 0 ? liver->spared_both_ml : NAN;
    liver->volume_ml = sample->count > 0 ? liver->volume_ml : NAN;
}

Status sbrt_liver_dose(const SbrtConfig *config, double alpha_beta_gy, const SbrtSample *sample,
                       const bool *is_target, SbrtLiver *liver, Error *error) {
    *liver = (SbrtLiver){.n_targets = is_target == NULL ? NAN : 0};
    for (size_t n = 0; n < sample->n_lesions && is_target != NULL; n++) {
        liver->n_targets += is_target[n];
    }
    double *alone_gy = malloc((sample->count + 1) * sizeof *alone_gy);
    double *both_gy = malloc((sample->count + 1) * sizeof *both_gy);
    Point *points = malloc((sample->count + 1) * sizeof *points);
    Status status = STATUS_OK;
    if (alone_gy == NULL || both_gy == NULL || points == NULL) {
        status = error_no_memory(error, "the doses of the normal liver");
        goto done;
    }
    fill_doses(config, alpha_beta_gy, sample, is_target, alone_gy, both_gy, liver);
    take_dose(sample, sample->bed_gy, SBRT_Y90, alpha_beta_gy, points, liver);
    take_dose(sample, alone_gy, SBRT_ALONE, alpha_beta_gy, points, liver);
    take_dose(sample, both_gy, SBRT_CUMULATED, alpha_beta_gy, points, liver);
done:
    free(alone_gy);
    free(both_gy);
    free(points);
    return status;
}
