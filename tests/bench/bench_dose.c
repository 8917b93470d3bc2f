/* Time and memory of the dose methods beside yardsticks measured in the same run, in turns, the
 * best of all turns counting: kernel convolution beside scipy.signal.fftconvolve and beside one
 * forward and one inverse FFTW transform of the padded volume; local deposition beside a copy.
 * Usage: bench_dose [threads] */
#include <fftw3.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dose/convolve.h"
#include "dose/local_deposition.h"

enum { TURNS = 15 };
static const double PLANNING_LIMIT_S = 5.0; /* of the yardstick's FFTW_MEASURE, each way */

typedef struct Case {
    const char *name;
    size_t size[3];
    double spacing_mm[3];
    double scipy_target;
} Case;

/* What a process meets that convolves once: its time, and its peak memory in volumes. */
typedef struct FirstCall {
    double seconds, volumes, local_seconds;
} FirstCall;

/* A bare transform there and back. */
typedef struct FftwPair {
    float *real;
    fftwf_complex *complex;
    fftwf_plan forth, back;
} FftwPair;

/* Best times, s. */
typedef struct Times {
    double kernel, convolution, fftw_measured, fftw_estimated, scipy;
    double local, copy;
    double scipy_difference;
} Times;

static void stop_if(Status status, const Error *error) {
    if (status != STATUS_OK) {
        fprintf(stderr, "%s\n", error->message);
        exit(EXIT_FAILURE);
    }
}

static void stop_unless(bool is_fine, const char *what) {
    if (!is_fine) {
        fprintf(stderr, "bench_dose: %s failed\n", what);
        exit(EXIT_FAILURE);
    }
}

static void keep_best(double *best, double start) {
    *best = fmin(*best, omp_get_wtime() - start);
}

static void make_kernel(const Case *item, VoxelKernel *kernel) {
    PointKernel point;
    Error error = {0};
    stop_if(point_kernel_load("configs/nuclides/y90_point_kernel_water.csv", &point, &error),
            &error);
    stop_if(voxel_kernel_from_point_kernel(&point, item->spacing_mm, 0.94, 12.0, kernel, &error),
            &error);
    point_kernel_free(&point);
}

static void make_source(const Case *item, Volume *source) {
    Error error = {0};
    Grid grid = {{item->size[0], item->size[1], item->size[2]}, affine_identity()};
    stop_if(volume_create(&grid, source, &error), &error);
    for (size_t n = 0; n < grid_voxel_count(&grid); n++) {
        source->voxels[n] = (float)(n * 2654435761u % 1000u) + 1.0f;
    }
}

static double peak_bytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return 1024.0 * (double)usage.ru_maxrss;
}

static void run_local(const Volume *source, double *best) {
    Volume dose;
    Error error = {0};
    double start = omp_get_wtime();
    stop_if(local_deposition_compute(source, NULL, 1.06, 5e-5, &dose, &error), &error);
    keep_best(best, start);
    volume_free(&dose);
}

/* In a process of its own, because FFTW remembers plans and a process its peak. */
static FirstCall measure_first_call(const Case *item) {
    int ends[2];
    FirstCall call = {0};
    stop_unless(pipe(ends) == 0, "pipe");
    pid_t child = fork();
    stop_unless(child >= 0, "fork");
    if (child == 0) {
        VoxelKernel kernel;
        Volume source, result;
        Error error = {0};
        make_kernel(item, &kernel);
        double before = peak_bytes();
        make_source(item, &source);
        double start = omp_get_wtime();
        stop_if(convolve_volume(&source, &kernel, 1.0, &result, &error), &error);
        call.seconds = omp_get_wtime() - start;
        call.volumes =
            (peak_bytes() - before) / (double)(grid_voxel_count(&source.grid) * sizeof(float));
        call.local_seconds = 1e9;
        run_local(&source, &call.local_seconds); /* beside the result: in new memory */
        stop_unless(write(ends[1], &call, sizeof call) == sizeof call, "write");
        _exit(EXIT_SUCCESS);
    }
    stop_unless(read(ends[0], &call, sizeof call) == sizeof call, "the first call");
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    return call;
}

static int next_fast_size(size_t n) {
    for (;; n++) {
        size_t rest = n;
        for (size_t prime = 2; prime <= 7; prime++) {
            while (rest % prime == 0) {
                rest /= prime;
            }
        }
        if (rest == 1) {
            return (int)n;
        }
    }
}

/* The volume padded by the kernel's reach to a smooth size, as a linear convolution needs it. */
static FftwPair plan_pair(const Case *item, const VoxelKernel *kernel, unsigned flags) {
    int n[3];
    for (int axis = 0; axis < 3; axis++) {
        n[axis] = next_fast_size(item->size[axis] + kernel->reach[axis]);
    }
    size_t lines = (size_t)n[1] * (size_t)n[2];
    FftwPair pair = {fftwf_alloc_real((size_t)n[0] * lines),
                     fftwf_alloc_complex(((size_t)n[0] / 2 + 1) * lines), NULL, NULL};
    fftwf_plan_with_nthreads(omp_get_max_threads());
    fftwf_set_timelimit(PLANNING_LIMIT_S);
    pair.forth = fftwf_plan_dft_r2c_3d(n[2], n[1], n[0], pair.real, pair.complex, flags);
    pair.back = fftwf_plan_dft_c2r_3d(n[2], n[1], n[0], pair.complex, pair.real, flags);
    stop_unless(pair.forth != NULL && pair.back != NULL, "planning");
    fftwf_plan_with_nthreads(1); /* or the plans of ours would start threads too */
    memset(pair.real, 0, (size_t)n[0] * lines * sizeof *pair.real);
    return pair;
}

static void run_pair(const FftwPair *pair, double *best) {
    double start = omp_get_wtime();
    fftwf_execute(pair->forth);
    fftwf_execute(pair->back);
    keep_best(best, start);
}

static void free_pair(FftwPair *pair) {
    fftwf_destroy_plan(pair->forth);
    fftwf_destroy_plan(pair->back);
    fftwf_free(pair->real);
    fftwf_free(pair->complex);
}

static void write_raw(const char *folder, const char *name, const Volume *volume) {
    char path[256];
    size_t count = grid_voxel_count(&volume->grid);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    stop_unless(file != NULL && fwrite(volume->voxels, sizeof(float), count, file) == count &&
                    fclose(file) == 0,
                path);
}

static void run_scipy(const char *folder, const Volume *source, const Volume *kernel,
                      Times *times) {
    char command[512];
    double seconds, difference;
    const size_t *n = source->grid.size, *k = kernel->grid.size;
    snprintf(command, sizeof command,
             "/usr/bin/python3 tests/bench/bench_scipy.py %s %zu %zu %zu %zu %zu %zu", folder, n[0],
             n[1], n[2], k[0], k[1], k[2]);
    FILE *python = popen(command, "r");
    stop_unless(python != NULL && fscanf(python, "%lf %lf", &seconds, &difference) == 2,
                "bench_scipy.py");
    pclose(python);
    times->scipy = fmin(times->scipy, seconds);
    times->scipy_difference = difference;
}

/* Once before and once after the turns: other work on the machine comes and goes. */
static void measure_scipy(const Volume *source, const VoxelKernel *kernel, Times *times) {
    static const char *const names[] = {"source", "kernel", "result"};
    char folder[] = "/tmp/yttria-bench-XXXXXX", path[256];
    Volume kernel_volume, result;
    Error error = {0};
    stop_unless(mkdtemp(folder) != NULL, "mkdtemp");
    stop_if(voxel_kernel_to_volume(kernel, &kernel_volume, &error), &error);
    stop_if(convolve_volume(source, kernel, 1.0, &result, &error), &error);
    const Volume *const volumes[] = {source, &kernel_volume, &result};
    for (int n = 0; n < 3; n++) {
        write_raw(folder, names[n], volumes[n]);
    }
    run_scipy(folder, source, &kernel_volume, times);
    for (int n = 0; n < 3; n++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[n]);
        remove(path);
    }
    rmdir(folder);
    volume_free(&kernel_volume);
    volume_free(&result);
}

static void run_convolution(const Volume *source, const VoxelKernel *kernel, double *best) {
    Volume dose;
    Error error = {0};
    double start = omp_get_wtime();
    stop_if(convolve_volume(source, kernel, 1.0, &dose, &error), &error);
    keep_best(best, start);
    volume_free(&dose);
}

/* STREAM's copy (McCalpin 1995), on arrays of the volume's size. */
static void copy_voxels(const Volume *source, float *restrict target) {
    const size_t slice = source->grid.size[0] * source->grid.size[1];
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < source->grid.size[2]; k++) {
        const float *from = source->voxels + k * slice;
        for (size_t n = 0; n < slice; n++) {
            target[k * slice + n] = from[n];
        }
    }
}

static void run_copy(const Volume *source, float *target, Times *times) {
    double start = omp_get_wtime();
    copy_voxels(source, target);
    keep_best(&times->copy, start);
}

static void measure(const Case *item, Times *times) {
    VoxelKernel kernel;
    Volume source;
    *times = (Times){1e9, 1e9, 1e9, 1e9, 1e9, 1e9, 1e9, 0.0};
    make_source(item, &source);
    float *target = calloc(grid_voxel_count(&source.grid), sizeof *target);
    stop_unless(target != NULL, "the copy's memory");
    make_kernel(item, &kernel);
    measure_scipy(&source, &kernel, times);
    FftwPair measured = plan_pair(item, &kernel, FFTW_MEASURE);
    FftwPair estimated = plan_pair(item, &kernel, FFTW_ESTIMATE);
    for (int turn = 0; turn < TURNS; turn++) {
        run_convolution(&source, &kernel, &times->convolution);
        run_pair(&measured, &times->fftw_measured);
        run_pair(&estimated, &times->fftw_estimated);
        run_local(&source, &times->local);
        run_copy(&source, target, times);
        voxel_kernel_free(&kernel);
        double start = omp_get_wtime();
        make_kernel(item, &kernel);
        keep_best(&times->kernel, start);
    }
    measure_scipy(&source, &kernel, times);
    free_pair(&measured);
    free_pair(&estimated);
    free(target);
    volume_free(&source);
    voxel_kernel_free(&kernel);
}

static void print_row(const char *what, double seconds, double ratio, const char *target) {
    printf("  %-46s %8.1f ms  %5.2f  %s\n", what, 1e3 * seconds, ratio, target);
}

static void print_case(const Case *item, const FirstCall *first, const Times *times) {
    char target[64];
    double bytes = 8.0 * (double)(item->size[0] * item->size[1] * item->size[2]);
    snprintf(target, sizeof target, "times ours; wanted >= %.0f", item->scipy_target);
    printf("%s\n", item->name);
    printf("  %-46s %8.1f ms\n", "kernel convolution", 1e3 * times->convolution);
    print_row("  first call of a process, planning included", first->seconds,
              first->seconds / times->convolution, "times the others");
    print_row("  scipy.signal.fftconvolve, float32", times->scipy,
              times->scipy / times->convolution, target);
    print_row("  FFTW r2c + c2r, all threads, FFTW_MEASURE", times->fftw_measured,
              times->convolution / times->fftw_measured, "of it is ours; wanted <= 1.25, then 1.0");
    print_row("  FFTW r2c + c2r, all threads, FFTW_ESTIMATE", times->fftw_estimated,
              times->convolution / times->fftw_estimated, "of it is ours");
    printf("  %-46s %8.1e     %5s  of the largest; wanted <= 1e-5\n", "  difference from scipy",
           times->scipy_difference, "");
    printf("  %-46s %8.2f     %5s  activity volumes; wanted <= 4\n", "  peak memory",
           first->volumes, "");
    printf("  %-46s %8.1f ms\n", "voxel kernel, read and integrated", 1e3 * times->kernel);
    printf("  %-46s %8.1f ms         %.1f GB/s\n", "copy (STREAM)", 1e3 * times->copy,
           1e-9 * bytes / times->copy);
    print_row("local deposition", times->local, times->copy / times->local,
              "of STREAM's speed; wanted >= 0.6");
    print_row("  first of a process, into new memory", first->local_seconds,
              times->copy / first->local_seconds, "of STREAM's speed");
}

int main(int argc, char **argv) {
    static const Case cases[] = {
        {"192 x 192 x 71", {192, 192, 71}, {3.65, 3.65, 3.27}, 5.0},
        {"344 x 344 x 127", {344, 344, 127}, {2.09, 2.09, 2.03}, 3.0},
    };
    enum { CASES = sizeof cases / sizeof *cases };
    FirstCall first[CASES];
    bool is_same = true;
    if (argc > 1) {
        omp_set_num_threads(atoi(argv[1]));
    }
    volume_keep_freed_memory();       /* as every stage does */
    for (int n = 0; n < CASES; n++) { /* before this process starts threads: children have one */
        first[n] = measure_first_call(&cases[n]);
    }
    fftwf_init_threads();
    printf("%d threads; activity everywhere; best of %d turns\n", omp_get_max_threads(), TURNS);
    for (int n = 0; n < CASES; n++) {
        Times times;
        measure(&cases[n], &times);
        print_case(&cases[n], &first[n], &times);
        is_same &= times.scipy_difference <= 1e-5;
    }
    return is_same ? EXIT_SUCCESS : EXIT_FAILURE;
}
