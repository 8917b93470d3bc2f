/* The tail's bookkeeping, on point kernels made up so that results can be said beforehand; and the
 * part of the voxel kernel that it needs. */
#include "dose/bremsstrahlung_tail.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "dose/voxel_kernel.h"
#include "tests/unit/suite.h"

/* 40 shells of 1 mm. 1/2 of the energy to 2 mm, 3/8 from there to 12, 1/16 to 20, 1/32 to 40; the
 * last 1/32 is further away. */
enum { SHELLS = 40 };
typedef struct Shells {
    double radius_mm[SHELLS + 1], fraction[SHELLS];
} Shells;

static PointKernel make_point(Shells *shells) {
    shells->radius_mm[0] = 0.0;
    for (int s = 0; s < SHELLS; s++) {
        shells->radius_mm[s + 1] = s + 1.0;
        shells->fraction[s] = s < 2 ? 1.0 / 4 : s < 12 ? 3.0 / 80 : s < 20 ? 1.0 / 128 : 1.0 / 640;
    }
    return (PointKernel){SHELLS, shells->radius_mm, shells->fraction, 1.0};
}

static Volume make_volume(size_t nx, size_t ny, size_t nz, double dx, double dy, double dz) {
    Volume volume;
    Error error = {0};
    Grid grid = {{nx, ny, nz}, affine_identity()};
    grid.affine.m[0][0] = dx;
    grid.affine.m[1][1] = dy;
    grid.affine.m[2][2] = dz;
    CU_ASSERT_EQUAL_FATAL(volume_create(&grid, &volume, &error), STATUS_OK);
    return volume;
}

static double sum_voxels(const Volume *volume) {
    double sum = 0.0;
    for (size_t n = 0; n < grid_voxel_count(&volume->grid); n++) {
        sum += volume->voxels[n];
    }
    return sum;
}

static double add_tail(const Volume *activity, double scale, double begin_mm, double factor,
                       Volume *dose) {
    Shells shells;
    const PointKernel point = make_point(&shells);
    Error error = {0};
    double beyond = 0.0;
    CU_ASSERT_EQUAL_FATAL(
        bremsstrahlung_tail_add(activity, &point, scale, begin_mm, factor, dose, &beyond, &error),
        STATUS_OK);
    return beyond;
}

/* Far from the edges all of the shells' energy is found: 3/32, with blocks that divide the grid
 * and with blocks that do not (5 mm: 2 of 50; 3.7 mm: 3 of 67; 2.03 mm: 5 of 122). Single
 * precision: 1e-6. */
static void test_energy(void) {
    Volume cases[2] = {make_volume(50, 50, 50, 5, 5, 5), make_volume(60, 67, 122, 4.17, 3.7, 2.03)};
    for (int n = 0; n < 2; n++) {
        const size_t *size = cases[n].grid.size;
        Volume dose = cases[n];
        dose.voxels = calloc(grid_voxel_count(&dose.grid), sizeof(float));
        CU_ASSERT_PTR_NOT_NULL_FATAL(dose.voxels);
        cases[n].voxels[(size[2] / 2 * size[1] + size[1] / 2) * size[0] + size[0] / 2] = 1000.0f;
        cases[n].voxels[(size[2] / 2 * size[1] + size[1] / 2) * size[0] + size[0] / 2 + 1] = -200.f;
        double beyond = add_tail(&cases[n], 0.95, 12.0, 0.25, &dose);
        ASSERT_NEAR(sum_voxels(&dose) / 200.0, 3.0 / 32.0, 1e-6);
        ASSERT_NEAR(beyond, 1.0 / 32.0, 1e-6);
        volume_free(&dose);
        volume_free(&cases[n]);
    }
}

/* A source in a corner: an eighth of the tail would stay if the tail began at the corner itself.
 * The source block's middle is 5 mm inside, so somewhat more. */
static void test_outside_is_said(void) {
    Volume activity = make_volume(20, 20, 20, 5, 5, 5), dose = make_volume(20, 20, 20, 5, 5, 5);
    activity.voxels[0] = 8.0f;
    double beyond = add_tail(&activity, 1.0, 12.0, 1.0, &dose);
    double kept = sum_voxels(&dose) / 8.0;
    ASSERT_NEAR(beyond + kept, 4.0 / 32.0, 1e-7);
    CU_ASSERT_TRUE(kept > 3.0 / 32.0 / 8.0 && kept < 3.0 / 32.0 / 2.0);
    volume_free(&activity);
    volume_free(&dose);
}

/* What was in the map stays; the tail comes on top, linear in activity. */
static void test_is_added(void) {
    Volume activity = make_volume(24, 24, 24, 5, 5, 5), dose = make_volume(24, 24, 24, 5, 5, 5);
    Volume more = make_volume(24, 24, 24, 5, 5, 5);
    size_t count = grid_voxel_count(&activity.grid);
    for (size_t n = 0; n < count; n++) {
        activity.voxels[n] = (float)(n * 7919 % 101);
        more.voxels[n] = 3.0f;
    }
    add_tail(&activity, 1.0, 12.0, 1.0, &dose);
    add_tail(&activity, 1.0, 12.0, 2.0, &more);
    CU_ASSERT_TRUE(dose.voxels[count / 2] > 1.0f);
    for (size_t n = 0; n < count; n += 13) {
        ASSERT_NEAR(more.voxels[n], 3.0 + 2.0 * dose.voxels[n], 1e-5);
    }
    volume_free(&activity);
    volume_free(&dose);
    volume_free(&more);
}

static void test_nothing_to_add(void) {
    Volume activity = make_volume(6, 6, 6, 5, 5, 5), dose = make_volume(6, 6, 6, 5, 5, 5);
    Volume elsewhere = make_volume(6, 6, 5, 5, 5, 5);
    Shells shells;
    const PointKernel point = make_point(&shells);
    Error error = {0};
    double beyond = 0.0;
    CU_ASSERT_TRUE(isnan(add_tail(&activity, 1.0, 12.0, 1.0, &dose))); /* no activity */
    activity.voxels[100] = 1.0f;
    ASSERT_NEAR(add_tail(&activity, 1.0, 40.0, 1.0, &dose), 1.0 / 32.0, 1e-12); /* no shell */
    ASSERT_NEAR(sum_voxels(&dose), 0.0, 0.0);
    CU_ASSERT_EQUAL(
        bremsstrahlung_tail_add(&activity, &point, 1.0, 12.0, 1.0, &elsewhere, &beyond, &error),
        STATUS_BAD_DATA);
    volume_free(&activity);
    volume_free(&dose);
    volume_free(&elsewhere);
}

/* Density 0.05 g/mL stretches 40 mm to 800: more than 64 blocks of 10 mm, so blocks grow. A tail
 * that begins at 2 mm has smaller blocks than one that begins at 12. */
static void test_extreme_reach(void) {
    Volume activity = make_volume(40, 40, 40, 12, 12, 12);
    Volume dose = make_volume(40, 40, 40, 12, 12, 12), fine = make_volume(48, 48, 48, 2, 2, 2);
    Volume fine_dose = make_volume(48, 48, 48, 2, 2, 2);
    for (size_t n = 0; n < 64000; n++) {
        activity.voxels[n] = 1.0f;
    }
    double beyond = add_tail(&activity, 20.0, 12.0, 1.0, &dose);
    CU_ASSERT_TRUE(beyond > 1.0 / 32.0 && beyond < 4.0 / 32.0);
    fine.voxels[(24 * 48 + 24) * 48 + 24] = 1.0f;
    beyond = add_tail(&fine, 1.0, 2.0, 1.0, &fine_dose);
    ASSERT_NEAR(beyond, 1.0 / 32.0, 1e-6);
    /* 3/80 a millimetre, so 8 mm3 at 8 mm have 8 * 3/80 / (4 pi 64); 1/r2 averaged over source and
     * target voxel (variance of h2/6 along each axis) is 1 + h2/6/r2 of that, 1.0 % more. */
    double at_8_mm = fine_dose.voxels[(24 * 48 + 24) * 48 + 28];
    ASSERT_NEAR(at_8_mm / (0.3 / (4.0 * M_PI * 64.0)), 1.0104, 0.005);
    volume_free(&activity);
    volume_free(&dose);
    volume_free(&fine);
    volume_free(&fine_dose);
}

static void test_threads_do_not_matter(void) {
    Volume activity = make_volume(33, 29, 41, 4, 4, 3), one = make_volume(33, 29, 41, 4, 4, 3);
    Volume three = make_volume(33, 29, 41, 4, 4, 3);
    size_t count = grid_voxel_count(&activity.grid);
    for (size_t n = 0; n < count; n++) {
        activity.voxels[n] = (float)(n * 7919 % 1009) - 50.0f;
    }
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    double beyond_one = add_tail(&activity, 0.94, 12.0, 1.0, &one);
    omp_set_num_threads(3);
    double beyond_three = add_tail(&activity, 0.94, 12.0, 1.0, &three);
    omp_set_num_threads(threads);
    CU_ASSERT_EQUAL(memcmp(one.voxels, three.voxels, count * sizeof(float)), 0);
    CU_ASSERT_TRUE(beyond_one == beyond_three);
    volume_free(&activity);
    volume_free(&one);
    volume_free(&three);
}

/* A kernel cut in two, at a border of shells and inside one, is the whole in every weight. */
static void test_shells_add_up(void) {
    static const double spacing[3] = {4.17, 5.0, 3.0}, cuts[2] = {12.0, 15.3};
    Shells shells;
    const PointKernel point = make_point(&shells);
    Error error = {0};
    VoxelKernel whole;
    CU_ASSERT_EQUAL_FATAL(
        voxel_kernel_from_point_kernel(&point, spacing, 0.95, 30.0, &whole, &error), STATUS_OK);
    for (int c = 0; c < 2; c++) {
        VoxelKernel inner, outer;
        CU_ASSERT_EQUAL_FATAL(
            voxel_kernel_from_shells(&point, spacing, 0.95, 0.0, cuts[c], &inner, &error),
            STATUS_OK);
        CU_ASSERT_EQUAL_FATAL(
            voxel_kernel_from_shells(&point, spacing, 0.95, cuts[c], 30.0, &outer, &error),
            STATUS_OK);
        ASSERT_NEAR(inner.tail_fraction + outer.tail_fraction, 1.0 + whole.tail_fraction, 1e-12);
        for (long n = 0; n < 7 * 6 * 10; n++) {
            long i = n % 7, j = n / 7 % 6, k = n / 42;
            /* Quadrature over shells of 1 mm with a kink at every voxel plane. The weight next to
             * the centre is 0.05, a shell's share of a distant voxel 1e-4. */
            ASSERT_NEAR(voxel_kernel_weight(&inner, i, j, k) + voxel_kernel_weight(&outer, i, j, k),
                        voxel_kernel_weight(&whole, i, j, k), 1e-6);
        }
        voxel_kernel_free(&inner);
        voxel_kernel_free(&outer);
    }
    voxel_kernel_free(&whole);
    CU_ASSERT_EQUAL(voxel_kernel_from_shells(&point, spacing, 0.95, 40.0, 50.0, &whole, &error),
                    STATUS_CONFIG);
    CU_ASSERT_PTR_NULL(whole.weights);
}

static void test_map_scale(void) {
    const VoxelKernel kernel = {.tail_fraction = 0.2, .tail_scale = 1.25};
    ASSERT_NEAR(voxel_kernel_map_scale(&kernel, BREMSSTRAHLUNG_NEAR), 1.25, 0.0);
    ASSERT_NEAR(voxel_kernel_map_scale(&kernel, BREMSSTRAHLUNG_OMITTED), 1.0, 0.0);
    ASSERT_NEAR(voxel_kernel_map_scale(&kernel, BREMSSTRAHLUNG_FAR), 1.0, 0.0);
}

int main(void) {
    static const UnitTest tests[] = {
        {"the energy of the far shells is found", test_energy},
        {"what falls outside is said", test_outside_is_said},
        {"the tail is added, and linear", test_is_added},
        {"without activity or shells nothing is added", test_nothing_to_add},
        {"blocks fit the reach", test_extreme_reach},
        {"threads do not matter", test_threads_do_not_matter},
        {"shells add up to the kernel", test_shells_add_up},
        {"the map's scale follows the choice", test_map_scale},
    };
    return suite_run("bremsstrahlung tail", tests, sizeof tests / sizeof *tests);
}
