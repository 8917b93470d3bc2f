/* Time of the dose methods beside yardsticks measured in the same run: kernel convolution beside
 * one forward and one inverse FFTW transform of the padded volume, local deposition beside a copy.
 * Best of five. Usage: bench_dose [threads] */
#include <fftw3.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dose/convolve.h"
#include "dose/local_deposition.h"

enum { REPEATS = 5 };

typedef struct Case {
    const char *name;
    size_t size[3];
    double spacing_mm[3];
} Case;

static void stop_if(Status status, const Error *error) {
    if (status != STATUS_OK) {
        fprintf(stderr, "%s\n", error->message);
        exit(EXIT_FAILURE);
    }
}

static size_t next_fast_size(size_t n) {
    for (;; n++) {
        size_t rest = n;
        for (size_t prime = 2; prime <= 5; prime++) {
            while (rest % prime == 0) {
                rest /= prime;
            }
        }
        if (rest == 1) {
            return n;
        }
    }
}

/* The yardstick: the bare transforms of the volume padded by the kernel's reach, on one thread,
 * planned by estimate. */
static double time_fftw(const Case *item, const VoxelKernel *kernel) {
    int n[3];
    for (int axis = 0; axis < 3; axis++) {
        n[axis] = (int)next_fast_size(item->size[axis] + kernel->reach[axis]);
    }
    size_t samples = (size_t)n[0] * (size_t)n[1] * (size_t)n[2];
    float *real = fftwf_alloc_real(samples);
    fftwf_complex *complex = fftwf_alloc_complex(samples / (size_t)n[0] * ((size_t)n[0] / 2 + 1));
    fftwf_plan forth = fftwf_plan_dft_r2c_3d(n[2], n[1], n[0], real, complex, FFTW_ESTIMATE);
    fftwf_plan back = fftwf_plan_dft_c2r_3d(n[2], n[1], n[0], complex, real, FFTW_ESTIMATE);
    double best = 1e9;
    memset(real, 0, samples * sizeof *real);
    for (int r = 0; r < REPEATS; r++) {
        double start = omp_get_wtime();
        fftwf_execute(forth);
        fftwf_execute(back);
        double seconds = omp_get_wtime() - start;
        best = seconds < best ? seconds : best;
    }
    fftwf_destroy_plan(forth);
    fftwf_destroy_plan(back);
    fftwf_free(real);
    fftwf_free(complex);
    return best;
}

static double time_copy(const Volume *source, float *target) {
    double best = 1e9;
    const size_t slice = source->grid.size[0] * source->grid.size[1];
    for (int r = 0; r < REPEATS; r++) {
        double start = omp_get_wtime();
#pragma omp parallel for schedule(static)
        for (size_t k = 0; k < source->grid.size[2]; k++) {
            memcpy(target + k * slice, source->voxels + k * slice, slice * sizeof *target);
        }
        double seconds = omp_get_wtime() - start;
        best = seconds < best ? seconds : best;
    }
    return best;
}

static double time_method(const Volume *source, const VoxelKernel *kernel) {
    double best = 1e9;
    for (int r = 0; r < REPEATS; r++) {
        Volume dose;
        Error error = {0};
        double start = omp_get_wtime();
        stop_if(kernel != NULL ? convolve_volume(source, kernel, 1.0, &dose, &error)
                               : local_deposition_compute(source, 1.06, 5e-5, &dose, &error),
                &error);
        double seconds = omp_get_wtime() - start;
        best = seconds < best ? seconds : best;
        volume_free(&dose);
    }
    return best;
}

static void run_case(const Case *item, const PointKernel *point) {
    Grid grid = {{item->size[0], item->size[1], item->size[2]}, affine_identity()};
    VoxelKernel kernel;
    Volume source;
    Error error = {0};
    double start = omp_get_wtime();
    stop_if(voxel_kernel_from_point_kernel(point, item->spacing_mm, 0.94, 12.0, &kernel, &error),
            &error);
    double integrate = omp_get_wtime() - start;
    stop_if(volume_create(&grid, &source, &error), &error);
    for (size_t n = 0; n < grid_voxel_count(&grid); n++) {
        source.voxels[n] = (float)(n * 2654435761u % 1000u) + 1.0f;
    }
    float *target = malloc(grid_voxel_count(&grid) * sizeof *target);
    if (target == NULL) {
        exit(EXIT_FAILURE);
    }
    memset(target, 0, grid_voxel_count(&grid) * sizeof *target);
    printf("%-18s integrate %7.4f s  convolve %7.4f s  fftw pair, 1 thread %7.4f s  local "
           "%7.4f s  copy %7.4f s\n",
           item->name, integrate, time_method(&source, &kernel), time_fftw(item, &kernel),
           time_method(&source, NULL), time_copy(&source, target));
    free(target);
    volume_free(&source);
    voxel_kernel_free(&kernel);
}

int main(int argc, char **argv) {
    static const Case cases[] = {
        {"192 x 192 x 71", {192, 192, 71}, {3.65, 3.65, 3.27}},
        {"344 x 344 x 127", {344, 344, 127}, {2.09, 2.09, 2.03}},
    };
    PointKernel point;
    Error error = {0};
    if (argc > 1) {
        omp_set_num_threads(atoi(argv[1]));
    }
    stop_if(point_kernel_load("configs/nuclides/y90_point_kernel_water.csv", &point, &error),
            &error);
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        run_case(&cases[n], &point);
    }
    point_kernel_free(&point);
    return EXIT_SUCCESS;
}
