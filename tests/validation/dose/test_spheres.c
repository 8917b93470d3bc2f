/* Uniform spheres of 10 to 37 mm (NEMA NU 2): the mean dose beside the analytic integral of the
 * point kernel over the sphere.
 *
 * Voxels that the surface cuts hold the fraction of them that is inside, and the mean over the
 * sphere weighs by the same fractions. So activity is spread over whole voxels at the surface, and
 * so is the mean: it is lower than the true sphere's, by 42 % (10 mm in voxels of 4 mm) to 0.3 %
 * (37 mm in 0.5 mm), whatever the dose engine. Hence two tests: fine voxels against the true
 * sphere, and voxels of 2 to 4 mm, where clinics work, against the closed form of the sphere that
 * they hold. */
#include "kernel_fixture.h"

static const double DENSITY = 1.04;
static const double DISTANCE_SCALE = 0.99821 / 1.04;
static const double DIAMETERS[] = {10.0, 13.0, 17.0, 22.0, 28.0, 37.0};
enum { N_DIAMETERS = sizeof DIAMETERS / sizeof *DIAMETERS };

static void make_kernel(double h, VoxelKernel *kernel) {
    double total;
    kernel_fixture_make(KERNEL_FIXTURE_OURS, KERNEL_FIXTURE_OUR_DENSITY, DENSITY,
                        (const double[]){h, h, h}, 12.0, kernel, &total);
}

/* Voxels as fine as it takes: at 0.25 mm they cost the 10 mm sphere 0.5 %, at 0.5 mm the 17 mm
 * sphere 0.8 %. Tolerance: the 1 % to be reached, of which that is a part. */
static void test_true_spheres(void) {
    static const double no_shift[3] = {0.0, 0.0, 0.0};
    for (int n = 0; n < N_DIAMETERS; n++) {
        const double radius = DIAMETERS[n] / 2.0, h = DIAMETERS[n] < 15.0 ? 0.25 : 0.5;
        VoxelKernel kernel;
        Volume sphere;
        make_kernel(h, &kernel);
        kernel_fixture_make_sphere(radius, h, no_shift, 5, &sphere);
        double expected =
            kernel_fixture_sphere_fraction(KERNEL_FIXTURE_OURS, DISTANCE_SCALE, radius, 12.0);
        double ratio = kernel_fixture_mean_dose(&sphere, &kernel) / expected;
        ASSERT_NEAR(ratio, 1.0, 0.01);
        CU_ASSERT_TRUE(ratio < 1.0); /* a sphere with a soft surface keeps less */
        volume_free(&sphere);
        voxel_kernel_free(&kernel);
    }
}

/* Uniform in [0, 1): splitmix64 (Steele 2014). */
static double draw(unsigned long long *state) {
    unsigned long long z = (*state += 0x9e3779b97f4a7c15ull);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

/* Closed form of the sphere that voxels of edge h hold, mean over all positions of the grid. Energy
 * goes a step r u from a point of its voxel and belongs to the voxel where it lands, o voxels on;
 * the sphere reaches into either by its points anywhere in them. Thus the chance to stay in the
 * sphere is that of a step of o h and twice a voxel's width. Sampled in each shell of the point
 * kernel: 0.02 % by the scatter of 1.2e6 steps. */
static double voxelised_sphere_fraction(const PointKernel *point, double radius_mm, double h) {
    enum { PER_SHELL = 10000 };
    unsigned long long state = 1;
    double sum = 0.0, all = 0.0;
    for (size_t s = 0; point->radius_mm[s] < 11.999; s++) {
        const double inner = point->radius_mm[s], width = point->radius_mm[s + 1] - inner;
        double stay = 0.0;
        for (int n = 0; n < PER_SHELL; n++) {
            const double r = (inner + width * draw(&state)) * DISTANCE_SCALE;
            const double z = 2.0 * draw(&state) - 1.0, phi = 2.0 * M_PI * draw(&state);
            const double rho = sqrt(1.0 - z * z);
            const double step[3] = {r * rho * cos(phi), r * rho * sin(phi), r * z};
            double squares = 0.0;
            for (int axis = 0; axis < 3; axis++) {
                double voxels = floor(step[axis] / h + draw(&state));
                double d = h * (voxels + draw(&state) - draw(&state));
                squares += d * d;
            }
            stay += kernel_fixture_sphere_stay(sqrt(squares) / radius_mm);
        }
        sum += point->fraction[s] * stay / PER_SHELL;
        all += point->fraction[s];
    }
    return sum / all;
}

/* Mean over 27 positions of the sphere in the grid. */
static double mean_over_positions(double radius_mm, double h, const VoxelKernel *kernel) {
    double sum = 0.0;
    for (int n = 0; n < 27; n++) {
        const double shift[3] = {n % 3 / 3.0, n / 3 % 3 / 3.0, n / 9 / 3.0};
        Volume sphere;
        kernel_fixture_make_sphere(radius_mm, h, shift, 10, &sphere);
        sum += kernel_fixture_mean_dose(&sphere, kernel);
        volume_free(&sphere);
    }
    return sum / 27.0;
}

/* Tolerance: half of the 1 % to be reached. A single position of a 10 mm sphere in 4 mm voxels is
 * off by up to 6 %, the mean of 27 by 0.4 %; all others by less than 0.2 %. */
static void test_spheres_in_clinical_voxels(void) {
    static const double edges[] = {2.0, 3.0, 4.0};
    PointKernel point;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(point_kernel_load(KERNEL_FIXTURE_OURS, &point, &error), STATUS_OK);
    for (size_t e = 0; e < sizeof edges / sizeof *edges; e++) {
        VoxelKernel kernel;
        make_kernel(edges[e], &kernel);
        for (int n = 0; n < N_DIAMETERS; n++) {
            const double radius = DIAMETERS[n] / 2.0;
            double expected = voxelised_sphere_fraction(&point, radius, edges[e]);
            ASSERT_NEAR(mean_over_positions(radius, edges[e], &kernel) / expected, 1.0, 0.005);
        }
        voxel_kernel_free(&kernel);
    }
    point_kernel_free(&point);
}

/* Voxels of 0.01 mm hold the true sphere: 1e-4 by the sampling. */
static void test_the_closed_forms_agree(void) {
    PointKernel point;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(point_kernel_load(KERNEL_FIXTURE_OURS, &point, &error), STATUS_OK);
    for (int n = 0; n < N_DIAMETERS; n++) {
        const double radius = DIAMETERS[n] / 2.0;
        double exact =
            kernel_fixture_sphere_fraction(KERNEL_FIXTURE_OURS, DISTANCE_SCALE, radius, 12.0);
        ASSERT_NEAR(voxelised_sphere_fraction(&point, radius, 0.01) / exact, 1.0, 1e-4);
    }
    point_kernel_free(&point);
}

int main(void) {
    static const UnitTest tests[] = {
        {"fine voxels give the mean dose of the true sphere", test_true_spheres},
        {"voxels of 2 to 4 mm give that of the sphere they hold", test_spheres_in_clinical_voxels},
        {"the closed forms agree", test_the_closed_forms_agree},
    };
    return suite_run("uniform spheres", tests, sizeof tests / sizeof *tests);
}
