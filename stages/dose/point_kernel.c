/* Reading the point kernel's CSV, with every shell checked. */
#include "dose/point_kernel.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double JOIN_TOLERANCE_MM = 1e-6;

/* The stated total must cover the shells but for the rounding of their digits. */
static const double TOTAL_TOLERANCE = 1e-5;

void point_kernel_free(PointKernel *kernel) {
    if (kernel != NULL) {
        free(kernel->radius_mm);
        free(kernel->fraction);
        *kernel = (PointKernel){0};
    }
}

double point_kernel_fraction_within(const PointKernel *kernel, double radius_mm) {
    double sum = 0.0;
    for (size_t s = 0; s < kernel->n_shells && kernel->radius_mm[s] < radius_mm; s++) {
        double inner = kernel->radius_mm[s], outer = kernel->radius_mm[s + 1];
        sum += kernel->fraction[s] * (fmin(radius_mm, outer) - inner) / (outer - inner);
    }
    return sum;
}

static Status append_shell(PointKernel *kernel, size_t *room, double outer_mm, double energy_mev,
                           Error *error) {
    if (kernel->n_shells + 2 > *room) {
        size_t wanted = *room == 0 ? 512 : 2 * *room;
        double *radius = realloc(kernel->radius_mm, wanted * sizeof *radius);
        kernel->radius_mm = radius != NULL ? radius : kernel->radius_mm;
        double *fraction = realloc(kernel->fraction, wanted * sizeof *fraction);
        kernel->fraction = fraction != NULL ? fraction : kernel->fraction;
        if (radius == NULL || fraction == NULL) {
            return error_no_memory(error, "point kernel");
        }
        *room = wanted;
    }
    kernel->radius_mm[0] = 0.0;
    kernel->radius_mm[kernel->n_shells + 1] = outer_mm;
    kernel->fraction[kernel->n_shells] = energy_mev;
    kernel->n_shells++;
    return STATUS_OK;
}

/* One line "r_in,r_out,E[,...]" onto the kernel; energies become fractions at the end. */
static Status read_shell(const char *line, PointKernel *kernel, size_t *room, Error *error) {
    double inner, outer, energy;
    if (sscanf(line, "%lf,%lf,%lf", &inner, &outer, &energy) != 3) {
        return error_set(error, STATUS_CONFIG,
                         "expected r_in_mm,r_out_mm,E_MeV_per_decay as three numbers");
    }
    double last = kernel->n_shells == 0 ? 0.0 : kernel->radius_mm[kernel->n_shells];
    if (!(fabs(inner - last) <= JOIN_TOLERANCE_MM) || !(outer > inner) || !isfinite(outer)) {
        return error_set(error, STATUS_CONFIG,
                         "shell %g to %g mm does not join the shell before it, which ends at %g mm",
                         inner, outer, last);
    }
    if (!(energy >= 0.0) || !isfinite(energy)) {
        return error_set(error, STATUS_CONFIG, "E_MeV_per_decay is %g, wanted >= 0", energy);
    }
    return append_shell(kernel, room, outer, energy, error);
}

static Status read_lines(FILE *file, const char *path, PointKernel *kernel, Error *error) {
    enum { LINE_SIZE = 2048 };
    char line[LINE_SIZE];
    bool is_header_seen = false;
    size_t room = 0;
    for (unsigned number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        const char *total = strstr(line, "total absorbed ");
        if (line[0] == '#' && total != NULL) {
            kernel->total_mev = strtod(total + strlen("total absorbed "), NULL);
        }
        if (line[0] == '#' || line[strspn(line, " \t\r\n")] == '\0') {
            continue;
        }
        if (!is_header_seen) {
            is_header_seen = strncmp(line, "r_in_mm,r_out_mm,E_MeV_per_decay", 32) == 0;
            if (!is_header_seen) {
                return error_set(error, STATUS_CONFIG,
                                 "%s:%u: expected the header r_in_mm,r_out_mm,E_MeV_per_decay",
                                 path, number);
            }
            continue;
        }
        if (read_shell(line, kernel, &room, error) != STATUS_OK) {
            return error_add_context(error, "%s:%u", path, number);
        }
    }
    return STATUS_OK;
}

static Status normalise(PointKernel *kernel, const char *path, Error *error) {
    double sum = 0.0;
    for (size_t s = 0; s < kernel->n_shells; s++) {
        sum += kernel->fraction[s];
    }
    if (!(sum > 0.0)) {
        return error_set(error, STATUS_CONFIG, "%s: the point kernel holds no energy", path);
    }
    if (kernel->total_mev == 0.0) {
        kernel->total_mev = sum;
    }
    if (!(kernel->total_mev >= sum * (1.0 - TOTAL_TOLERANCE))) {
        return error_set(error, STATUS_CONFIG,
                         "%s: the shells hold %.6g MeV/decay, more than the total of %.6g that "
                         "the file states",
                         path, sum, kernel->total_mev);
    }
    for (size_t s = 0; s < kernel->n_shells; s++) {
        kernel->fraction[s] /= kernel->total_mev;
    }
    return STATUS_OK;
}

Status point_kernel_load(const char *path, PointKernel *kernel, Error *error) {
    *kernel = (PointKernel){0};
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return error_set(error, STATUS_CONFIG, "%s: cannot open the point kernel: %s", path,
                         strerror(errno));
    }
    Status status = read_lines(file, path, kernel, error);
    fclose(file);
    if (status == STATUS_OK) {
        status = normalise(kernel, path, error);
    }
    if (status != STATUS_OK) {
        point_kernel_free(kernel);
    }
    return status;
}
