/* Speed of the Monte Carlo dose: histories per second and core, and what 10^8 decays would take,
 * on PET-like grids of liver, lung and bone. Usage: bench_monte_carlo [threads] [histories] */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "dose/monte_carlo.h"

typedef struct Case {
    const char *name;
    size_t size[3];
    double spacing_mm[3];
    int tail;
} Case;

static void stop_if(Status status, const Error *error) {
    if (status != STATUS_OK) {
        fprintf(stderr, "%s\n", error->message);
        exit(EXIT_FAILURE);
    }
}

static int is_inside(const Grid *grid, size_t n, double radius_mm) {
    double spacing[3], sum = 0.0;
    size_t at[3] = {n % grid->size[0], n / grid->size[0] % grid->size[1],
                    n / (grid->size[0] * grid->size[1])};
    grid_spacing_mm(grid, spacing);
    for (int axis = 0; axis < 3; axis++) {
        double d = ((double)at[axis] - (double)grid->size[axis] / 2.0) * spacing[axis];
        sum += d * d;
    }
    return sum < radius_mm * radius_mm;
}

/* A liver of 150 mm with a lesion of 40 mm that takes up five times as much; lung above, bone
 * behind. */
static void fill(Volume *activity, Volume *density) {
    const Grid *grid = &activity->grid;
    for (size_t n = 0; n < grid_voxel_count(grid); n++) {
        size_t j = n / grid->size[0] % grid->size[1], k = n / (grid->size[0] * grid->size[1]);
        activity->voxels[n] = is_inside(grid, n, 20.0)   ? 5e5f
                              : is_inside(grid, n, 75.0) ? 1e5f
                                                         : 0.0f;
        density->voxels[n] = 4 * k > 3 * grid->size[2]   ? 0.26f
                             : 8 * j > 7 * grid->size[1] ? 1.6f
                                                         : 1.06f;
    }
}

static void run_case(const Case *item, double histories) {
    Grid grid = {{item->size[0], item->size[1], item->size[2]}, affine_identity()};
    Volume activity, density;
    MonteCarloDose result;
    Error error = {0};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = item->spacing_mm[axis];
    }
    stop_if(volume_create(&grid, &activity, &error), &error);
    stop_if(volume_create(&grid, &density, &error), &error);
    fill(&activity, &density);
    const MonteCarloSettings settings = {histories, 1.0, 20.0, item->tail};
    double start = omp_get_wtime();
    stop_if(monte_carlo_dose(&activity, &density, &settings, 4.973e-5, &result, &error), &error);
    double seconds = omp_get_wtime() - start;
    double per_core = (double)result.histories / seconds / omp_get_max_threads();
    printf("%-34s %9.0f histories/(s core)  1e8 decays: %7.0f s on one core\n", item->name,
           per_core, 1e8 / per_core);
    monte_carlo_dose_free(&result);
    volume_free(&activity);
    volume_free(&density);
}

int main(int argc, char **argv) {
    static const Case cases[] = {
        {"96 x 96 x 64 of 3.65 x 3.65 x 3.27",
         {96, 96, 64},
         {3.65, 3.65, 3.27},
         BREMSSTRAHLUNG_NEAR},
        {"same, photons travel", {96, 96, 64}, {3.65, 3.65, 3.27}, BREMSSTRAHLUNG_FAR},
        {"128 x 128 x 96 of 2.09 x 2.09 x 2.03",
         {128, 128, 96},
         {2.09, 2.09, 2.03},
         BREMSSTRAHLUNG_NEAR},
    };
    if (argc > 1) {
        omp_set_num_threads(atoi(argv[1]));
    }
    double histories = argc > 2 ? atof(argv[2]) : 1e6;
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        run_case(&cases[n], histories);
    }
    return EXIT_SUCCESS;
}
