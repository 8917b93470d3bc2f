/* Dose maps against closed forms: large uniform regions, uniform spheres, energy, sums. */
#include "dose/dose_maps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

static const char *const KERNEL = "configs/nuclides/y90_point_kernel_water.csv";

/* Half-life and energy of configs/nuclides/y90.yaml, written out so that the test is its own
 * calculation. */
static Config make_config(double density, unsigned methods) {
    Config config = {
        .dose = {.methods = methods, .density_g_ml = density, .kernel_radius_mm = 12.0},
        .nuclide = {.name = "Y-90",
                    .half_life_h = 64.042,
                    .mean_energy_mev = 0.9331,
                    .kernel_density_g_ml = 0.99821}};
    snprintf(config.nuclide.kernel_path, sizeof config.nuclide.kernel_path, "%s", KERNEL);
    return config;
}

static const unsigned BOTH = 1u << DOSE_KERNEL | 1u << DOSE_LOCAL_DEPOSITION;

static void make_volume(const size_t size[3], const double spacing[3], float value,
                        Volume *volume) {
    Error error = {0};
    Grid grid = {{size[0], size[1], size[2]}, affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = spacing[axis];
    }
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, volume, &error), STATUS_OK);
    for (size_t n = 0; n < grid_voxel_count(&grid); n++) {
        volume->voxels[n] = value;
    }
}

/* One method's dose of one activity; the caller frees the maps. */
static void compute(const Config *config, DoseMethod method, const Volume *activity,
                    DoseMaps *maps) {
    const TreatmentSource source = {.source = {.activity = activity}};
    DoseEngine engine;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(dose_engine_begin(config, &engine, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(dose_maps_compute(&engine, method, &source, 1, 0, maps, &error),
                          STATUS_OK);
    dose_engine_free(&engine);
}

/* 1 MBq/mL in tissue of 1.06 g/mL: 1 GBq in 1.06 kg. Number of decays per Bq: T/ln 2; energy per
 * decay: 0.9331 MeV. python3: 64.042*3600/log(2)*.9331*1.602176634e-13*1e9/1.06 = 46.9110 Gy.
 * The kernel's beta tail ends at 11.3 mm / 1.06, so 12 mm from the edge the region is infinite. */
static void test_uniform_region(void) {
    static const double spacings[3][3] = {{3.0, 3.0, 3.0}, {4.17, 4.17, 2.03}, {1.6, 2.2, 5.0}};
    const Config config = make_config(1.06, BOTH);
    const double expected_gy = 64.042 * 3600 / log(2) * 0.9331 * 1.602176634e-13 * 1e9 / 1.06;
    ASSERT_NEAR(expected_gy, 46.9110, 1e-4);
    for (int n = 0; n < 3; n++) {
        const size_t size[3] = {40, 36, 44};
        Volume activity;
        make_volume(size, spacings[n], 1e6f, &activity);
        for (int method = DOSE_KERNEL; method <= DOSE_LOCAL_DEPOSITION; method++) {
            DoseMaps maps;
            compute(&config, (DoseMethod)method, &activity, &maps);
            const Volume *map = &maps.treatments[0].dose;
            double sum = 0.0, count = 0.0;
            for (size_t v = 0; v < 40 * 36 * 44; v++) {
                size_t index[3] = {v % 40, v / 40 % 36, v / 1440};
                bool is_inside = true;
                for (int axis = 0; axis < 3; axis++) {
                    double margin = 14.0 / spacings[n][axis]; /* the radius and a voxel's part */
                    is_inside &= (double)index[axis] > margin &&
                                 (double)(size[axis] - 1 - index[axis]) > margin;
                }
                sum += is_inside ? map->voxels[v] : 0.0;
                count += is_inside;
            }
            CU_ASSERT_TRUE_FATAL(count > 500);
            ASSERT_NEAR(sum / count / expected_gy, 1.0, 5e-4); /* the 0.05 % that is required */
            dose_maps_free(&maps);
        }
        volume_free(&activity);
    }
}

/* Fraction of a voxel of edge h at distance (x, y, z) from the centre that a sphere fills: 5 x 5 x
 * 5 sub-voxels. */
static double fill(double x, double y, double z, double h, double radius) {
    int inside = 0;
    for (int n = 0; n < 125; n++) {
        double u = x + h * ((n % 5 - 2) / 5.0), v = y + h * ((n / 5 % 5 - 2) / 5.0);
        double w = z + h * ((n / 25 - 2) / 5.0);
        inside += u * u + v * v + w * w < radius * radius;
    }
    return inside / 125.0;
}

/* Absorbed fraction of a uniform sphere: the point kernel's energy at distance r from a random
 * point of a sphere of radius a is inside with probability 1 - 3r/4a + r^3/16a^3 (r < 2a), e.g.
 * Berger, MIRD Pamphlet 7 (1970). Midpoint rule in each 0.1 mm shell. */
static double sphere_absorbed_fraction(double radius_mm, double distance_scale) {
    PointKernel point;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(point_kernel_load(KERNEL, &point, &error), STATUS_OK);
    double sum = 0.0, all = 0.0;
    for (size_t s = 0; s < point.n_shells && point.radius_mm[s] < 11.999; s++) {
        double r = 0.5 * (point.radius_mm[s] + point.radius_mm[s + 1]) * distance_scale / radius_mm;
        sum += r < 2.0 ? point.fraction[s] * (1.0 - 0.75 * r + r * r * r / 16.0) : 0.0;
        all += point.fraction[s];
    }
    point_kernel_free(&point);
    return sum / all;
}

/* Mean dose of a sphere cut into voxels of edge h, over that of an infinite medium. */
static double voxelised_absorbed_fraction(double diameter_mm, double h, const Config *config) {
    const size_t edge = (size_t)(diameter_mm / h) + 5, size[3] = {edge, edge, edge};
    const double middle = h * (double)(edge - 1) / 2.0;
    Volume activity;
    DoseMaps maps;
    make_volume(size, (const double[]){h, h, h}, 0.0f, &activity);
    for (size_t v = 0; v < edge * edge * edge; v++) {
        double x = (double)(v % edge) * h - middle, y = (double)(v / edge % edge) * h - middle;
        double z = (double)(v / edge / edge) * h - middle;
        activity.voxels[v] = 1e6f * (float)fill(x, y, z, h, diameter_mm / 2.0);
    }
    compute(config, DOSE_KERNEL, &activity, &maps);
    double weighted = 0.0, weights = 0.0;
    for (size_t v = 0; v < edge * edge * edge; v++) {
        weighted += maps.treatments[0].dose.voxels[v] * (double)activity.voxels[v];
        weights += activity.voxels[v];
    }
    dose_maps_free(&maps);
    volume_free(&activity);
    return weighted / weights * config->dose.density_g_ml /
           (64.042 * 3600 / log(2) * 0.9331 * 1.602176634e-13 * 1e9);
}

/* NEMA's spheres against the analytic integral. What is wrong at finite h is the sphere, not the
 * kernel: partly filled voxels at its surface blur it by a triangle (variance h^2 / 6 a side),
 * which costs (S / V) f0 h^2 (ln(R / h) + const) / 12 of the mean; f0: the kernel's energy per mm,
 * R: its range. That falls by 3.3 from 1 mm to 0.5 mm and is extrapolated away with this figure;
 * an error of 0.2 in it is 0.2 % for the smallest sphere: tolerance 0.3 %. */
static void test_uniform_spheres(void) {
    static const double diameters[] = {10.0, 13.0, 17.0, 22.0, 28.0, 37.0};
    const Config config = make_config(1.04, 1u << DOSE_KERNEL);
    for (size_t n = 0; n < sizeof diameters / sizeof *diameters; n++) {
        double expected = sphere_absorbed_fraction(diameters[n] / 2.0, 0.99821 / 1.04);
        double coarse = voxelised_absorbed_fraction(diameters[n], 1.0, &config) / expected;
        double fine = voxelised_absorbed_fraction(diameters[n], 0.5, &config) / expected;
        ASSERT_NEAR(fine, 1.0, n == 0 ? 0.02 : 0.012);
        ASSERT_NEAR(fine + (fine - coarse) / (3.3 - 1.0), 1.0, 0.003);
    }
}

/* All energy of decays far from the border stays in the map: sum of dose x mass = A T/ln2 E,
 * negative activity included. Float voxels: 1e-5. */
static void test_energy_is_conserved(void) {
    const size_t size[3] = {41, 37, 49};
    const double spacing[3] = {3.2, 2.4, 2.03};
    const double density = 0.95;
    const Config config = make_config(density, BOTH);
    Volume activity;
    make_volume(size, spacing, 0.0f, &activity);
    double decays = 0.0;
    for (size_t k = 10; k < 39; k++) {
        for (size_t j = 9; j < 28; j++) {
            for (size_t i = 8; i < 33; i++) {
                float value = (float)((i * 7 + j * 13 + k * 5) % 11) * 1e5f - 2e5f;
                activity.voxels[i + 41 * (j + 37 * k)] = value;
                decays += value * 64.042 * 3600 / log(2);
            }
        }
    }
    for (int method = DOSE_KERNEL; method <= DOSE_LOCAL_DEPOSITION; method++) {
        DoseMaps maps;
        double joule_per_ml = 0.0;
        compute(&config, (DoseMethod)method, &activity, &maps);
        for (size_t v = 0; v < 41 * 37 * 49; v++) {
            joule_per_ml += maps.treatments[0].dose.voxels[v] * density * 1e-3;
        }
        ASSERT_NEAR(joule_per_ml / (decays * 0.9331 * 1.602176634e-13), 1.0, 1e-5);
        dose_maps_free(&maps);
    }
    volume_free(&activity);
}

/* A second treatment whose PET lies shifted by whole voxels: the sum is known voxel by voxel, and
 * unknown where that PET does not reach. */
static void test_treatments_add_up(void) {
    const size_t size[3] = {20, 20, 20};
    const double spacing[3] = {4.0, 4.0, 4.0};
    const Config config = make_config(1.06, BOTH);
    Volume first, second;
    DoseEngine engine;
    Error error = {0};
    make_volume(size, spacing, 2e6f, &first);
    make_volume(size, spacing, 1e6f, &second);
    Affine shift = affine_identity();
    shift.m[0][3] = 8.0; /* voxel i of the first is voxel i + 2 of the second */
    const TreatmentSource sources[] = {{.source = {.activity = &first}},
                                       {{.activity = &second}, shift}};
    CU_ASSERT_EQUAL_FATAL(dose_engine_begin(&config, &engine, &error), STATUS_OK);
    for (int method = DOSE_KERNEL; method <= DOSE_LOCAL_DEPOSITION; method++) {
        DoseMaps maps, alone;
        CU_ASSERT_EQUAL_FATAL(
            dose_maps_compute(&engine, (DoseMethod)method, sources, 2, 0, &maps, &error),
            STATUS_OK);
        compute(&config, (DoseMethod)method, &first, &alone);
        dose_maps_sum(&maps);
        const float *sum = maps.treatments[0].dose.voxels, *one = alone.treatments[0].dose.voxels;
        for (size_t v = 0; v < 8000; v += 37) {
            if (v % 20 + 2 < 20) {
                double expected = one[v] + 0.5 * (double)one[v + 2];
                ASSERT_NEAR(sum[v] / expected, 1.0, 1e-5);
            } else {
                CU_ASSERT_TRUE(isnan(sum[v]));
            }
        }
        dose_maps_free(&maps);
        dose_maps_free(&alone);
    }
    dose_engine_free(&engine);
    volume_free(&first);
    volume_free(&second);
}

/* Two treatments weeks apart: their biologically effective doses add, not their doses' squares.
 * D (1 + D / (a/b) Trep / (Trep + T)), Dale 1985, with numbers of the test's own. */
static void test_effective_doses_add_up(void) {
    const size_t size[3] = {3, 3, 3};
    const double spacing[3] = {4.0, 4.0, 4.0};
    Config config = make_config(1.06, 1u << DOSE_LOCAL_DEPOSITION);
    config.dose.normal_liver = (RadiobiologyConfig){2.5, 2.0};
    Volume first, second, derived;
    DoseEngine engine;
    DoseMaps maps;
    Error error = {0};
    make_volume(size, spacing, 1e6f, &first);
    make_volume(size, spacing, 2e6f, &second);
    const TreatmentSource sources[] = {{.source = {.activity = &first}},
                                       {{.activity = &second}, affine_identity()}};
    CU_ASSERT_EQUAL_FATAL(dose_engine_begin(&config, &engine, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(
        dose_maps_compute(&engine, DOSE_LOCAL_DEPOSITION, sources, 2, 0, &maps, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(
        dose_maps_derive(&maps, DERIVED_BED_NORMAL_LIVER, &config, &derived, &error), STATUS_OK);
    double one = 46.9110, two = 2 * one, share = 2.0 / (2.0 + 64.042) / 2.5;
    double expected = one * (1 + one * share) + two * (1 + two * share);
    ASSERT_NEAR(derived.voxels[13] / expected, 1.0, 1e-5);
    volume_free(&derived);
    dose_maps_free(&maps);
    dose_engine_free(&engine);
    volume_free(&first);
    volume_free(&second);
}

static void test_configuration_errors(void) {
    DoseEngine engine;
    Error error = {0};
    Config config = make_config(1.06, BOTH);
    config.nuclide.kernel_path[0] = '\0';
    CU_ASSERT_EQUAL(dose_engine_begin(&config, &engine, &error), STATUS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "no point kernel"));
    config.dose.methods = 1u << DOSE_LOCAL_DEPOSITION;
    CU_ASSERT_EQUAL(dose_engine_begin(&config, &engine, &error), STATUS_OK);
    dose_engine_free(&engine);
    config.dose.density_g_ml = 0.0;
    CU_ASSERT_EQUAL(dose_engine_begin(&config, &engine, &error), STATUS_CONFIG);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a large uniform region gets A E / m", test_uniform_region},
        {"uniform spheres get the analytic mean dose", test_uniform_spheres},
        {"energy is conserved", test_energy_is_conserved},
        {"treatments add up through the transform", test_treatments_add_up},
        {"effective doses of treatments add up", test_effective_doses_add_up},
        {"impossible methods are configuration errors", test_configuration_errors},
    };
    return suite_run("dose maps", tests, sizeof tests / sizeof *tests);
}
