/* Spheres of known truth, blurred by a known resolution, in noise of a known size, many times over:
 * what the stage says of one image is compared with how the results of all images spread. */
#include "segment/dose_noise.h"
#include "segment/lesion.h"
#include "segment/recovery.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 32, VOXELS = SIDE * SIDE * SIDE, MAX_REACH = 16 };

#define OK(call) CU_ASSERT_EQUAL_FATAL((call), STATUS_OK)

static const double voxel_mm = 3, fwhm_mm = 6.5, tumour_gy = 160, liver_gy = 20, noise_gy = 24;
static const double sd_mm = 6.5 * 0.4246609001440095; /* 1 / sqrt(8 ln 2) */

static Error error;
static uint64_t state = 11;

static double next_uniform(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(state >> 11) + 0.5) / 9007199254740992.0;
}

static double next_normal(void) {
    double radius = sqrt(-2 * log(next_uniform()));
    return radius * cos(2 * M_PI * next_uniform());
}

static Grid make_grid(double spacing_mm, size_t side) {
    Grid grid = {.size = {side, side, side}, .affine = affine_identity()};
    for (int axis = 0; axis < 3; axis++) { /* the origin in the middle */
        grid.affine.m[axis][axis] = spacing_mm;
        grid.affine.m[axis][3] = -spacing_mm * (double)(side - 1) / 2;
    }
    return grid;
}

static double radius_at(const Grid *grid, size_t n) {
    double at[3] = {(double)(n % grid->size[0]), (double)(n / grid->size[0] % grid->size[1]),
                    (double)(n / grid->size[0] / grid->size[1])};
    affine_apply(&grid->affine, at, at);
    return sqrt(at[0] * at[0] + at[1] * at[1] + at[2] * at[2]);
}

/* Blurs by the resolution, voxels at the rim as if nothing lay beyond. */
static void blur(float *image) {
    double weights[MAX_REACH + 1], sum = 0;
    int reach = (int)ceil(4.5 * sd_mm / voxel_mm);
    static float line[SIDE];
    for (int away = -reach; away <= reach; away++) {
        double x = away * voxel_mm / sd_mm;
        weights[abs(away)] = exp(-x * x / 2);
        sum += weights[abs(away)];
    }
    for (size_t stride = 1; stride < VOXELS; stride *= SIDE) {
        for (size_t n = 0; n < VOXELS; n++) {
            if (n / stride % SIDE != 0) {
                continue;
            }
            for (int x = 0; x < SIDE; x++) {
                double value = 0;
                for (int y = x - reach; y <= x + reach; y++) {
                    int inside = y < 0 ? 0 : y >= SIDE ? SIDE - 1 : y;
                    value += weights[abs(y - x)] * (double)image[n + (size_t)inside * stride];
                }
                line[x] = (float)(value / sum);
            }
            for (size_t x = 0; x < SIDE; x++) {
                image[n + x * stride] = line[x];
            }
        }
    }
}

/* The sphere in its liver, sampled eight times finer along each axis at its surface, blurred. */
static void draw_sphere(double radius_mm, double inside_gy, double outside_gy, Volume *image) {
    Grid grid = make_grid(voxel_mm, SIDE);
    OK(volume_create(&grid, image, &error));
    for (size_t n = 0; n < VOXELS; n++) {
        double part = radius_at(&grid, n) <= radius_mm;
        if (fabs(radius_at(&grid, n) - radius_mm) < voxel_mm) {
            double centre[3] = {(double)(n % SIDE), (double)(n / SIDE % SIDE),
                                (double)(n / SIDE / SIDE)};
            affine_apply(&grid.affine, centre, centre);
            part = 0;
            for (int s = 0; s < 512; s++) {
                double x = centre[0] + voxel_mm * ((s % 8 + 0.5) / 8 - 0.5);
                double y = centre[1] + voxel_mm * ((s / 8 % 8 + 0.5) / 8 - 0.5);
                double z = centre[2] + voxel_mm * ((s / 64 + 0.5) / 8 - 0.5);
                part += x * x + y * y + z * z <= radius_mm * radius_mm ? 1. / 512 : 0;
            }
        }
        image->voxels[n] = (float)(outside_gy + part * (inside_gy - outside_gy));
    }
    blur(image->voxels);
}

/* Adds noise, white or blurred, of the standard deviation `deviation` where the mean is the
 * tumour's, elsewhere with the root of the mean, as of counts. */
static void add_noise(bool is_white, double deviation, const Volume *mean, float *image) {
    static float noise[VOXELS];
    for (size_t n = 0; n < VOXELS; n++) {
        noise[n] = (float)next_normal();
    }
    /* a blurred white voxel keeps the sum of the squared weights, whole Gaussians: */
    double kept = 1;
    if (!is_white) {
        blur(noise);
        double line = 0, squares = 0;
        for (int away = -MAX_REACH; away <= MAX_REACH; away++) {
            double x = away * voxel_mm / sd_mm;
            line += exp(-x * x / 2);
            squares += exp(-x * x);
        }
        kept = pow(sqrt(squares) / line, 3);
    }
    for (size_t n = 0; n < VOXELS; n++) {
        double local = sqrt(fmax(0, (double)mean->voxels[n]) / tumour_gy);
        image[n] += (float)(deviation * local / kept * (double)noise[n]);
    }
}

/* A sphere's mask on its own, finer grid. */
static Structure make_structure(double radius_mm, double spacing_mm) {
    Structure structure = {.role = "lesion",
                           .label = "L1",
                           .to_reference = affine_identity(),
                           .registration_quality = 1};
    size_t side = 2 * (size_t)ceil(radius_mm / spacing_mm) + 4;
    Grid grid = make_grid(spacing_mm, side);
    OK(label_map_create(&grid, &structure.mask, &error));
    for (size_t n = 0; n < grid_voxel_count(&grid); n++) {
        structure.mask.labels[n] = radius_at(&grid, n) <= radius_mm;
    }
    return structure;
}

static const SegmentationConfig config = {.dose_method = DOSE_LOCAL_DEPOSITION,
                                          .part_fraction = 0.2,
                                          .min_coverage = 0.99,
                                          .dvh_bin_gy = 50};

/* Maps of local deposition, one Gy per Bq/mL, that share the image. */
static void make_maps(const Volume *image, double known_fwhm_mm, SegmentDoseMaps *maps) {
    *maps = (SegmentDoseMaps){.method = DOSE_LOCAL_DEPOSITION,
                              .reference_to_dose = affine_identity(),
                              .registration_quality = 1,
                              .sum_quality = 1,
                              .liver = {{NAN, NAN}, NAN, NAN}};
    maps->maps[DOSE_LOCAL_DEPOSITION] = *image;
    maps->activity = *image;
    maps->chosen = &maps->maps[DOSE_LOCAL_DEPOSITION];
    maps->scan = (PetScan){.treatments = 1,
                           .calibration_uncertainty = NAN,
                           .fwhm_transaxial_mm = known_fwhm_mm,
                           .fwhm_axial_mm = known_fwhm_mm,
                           .recovery = {.d0_mm = NAN, .exponent = NAN, .min_diameter_mm = NAN},
                           .coincidences_per_bq = NAN,
                           .gy_per_bq_ml = 1};
}

static Lesion measure(const Structure *structure, const SegmentDoseMaps *maps) {
    Lesion lesion;
    OK(lesion_measure(structure, maps, &config, &lesion, &error));
    lesion_free(&lesion);
    return lesion;
}

/* A liver that fills the image but for its rim. */
static Structure make_liver(void) {
    Structure liver = {.role = "liver",
                       .label = "liver",
                       .to_reference = affine_identity(),
                       .registration_quality = 1};
    Grid grid = make_grid(voxel_mm, SIDE - 4);
    OK(label_map_create(&grid, &liver.mask, &error));
    for (size_t n = 0; n < grid_voxel_count(&grid); n++) {
        liver.mask.labels[n] = 1;
    }
    return liver;
}

/* As the stage does it: lesions marked, then the liver measured. */
static void measure_liver(Structure *lesion, SegmentDoseMaps *maps) {
    Structure structures[2] = {make_liver(), *lesion};
    StructureList list = {structures, 2};
    OK(segment_dose_mark_lesions(&list, 0.2, maps, &error));
    SegmentationConfig whole = config;
    whole.part_fraction = 1; /* the liver's voxels are the image's */
    OK(dose_noise_measure_liver(&list, &whole, maps, &error));
    volume_free(&maps->lesions);
    label_map_free(&structures[0].mask);
}

typedef struct NoiseRun {
    double least_gy, most_gy; /* stated */
    double spread_gy;         /* of Davg */
} NoiseRun;

static NoiseRun run_noise(double radius_mm, bool is_white, double known_fwhm_mm,
                          double deviation_gy, int images) {
    NoiseRun run = {.least_gy = INFINITY};
    Volume truth, image, weights;
    SegmentDoseMaps maps;
    double coverage, sum = 0, squares = 0, stated_gy;
    draw_sphere(radius_mm, tumour_gy, liver_gy, &truth);
    OK(volume_create(&truth.grid, &image, &error));
    Structure structure = make_structure(radius_mm, 1);
    make_maps(&image, known_fwhm_mm, &maps);
    OK(segment_dose_weights(&structure.mask, &structure.to_reference, &maps, 0.2, &weights,
                            &coverage, &error));
    for (int n = 0; n < images; n++) {
        memcpy(image.voxels, truth.voxels, VOXELS * sizeof(float));
        add_noise(is_white, deviation_gy, &truth, image.voxels);
        measure_liver(&structure, &maps);
        OK(dose_noise_measure_lesion(&maps, &weights, &stated_gy, &error));
        CU_ASSERT(!isnan(stated_gy));
        run.least_gy = fmin(run.least_gy, stated_gy);
        run.most_gy = fmax(run.most_gy, stated_gy);
        double davg_gy = dose_weighted_mean(&image, &weights);
        sum += davg_gy;
        squares += davg_gy * davg_gy;
    }
    run.spread_gy = sqrt((squares - sum * sum / images) / (images - 1));
    volume_free(&weights);
    label_map_free(&structure.mask);
    volume_free(&truth);
    volume_free(&image);
    return run;
}

/* Hot spheres of 16 to 26 mm, blurred, in little and in much noise: every single image states the
 * spread of Davg within a factor of 2, whether the resolution is known or not (the spread of 20
 * images is itself uncertain by 16 %). Of the sphere's shape nothing may enter: it is up to forty
 * times the noise. */
static void noise_is_that_of_the_liver(void) {
    static const struct {
        double radius_mm, deviation_gy;
        bool is_white, is_known;
    } cases[] = {{8, 4, true, false},  {13, 4, false, false}, {8, 24, false, true},
                 {10, 4, false, true}, {13, 24, true, true},  {10, 24, false, false}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        NoiseRun run = run_noise(cases[c].radius_mm, cases[c].is_white,
                                 cases[c].is_known ? fwhm_mm : NAN, cases[c].deviation_gy, 20);
        CU_ASSERT(run.least_gy > run.spread_gy / 2);
        CU_ASSERT(run.most_gy < run.spread_gy * 2);
    }
}

/* Its own shape would be taken for noise, many times over. */
static void without_a_liver_noise_is_unknown(void) {
    Volume image;
    SegmentDoseMaps maps;
    draw_sphere(10, tumour_gy, liver_gy, &image);
    Structure structure = make_structure(10, 1);
    make_maps(&image, fwhm_mm, &maps);
    Lesion lesion = measure(&structure, &maps);
    CU_ASSERT(isnan(lesion.uncertainty.noise_gy));
    CU_ASSERT(flags_has(&lesion.uncertainty.unknown, "noise"));
    label_map_free(&structure.mask);
    volume_free(&image);
}

/* Recovery measured on noiseless NEMA spheres of the same resolution, straight line through
 * ln(1/RC - 1) against ln d; standard errors from its residuals. */
static RecoveryCurve fit_recovery(void) {
    const double diameters_mm[] = {13, 17, 22, 28, 37};
    enum { SPHERES = 5 };
    double x[SPHERES], y[SPHERES], mean_x = 0, mean_y = 0, xx = 0, xy = 0, residual = 0;
    for (int n = 0; n < SPHERES; n++) {
        Volume image;
        SegmentDoseMaps maps;
        draw_sphere(diameters_mm[n] / 2, 1000, 0, &image);
        Structure structure = make_structure(diameters_mm[n] / 2, 1);
        make_maps(&image, NAN, &maps);
        double recovery = measure(&structure, &maps).davg_gy / 1000;
        x[n] = log(diameters_mm[n]);
        y[n] = log(1 / recovery - 1);
        mean_x += x[n] / SPHERES;
        mean_y += y[n] / SPHERES;
        label_map_free(&structure.mask);
        volume_free(&image);
    }
    for (int n = 0; n < SPHERES; n++) {
        xx += (x[n] - mean_x) * (x[n] - mean_x);
        xy += (x[n] - mean_x) * (y[n] - mean_y);
    }
    double slope = xy / xx, ln_d0 = mean_x - mean_y / slope;
    for (int n = 0; n < SPHERES; n++) {
        residual += pow(y[n] - mean_y - slope * (x[n] - mean_x), 2) / (SPHERES - 2);
    }
    double d0_mm = exp(ln_d0);
    return (RecoveryCurve){.d0_mm = d0_mm,
                           .exponent = -slope,
                           .d0_standard_error_mm = d0_mm * sqrt(residual / SPHERES) / -slope,
                           .exponent_standard_error = sqrt(residual / xx),
                           .correlation = 0,
                           .min_diameter_mm = 13,
                           .max_diameter_mm = 37};
}

/* One number of many images: how far it lies from where it should, in stated uncertainties. */
typedef struct Scores {
    double sum, squares, within;
    int count;
} Scores;

static void add_score(double error_gy, double uncertainty_gy, Scores *scores) {
    double score = error_gy / uncertainty_gy;
    scores->sum += score;
    scores->squares += score * score;
    scores->within += fabs(score) <= 2;
    scores->count++;
}

/* Calibration, outline and noise drawn anew for every image. Stated uncertainties must cover the
 * spread: root mean square of the scores within a factor of 1.25 of 1 (with 80 images known to
 * 8 %; noise to 15 %; the outline's straight line to about 10 %), 95 % within two, at least 90 %.
 */
static void stated_uncertainty_covers_the_spread(void) {
    enum { IMAGES = 80 };
    const double radius_mm = 12, spacing_mm = 1.2, calibration = 0.05;
    RecoveryCurve recovery = fit_recovery();
    Volume truth, image;
    SegmentDoseMaps maps;
    draw_sphere(radius_mm, tumour_gy, liver_gy, &truth);
    OK(volume_create(&truth.grid, &image, &error));
    make_maps(&image, fwhm_mm, &maps);
    maps.scan.calibration_uncertainty = calibration;
    maps.scan.recovery = recovery;
    memcpy(image.voxels, truth.voxels, VOXELS * sizeof(float));
    Structure exact = make_structure(radius_mm, spacing_mm);
    double expected_gy = measure(&exact, &maps).davg_gy;
    double u_diameter_mm = dose_uncertainty_diameter_mm(spacing_mm, NAN);
    Scores plain = {0}, recovered = {0};
    for (int n = 0; n < IMAGES; n++) {
        double factor = 1 + calibration * next_normal();
        memcpy(image.voxels, truth.voxels, VOXELS * sizeof(float));
        add_noise(false, noise_gy, &truth, image.voxels);
        for (size_t v = 0; v < VOXELS; v++) {
            image.voxels[v] *= (float)factor;
        }
        Structure drawn = make_structure(radius_mm + u_diameter_mm / 2 * next_normal(), spacing_mm);
        measure_liver(&drawn, &maps);
        Lesion lesion = measure(&drawn, &maps);
        CU_ASSERT_STRING_EQUAL(lesion.uncertainty.unknown.text, "counting;outline");
        add_score(lesion.davg_gy - expected_gy, lesion.uncertainty.davg_gy, &plain);
        add_score(lesion.uncertainty.davg_recovered_gy - tumour_gy,
                  lesion.uncertainty.davg_recovered_uncertainty_gy, &recovered);
        label_map_free(&drawn.mask);
    }
    ASSERT_NEAR(sqrt(plain.squares / IMAGES), 1, 0.25);
    ASSERT_NEAR(sqrt(recovered.squares / IMAGES), 1, 0.25);
    ASSERT_NEAR(plain.sum / IMAGES, 0, 0.3);
    ASSERT_NEAR(recovered.sum / IMAGES, 0, 0.3);
    CU_ASSERT(plain.within / IMAGES >= 0.9);
    CU_ASSERT(recovered.within / IMAGES >= 0.9);
    label_map_free(&exact.mask);
    volume_free(&truth);
    volume_free(&image);
}

/* Blurred spheres in surroundings hot, warm and cold, noiseless; recovery as fitted above, to
 * spheres in nothing. Within 10 % of the truth; of a lesion colder than what is around it, within
 * 10 % of the difference. */
static void recovered_is_the_truth_in_any_surroundings(void) {
    const double diameters_mm[] = {18, 24, 30};
    const double inside_gy[] = {160, 160, 160, 10}, around_gy[] = {0, 20, 60, 50};
    RecoveryCurve recovery = fit_recovery();
    for (int c = 0; c < 12; c++) {
        double truth_gy = inside_gy[c / 3], away_gy = around_gy[c / 3];
        Volume image;
        SegmentDoseMaps maps;
        draw_sphere(diameters_mm[c % 3] / 2, truth_gy, away_gy, &image);
        Structure structure = make_structure(diameters_mm[c % 3] / 2, 1);
        make_maps(&image, c % 2 == 0 ? fwhm_mm : NAN, &maps);
        maps.scan.recovery = recovery;
        Lesion lesion = measure(&structure, &maps);
        double scale_gy = truth_gy > away_gy ? truth_gy : away_gy - truth_gy;
        ASSERT_NEAR(lesion.davg_surroundings_gy, away_gy, 0.02 * fabs(truth_gy - away_gy));
        ASSERT_NEAR(lesion.uncertainty.davg_recovered_gy, truth_gy, 0.1 * scale_gy);
        label_map_free(&structure.mask);
        volume_free(&image);
    }
}

/* D(r) = 100 Gy - 2 Gy/mm r: the mean over a sphere of radius R is 100 - 1.5 R Gy. The outline
 * moves by a dose voxel, 3 mm. */
static void the_band_brackets_a_gradient(void) {
    Grid grid = make_grid(voxel_mm, SIDE);
    Volume image;
    SegmentDoseMaps maps;
    OK(volume_create(&grid, &image, &error));
    for (size_t n = 0; n < VOXELS; n++) {
        image.voxels[n] = (float)(100 - 2 * radius_at(&grid, n));
    }
    make_maps(&image, NAN, &maps);
    Structure structure = make_structure(15, 1);
    Lesion lesion = measure(&structure, &maps);
    /* the surface is known to a quarter of a mask voxel, and a dose voxel at the edge holds doses
     * 3 mm apart of which it says only the mean: 1.5 Gy/mm times 0.25 mm, and as much again */
    ASSERT_NEAR(lesion.davg_gy, 100 - 1.5 * 15, 0.75);
    ASSERT_NEAR(lesion.davg_eroded_gy, 100 - 1.5 * 12, 0.75);
    ASSERT_NEAR(lesion.davg_dilated_gy, 100 - 1.5 * 18, 0.75);
    double u_diameter_mm = dose_uncertainty_diameter_mm(1, NAN);
    /* 0.75 Gy per mm of diameter */
    ASSERT_NEAR(lesion.uncertainty.volume_gy / (0.75 * u_diameter_mm), 1, 0.1);
    label_map_free(&structure.mask);
    volume_free(&image);
}

int main(void) {
    static const UnitTest tests[] = {
        {"noise is that of the liver, within a factor of 2", noise_is_that_of_the_liver},
        {"without a liver noise is unknown", without_a_liver_noise_is_unknown},
        {"recovered is the truth in any surroundings", recovered_is_the_truth_in_any_surroundings},
        {"stated uncertainty covers the spread of 80 images", stated_uncertainty_covers_the_spread},
        {"the contour band brackets a gradient", the_band_brackets_a_gradient},
    };
    return suite_run("segment/lesion_uncertainty (validation)", tests,
                     sizeof tests / sizeof *tests);
}
