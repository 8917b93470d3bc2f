/* The sample of the normal liver on digital shapes with closed forms: a ball of liver with round
 * lesions. The "dose" map holds the true distance to the first lesion's surface, and the "BED" map
 * the point's x, so that every point tells where it is. */
#include "segment/normal_liver_samples.h"

#include <math.h>
#include <stdio.h>

#include "tests/unit/suite.h"

enum { SIDE = 72 };

static const double LIVER_MM = 60, LESION_MM = 12;
static const double CENTRES[2][3] = {{20.3, -10.7, 5.1}, {-30, 15, -12}};

static Error error;

typedef struct Scene {
    Grid grid;
    Structure structures[3];
    SegmentDoseMaps maps;
    Volume bed;
} Scene;

static double distance_mm(const double a[3], const double b[3]) {
    return hypot(hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]);
}

static void place(const Grid *grid, size_t n, double at_mm[3]) {
    at_mm[0] = (double)(n % SIDE);
    at_mm[1] = (double)(n / SIDE % SIDE);
    at_mm[2] = (double)(n / SIDE / SIDE);
    affine_apply(&grid->affine, at_mm, at_mm);
}

static Structure draw(const char *role, const Grid *grid, const double centre[3],
                      double radius_mm) {
    Structure structure = {.to_reference = affine_identity(), .registration_quality = 1};
    snprintf(structure.role, sizeof structure.role, "%s", role);
    CU_ASSERT_EQUAL_FATAL(label_map_create(grid, &structure.mask, &error), STATUS_OK);
    for (size_t n = 0; n < grid_voxel_count(grid); n++) {
        double at_mm[3];
        place(grid, n, at_mm);
        structure.mask.labels[n] = distance_mm(at_mm, centre) <= radius_mm;
    }
    return structure;
}

static void make_scene(double spacing_mm, double slice_mm, Scene *scene) {
    static const double origin[3] = {0, 0, 0};
    const double spacing[3] = {spacing_mm, spacing_mm, slice_mm};
    *scene = (Scene){.grid = {.size = {SIDE, SIDE, SIDE}, .affine = affine_identity()}};
    for (int axis = 0; axis < 3; axis++) {
        scene->grid.affine.m[axis][axis] = spacing[axis];
        scene->grid.affine.m[axis][3] = -spacing[axis] * SIDE / 2;
    }
    scene->structures[0] = draw("lesion", &scene->grid, CENTRES[0], LESION_MM);
    scene->structures[1] = draw("lesion", &scene->grid, CENTRES[1], LESION_MM);
    scene->structures[2] = draw("liver", &scene->grid, origin, LIVER_MM);
    scene->maps = (SegmentDoseMaps){
        .reference_to_dose = affine_identity(), .registration_quality = 1, .sum_quality = 1};
    scene->maps.chosen = &scene->maps.maps[DOSE_KERNEL];
    CU_ASSERT_EQUAL_FATAL(volume_create(&scene->grid, &scene->maps.maps[DOSE_KERNEL], &error),
                          STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(volume_create(&scene->grid, &scene->bed, &error), STATUS_OK);
    for (size_t n = 0; n < grid_voxel_count(&scene->grid); n++) {
        double at_mm[3];
        place(&scene->grid, n, at_mm);
        scene->maps.maps[DOSE_KERNEL].voxels[n] =
            (float)(distance_mm(at_mm, CENTRES[0]) - LESION_MM);
        scene->bed.voxels[n] = (float)at_mm[0];
    }
}

static void scene_free(Scene *scene) {
    for (int s = 0; s < 3; s++) {
        label_map_free(&scene->structures[s].mask);
    }
    segment_dose_maps_free(&scene->maps);
    volume_free(&scene->bed);
}

static void take(const Scene *scene, NormalLiverSamples *samples) {
    const StructureList list = {(Structure *)scene->structures, 3};
    CU_ASSERT_EQUAL_FATAL(normal_liver_samples_take(&list, &scene->grid, &scene->maps, &scene->bed,
                                                    0.25, samples, &error),
                          STATUS_OK);
}

/* 4/3 pi (60^3 - 2 12^3) mm3; a digital ball of 30 voxels radius is within 0.5 % of it. */
static void volumes_sum_to_the_normal_liver(void) {
    static const double spacings[][2] = {{2, 2}, {1.8, 3}, {4, 4}};
    double volume_ml = 4e-3 / 3 * M_PI * (pow(LIVER_MM, 3) - 2 * pow(LESION_MM, 3));
    for (size_t s = 0; s < sizeof spacings / sizeof *spacings; s++) {
        Scene scene;
        NormalLiverSamples samples;
        make_scene(spacings[s][0], spacings[s][1], &scene);
        take(&scene, &samples);
        CU_ASSERT(samples.count >= 1900 && samples.count <= 4200); /* the shape adds a little */
        ASSERT_NEAR((double)samples.count * samples.volume_ml / volume_ml, 1, 0.01);
        normal_liver_samples_free(&samples);
        scene_free(&scene);
    }
}

/* Mean over all points within 0.3 voxel, as for vessels; one point within a voxel's diagonal. And
 * the points are spread evenly: their mean x is that of the shape, which is minus the lesions'
 * share: -(20.3 - 30) 12^3 / (60^3 - 2 12^3) mm, to a standard error of 0.5 mm. */
static void distances_are_right_on_a_sphere(void) {
    static const double spacings[][2] = {{2, 2}, {1.8, 3}};
    double centre_mm = -(CENTRES[0][0] + CENTRES[1][0]) * pow(LESION_MM, 3) /
                       (pow(LIVER_MM, 3) - 2 * pow(LESION_MM, 3));
    for (size_t s = 0; s < sizeof spacings / sizeof *spacings; s++) {
        Scene scene;
        NormalLiverSamples samples;
        double voxel_mm = cbrt(spacings[s][0] * spacings[s][0] * spacings[s][1]);
        double bias_mm = 0, worst_mm = 0, x_mm = 0;
        make_scene(spacings[s][0], spacings[s][1], &scene);
        take(&scene, &samples);
        for (size_t n = 0; n < samples.count; n++) {
            double away_mm = samples.distance_mm[n] - samples.dose_gy[n];
            bias_mm += away_mm / (double)samples.count;
            worst_mm = fmax(worst_mm, fabs(away_mm));
            x_mm += samples.bed_gy[n] / (double)samples.count;
        }
        ASSERT_NEAR(bias_mm / voxel_mm, 0, 0.3);
        CU_ASSERT(worst_mm < voxel_mm * sqrt(3));
        ASSERT_NEAR(x_mm, centre_mm, 1.5);
        normal_liver_samples_free(&samples);
        scene_free(&scene);
    }
}

/* The dose's grid moved by a known shift: 8 mm along x, so that BED tells x + 8. */
static void spaces_are_respected(void) {
    Scene scene;
    NormalLiverSamples straight, shifted;
    double shift_mm = 0;
    make_scene(4, 4, &scene);
    take(&scene, &straight);
    scene.maps.reference_to_dose.m[0][3] = 8;
    take(&scene, &shifted);
    CU_ASSERT_EQUAL_FATAL(shifted.count, straight.count);
    for (size_t n = 0; n < shifted.count; n++) {
        CU_ASSERT(fabs(shifted.bed_gy[n] - 8) <= LIVER_MM);
        shift_mm += (shifted.bed_gy[n] - straight.bed_gy[n]) / (double)straight.count;
    }
    ASSERT_NEAR(shift_mm, 8, 0.5);
    normal_liver_samples_free(&straight);
    normal_liver_samples_free(&shifted);
    scene_free(&scene);
}

/* A lesion in the liver whose registration failed: where it is, and so what is normal liver, is not
 * known, and neither are the doses there. */
static void a_failed_registration_leaves_nothing_known(void) {
    Scene scene;
    NormalLiverSamples samples;
    make_scene(4, 4, &scene);
    scene.structures[1].registration_quality = 0.1;
    scene.structures[1].to_reference.m[1][3] = 1;
    take(&scene, &samples);
    for (size_t n = 0; n < samples.count; n += 97) {
        CU_ASSERT(isnan(samples.distance_mm[samples.count + n]));
        CU_ASSERT(!isnan(samples.distance_mm[n]));
        CU_ASSERT(isnan(samples.dose_gy[n]) && isnan(samples.bed_gy[n]));
    }
    normal_liver_samples_free(&samples);
    scene_free(&scene);
}

static void what_the_map_does_not_cover_is_unknown(void) {
    Scene scene;
    NormalLiverSamples samples;
    size_t beyond = 0;
    make_scene(4, 4, &scene);
    scene.maps.reference_to_dose.m[2][3] = 144; /* only z < 0 of the liver stays in the map */
    volume_free(&scene.bed);
    take(&scene, &samples);
    for (size_t n = 0; n < samples.count; n++) {
        beyond += isnan(samples.dose_gy[n]) ? 1 : 0;
        CU_ASSERT(isnan(samples.bed_gy[n])); /* there is no such map */
    }
    ASSERT_NEAR((double)beyond / (double)samples.count, 0.5, 0.05);
    normal_liver_samples_free(&samples);
    scene_free(&scene);
}

int main(void) {
    static const UnitTest tests[] = {
        {"volumes sum to the normal liver within 1 %", volumes_sum_to_the_normal_liver},
        {"distances to a sphere are right, points evenly spread", distances_are_right_on_a_sphere},
        {"dose and lesions come through their registrations", spaces_are_respected},
        {"a failed registration leaves nothing known", a_failed_registration_leaves_nothing_known},
        {"what the map does not cover is unknown", what_the_map_does_not_cover_is_unknown},
    };
    return suite_run("segment/normal_liver_samples", tests, sizeof tests / sizeof *tests);
}
