/* Absorbed fractions of 90Y in 1, 10 and 100 g beside published ones.
 *
 * Spheres: Geant4, Amato E, Lizio D, Baldari S, Phys Med Biol 2009;54:4171, as given to two digits
 * in a table of Hashempour M, Ghorbani M, Amato E, Knaup C, Asia Ocean J Nucl Med Biol 2019
 * (PMC6352054): 10 g 0.85, 20 g 0.88, 100 g 0.93, soft tissue of 1.04 g/mL. (Their own MCNPX
 * values, 0.80, 0.90 and 0.94, lie up to 6 % from these and are not used. For 1 g no value could be
 * opened.) Spheres of 1, 10 and 100 g: the published MCNP6 point kernel (Graves 2019), integrated.
 * Cubes near 1, 10 and 100 g: voxel S values (Lanconelli 2012, DOSXYZnrc), summed. */
#include <stdio.h>
#include <stdlib.h>

#include "kernel_fixture.h"

static const double DENSITY = 1.04;
static const double DISTANCE_SCALE = 0.99821 / 1.04;
static const double JOULE_PER_MEV = 1.602176634e-13;

/* The program's value: voxels of 1 and 0.5 mm and what they tend to. What the voxels of a sphere's
 * surface cost goes with h^2 (ln(R / h) + const), R the range, and falls by 3.3 from 1 to 0.5 mm
 * (test_spheres.c shows that it is the voxels'): 0.6 % remains of 100 g at 1 mm, 4 % of 1 g, and an
 * error of 0.2 in the factor is 0.1 % of the latter. */
static double program_sphere_fraction(double mass_g) {
    const double radius = kernel_fixture_sphere_radius_mm(mass_g, DENSITY);
    double fractions[2];
    for (int n = 0; n < 2; n++) {
        const double h = n == 0 ? 1.0 : 0.5;
        VoxelKernel kernel;
        Volume sphere;
        double total;
        kernel_fixture_make(KERNEL_FIXTURE_OURS, KERNEL_FIXTURE_OUR_DENSITY, DENSITY,
                            (const double[]){h, h, h}, 12.0, &kernel, &total);
        kernel_fixture_make_sphere(radius, h, (const double[]){0, 0, 0}, 8, &sphere);
        fractions[n] = kernel_fixture_mean_dose(&sphere, &kernel);
        volume_free(&sphere);
        voxel_kernel_free(&kernel);
    }
    return fractions[1] + (fractions[1] - fractions[0]) / (3.3 - 1.0);
}

/* Tolerance: 1 % is to be reached; two digits are 0.6 %. */
static void test_published_spheres(void) {
    static const struct {
        double mass_g, fraction;
    } published[] = {{10.0, 0.85}, {20.0, 0.88}, {100.0, 0.93}};
    for (size_t n = 0; n < sizeof published / sizeof *published; n++) {
        double ours = program_sphere_fraction(published[n].mass_g);
        ASSERT_NEAR(ours / published[n].fraction, 1.0, 0.01);
    }
}

/* The two kernels agree within 1.8 % per mm; 1 % is to be reached in a sphere. */
static void test_spheres_of_another_kernel(void) {
    static const double masses[] = {1.0, 10.0, 100.0};
    for (int n = 0; n < 3; n++) {
        const double radius = kernel_fixture_sphere_radius_mm(masses[n], DENSITY);
        double ours = program_sphere_fraction(masses[n]);
        double theirs = kernel_fixture_sphere_fraction(
            KERNEL_FIXTURE_GRAVES, KERNEL_FIXTURE_GRAVES_DENSITY / DENSITY, radius, 12.0);
        double own_integral =
            kernel_fixture_sphere_fraction(KERNEL_FIXTURE_OURS, DISTANCE_SCALE, radius, 12.0);
        ASSERT_NEAR(ours / theirs, 1.0, 0.01);
        ASSERT_NEAR(ours / own_integral, 1.0, 0.002); /* what the extrapolation leaves */
    }
}

enum { REACH = 6 }; /* offsets of 0 to 5 are published */

static void read_s_values(double edge_mm, double s[REACH][REACH][REACH]) {
    char line[256];
    FILE *file = fopen("tests/data/physics/y90_vsv_lanconelli2012_soft.csv", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof line, file) != NULL) {
        double edge, value;
        int i, j, k;
        if (sscanf(line, "%lf,%d,%d,%d,%lf", &edge, &i, &j, &k, &value) == 5 &&
            fabs(edge - edge_mm) < 1e-6) {
            s[i][j][k] = s[i][k][j] = s[j][i][k] = s[j][k][i] = s[k][i][j] = s[k][j][i] = value;
        }
    }
    fclose(file);
}

/* Mean over the pairs of n^3 voxels of what goes from one to the other. A cube of whole voxels has
 * no soft surface: nothing is extrapolated here. */
static void test_cubes_of_published_voxels(void) {
    static const struct {
        double edge_mm;
        int n;
    } cubes[] = {{9.28, 1}, {4.0, 5}, {9.28, 5}}; /* 0.83, 8.3 and 104 g */
    for (size_t c = 0; c < sizeof cubes / sizeof *cubes; c++) {
        const double h = cubes[c].edge_mm, kilogram = DENSITY * h * h * h * 1e-6;
        const int n = cubes[c].n;
        double s[REACH][REACH][REACH] = {0}, total, ours = 0.0, published_mgy = 0.0;
        VoxelKernel kernel;
        read_s_values(h, s);
        kernel_fixture_make(KERNEL_FIXTURE_OURS, KERNEL_FIXTURE_OUR_DENSITY, DENSITY,
                            (const double[]){h, h, h}, 12.0, &kernel, &total);
        for (int k = -n + 1; k < n; k++) {
            for (int j = -n + 1; j < n; j++) {
                for (int i = -n + 1; i < n; i++) {
                    double pairs = (n - abs(i)) * (n - abs(j)) * (n - abs(k)) / pow(n, 3);
                    published_mgy += pairs * s[abs(i)][abs(j)][abs(k)];
                    ours += pairs * kernel.tail_scale * voxel_kernel_weight(&kernel, i, j, k);
                }
            }
        }
        double published = published_mgy * 1e-9 * kilogram / (total * JOULE_PER_MEV);
        ASSERT_NEAR(ours / published, 1.0, 0.01);
        voxel_kernel_free(&kernel);
    }
}

int main(void) {
    static const UnitTest tests[] = {
        {"spheres of 10, 20 and 100 g agree with Amato 2009", test_published_spheres},
        {"spheres of 1, 10 and 100 g agree with Graves 2019", test_spheres_of_another_kernel},
        {"cubes of 0.8, 8 and 104 g agree with Lanconelli 2012", test_cubes_of_published_voxels},
    };
    return suite_run("absorbed fractions", tests, sizeof tests / sizeof *tests);
}
