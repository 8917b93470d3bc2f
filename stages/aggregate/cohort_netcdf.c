/* cohort.nc (cohort_netcdf.h). The writer keeps the first failure and does nothing after it, so
 * that the layout below reads as a list. Reference: CF conventions 1.8, sections 2.2 (strings),
 * 3.5 (flags), 5.3 and 9 (ragged arrays by index). */
#include "aggregate/cohort_netcdf.h"

#include <math.h>
#include <netcdf.h>
#include <netcdf_mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/atomic_file.h"

enum { STRATA = 6, NAME_SIZE = 256, INITIAL_SIZE = 1 << 16, COMPRESSION = 4 };

typedef struct Writer {
    int file;
    int failure;                                   /* NetCDF's code; NC_NOERR so far */
    char at[NAME_SIZE];                            /* the variable or step that failed */
    int patient, lesion, threshold, stratum_class; /* dimensions */
} Writer;

static bool is_good(const Writer *writer) {
    return writer->failure == NC_NOERR;
}

static void note(Writer *writer, int code, const char *at) {
    if (code != NC_NOERR && is_good(writer)) {
        writer->failure = code;
        snprintf(writer->at, sizeof writer->at, "%s", at);
    }
}

static void put_text(Writer *writer, int variable, const char *name, const char *value) {
    if (is_good(writer)) {
        note(writer, nc_put_att_text(writer->file, variable, name, strlen(value), value), name);
    }
}

/* Defines a variable with its descriptions; `units` may be NULL. */
static int define(Writer *writer, const char *name, nc_type type, int rank, const int *dimensions,
                  const char *units, const char *long_name) {
    int variable = -1;
    if (!is_good(writer)) {
        return variable;
    }
    note(writer, nc_def_var(writer->file, name, type, rank, dimensions, &variable), name);
    if (type != NC_STRING && is_good(writer)) {
        note(writer, nc_def_var_deflate(writer->file, variable, 1, 1, COMPRESSION), name);
    }
    if (units != NULL) {
        put_text(writer, variable, "units", units);
    }
    put_text(writer, variable, "long_name", long_name);
    return variable;
}

/* For a number that describes patients or lesions: NaN is missing, and whose it is. */
static void define_missing_and_coordinates(Writer *writer, int variable, int dimension) {
    double fill = NAN;
    if (is_good(writer)) {
        note(writer, nc_def_var_fill(writer->file, variable, NC_FILL, &fill), "_FillValue");
    }
    put_text(writer, variable, "coordinates",
             dimension == writer->lesion ? "lesion_id" : "center patient_id");
}

static void define_flags(Writer *writer, int variable) {
    static const signed char values[STRATA] = {0, 1, 2, 3, 4, 5};
    if (is_good(writer)) {
        note(writer,
             nc_put_att_schar(writer->file, variable, "flag_values", NC_BYTE, STRATA, values),
             "flag_values");
    }
    put_text(writer, variable, "flag_meanings",
             "not_evaluable protocol_stratum_1 protocol_stratum_2 protocol_stratum_3 "
             "protocol_stratum_4 protocol_stratum_5");
}

/* A column as a variable along one dimension. An empty dimension has nothing to put. */
static void write_numbers(Writer *writer, const Table *table, size_t column, const char *name,
                          int dimension) {
    size_t rows = table_row_count(table);
    const char *source = table_column_name(table, column);
    double *values = calloc(rows + 1, sizeof *values);
    note(writer, values == NULL ? NC_ENOMEM : NC_NOERR, name);
    int variable = define(writer, name, NC_DOUBLE, 1, &dimension, table_column_units(table, column),
                          table_column_long_name(table, column));
    define_missing_and_coordinates(writer, variable, dimension);
    for (size_t row = 0; row < rows && is_good(writer); row++) {
        values[row] = table_number(table, row, source);
    }
    if (rows > 0 && is_good(writer)) {
        size_t start = 0;
        note(writer, nc_put_vara_double(writer->file, variable, &start, &rows, values), name);
    }
    free(values);
}

static void write_texts(Writer *writer, const Table *table, size_t column, const char *name,
                        int dimension) {
    size_t rows = table_row_count(table);
    const char *source = table_column_name(table, column);
    const char **values = calloc(rows + 1, sizeof *values);
    note(writer, values == NULL ? NC_ENOMEM : NC_NOERR, name);
    int variable =
        define(writer, name, NC_STRING, 1, &dimension, NULL, table_column_long_name(table, column));
    for (size_t row = 0; row < rows && is_good(writer); row++) {
        values[row] = table_text(table, row, source);
    }
    if (rows > 0 && is_good(writer)) {
        size_t start = 0;
        note(writer, nc_put_vara_string(writer->file, variable, &start, &rows, values), name);
    }
    free(values);
}

/* The column `stratum` as bytes with CF flags, along one or two dimensions. */
static void write_strata(Writer *writer, const Table *table, const char *name, int rank,
                         const int *dimensions, const size_t *counts, const char *long_name) {
    size_t rows = table_row_count(table);
    signed char *values = calloc(rows + 1, 1);
    note(writer, values == NULL ? NC_ENOMEM : NC_NOERR, name);
    int variable = define(writer, name, NC_BYTE, rank, dimensions, NULL, long_name);
    define_flags(writer, variable);
    put_text(writer, variable, "coordinates", "center patient_id");
    for (size_t row = 0; row < rows && is_good(writer); row++) {
        values[row] = (signed char)table_number(table, row, "stratum");
    }
    if (rows > 0 && is_good(writer)) {
        const size_t start[] = {0, 0};
        note(writer, nc_put_vara_schar(writer->file, variable, start, counts, values), name);
    }
    free(values);
}

static void write_patients(Writer *writer, const Cohort *cohort) {
    const Table *patients = cohort->patients;
    size_t count = table_row_count(patients);
    for (size_t c = 0; c < table_column_count(patients); c++) {
        const char *column = table_column_name(patients, c);
        /* A variable named like a dimension would be taken for its coordinate. */
        const char *name = strcmp(column, "patient") == 0 ? "patient_id" : column;
        if (strcmp(column, "stratum") == 0) {
            write_strata(writer, patients, name, 1, &writer->patient, &count,
                         table_column_long_name(patients, c));
        } else if (table_column_kind(patients, c) == COLUMN_TEXT) {
            write_texts(writer, patients, c, name, writer->patient);
        } else {
            write_numbers(writer, patients, c, name, writer->patient);
        }
    }
}

/* For each lesion the index of its patient, from 0. Both tables are in the same order. */
static void write_patient_index(Writer *writer, const Cohort *cohort) {
    size_t count = table_row_count(cohort->lesions);
    int *index = calloc(count + 1, sizeof *index);
    note(writer, index == NULL ? NC_ENOMEM : NC_NOERR, "patient_index");
    int variable = define(writer, "patient_index", NC_INT, 1, &writer->lesion, NULL,
                          "index along patient, from 0, of the patient who has this lesion");
    put_text(writer, variable, "instance_dimension", "patient");
    size_t patient = 0;
    for (size_t i = 0; i < count && is_good(writer); i++) {
        while (strcmp(table_text(cohort->patients, patient, "center"),
                      table_text(cohort->lesions, i, "center")) != 0 ||
               strcmp(table_text(cohort->patients, patient, "patient"),
                      table_text(cohort->lesions, i, "patient")) != 0) {
            patient++;
        }
        index[i] = (int)patient;
    }
    if (count > 0 && is_good(writer)) {
        size_t start = 0;
        note(writer, nc_put_vara_int(writer->file, variable, &start, &count, index),
             "patient_index");
    }
    free(index);
}

static void write_lesions(Writer *writer, const Cohort *cohort) {
    const Table *lesions = cohort->lesions;
    write_patient_index(writer, cohort);
    for (size_t c = 0; c < table_column_count(lesions); c++) {
        const char *column = table_column_name(lesions, c);
        char name[NAME_SIZE];
        if (strcmp(column, "center") == 0 || strcmp(column, "patient") == 0) {
            continue; /* patient_index says it */
        }
        snprintf(name, sizeof name, "lesion_%s", strcmp(column, "lesion") == 0 ? "id" : column);
        if (table_column_kind(lesions, c) == COLUMN_TEXT) {
            write_texts(writer, lesions, c, name, writer->lesion);
        } else {
            write_numbers(writer, lesions, c, name, writer->lesion);
        }
    }
}

static void write_threshold(Writer *writer, const Cohort *cohort) {
    int variable = define(writer, "threshold", NC_DOUBLE, 1, &writer->threshold, "Gy",
                          "dose below which a lesion is underdosed");
    if (cohort->n_thresholds > 0 && is_good(writer)) {
        size_t start = 0;
        note(writer,
             nc_put_vara_double(writer->file, variable, &start, &cohort->n_thresholds,
                                cohort->thresholds_gy),
             "threshold");
    }
}

static void write_stratum_class(Writer *writer) {
    static const signed char classes[STRATA] = {0, 1, 2, 3, 4, 5};
    int variable = define(writer, "stratum_class", NC_BYTE, 1, &writer->stratum_class, NULL,
                          "stratum of the protocol");
    define_flags(writer, variable);
    if (is_good(writer)) {
        note(writer, nc_put_var_schar(writer->file, variable, classes), "stratum_class");
    }
}

/* How many patients have each stratum at each threshold. */
static void write_counts(Writer *writer, const Cohort *cohort) {
    const int dimensions[] = {writer->threshold, writer->stratum_class};
    const size_t start[] = {0, 0}, size[] = {cohort->n_thresholds, STRATA};
    int *counts = calloc(cohort->n_thresholds * STRATA + 1, sizeof *counts);
    note(writer, counts == NULL ? NC_ENOMEM : NC_NOERR, "stratum_count");
    int variable = define(writer, "stratum_count", NC_INT, 2, dimensions, "1",
                          "number of patients with this stratum at this threshold");
    /* Rows of the sweep are patient by patient, each with all thresholds. */
    for (size_t row = 0; row < table_row_count(cohort->sweep) && is_good(writer); row++) {
        size_t stratum = (size_t)table_number(cohort->sweep, row, "stratum");
        counts[row % cohort->n_thresholds * STRATA + stratum]++;
    }
    if (cohort->n_thresholds > 0 && is_good(writer)) {
        note(writer, nc_put_vara_int(writer->file, variable, start, size, counts), "stratum_count");
    }
    free(counts);
}

static void write_sweep(Writer *writer, const Cohort *cohort) {
    const int dimensions[] = {writer->patient, writer->threshold};
    const size_t size[] = {table_row_count(cohort->patients), cohort->n_thresholds};
    write_threshold(writer, cohort);
    write_stratum_class(writer);
    write_strata(writer, cohort->sweep, "stratum_at_threshold", 2, dimensions, size,
                 "stratum of the protocol at this dose threshold");
    write_counts(writer, cohort);
}

static void write_globals(Writer *writer, const CohortDescription *description) {
    const char *const attributes[][2] = {
        {"Conventions", "CF-1.8"},
        {"title", description->title},
        {"source", description->source},
        {"history", description->source},
        {"references", "NCT02611661"},
        {"comment", "Absorbed dose of 90Y, lesions and strata of a cohort; lesions of all patients "
                    "stand one after the other, patient_index says whose they are."},
        {"configuration", description->configuration},
        {"inputs_digest", description->inputs_digest},
    };
    for (size_t a = 0; a < sizeof attributes / sizeof *attributes; a++) {
        put_text(writer, NC_GLOBAL, attributes[a][0], attributes[a][1]);
    }
}

static void define_dimension(Writer *writer, const char *name, size_t size, int *dimension) {
    if (is_good(writer)) {
        /* Size 0 makes an unlimited dimension of length 0, which is just what is meant. */
        note(writer, nc_def_dim(writer->file, name, size, dimension), name);
    }
}

/* The file is built in memory (some kilobytes per patient) and written at once: NetCDF cannot
 * close a file on a full disk, and ends the program with a crash if it has tried. */
Status cohort_netcdf_write(const Cohort *cohort, const CohortDescription *description,
                           const char *path, Error *error) {
    Writer writer = {.failure = NC_NOERR};
    int created = nc_create_mem("cohort.nc", NC_NETCDF4, INITIAL_SIZE, &writer.file);
    if (created != NC_NOERR) {
        return error_set(error, STATUS_CANNOT_CREATE, "%s: cannot be created: %s", path,
                         nc_strerror(created));
    }
    define_dimension(&writer, "patient", table_row_count(cohort->patients), &writer.patient);
    define_dimension(&writer, "lesion", table_row_count(cohort->lesions), &writer.lesion);
    define_dimension(&writer, "threshold", cohort->n_thresholds, &writer.threshold);
    define_dimension(&writer, "stratum_class", STRATA, &writer.stratum_class);
    write_globals(&writer, description);
    write_patients(&writer, cohort);
    write_lesions(&writer, cohort);
    write_sweep(&writer, cohort);
    NC_memio image = {.memory = NULL};
    note(&writer, nc_close_memio(writer.file, &image), "closing the file");
    Status status = is_good(&writer)
                        ? atomic_file_write_bytes(path, image.memory, image.size, error)
                        : error_set(error, STATUS_IO, "%s: writing failed at %s: %s", path,
                                    writer.at, nc_strerror(writer.failure));
    free(image.memory);
    return status;
}

bool cohort_netcdf_is_current(const char *path, const char *inputs_digest) {
    int file;
    size_t length = strlen(inputs_digest), stored = 0;
    if (nc_open(path, NC_NOWRITE, &file) != NC_NOERR) {
        return false;
    }
    char *digest = NULL;
    bool is_current = nc_inq_attlen(file, NC_GLOBAL, "inputs_digest", &stored) == NC_NOERR &&
                      stored == length && (digest = calloc(length + 1, 1)) != NULL &&
                      nc_get_att_text(file, NC_GLOBAL, "inputs_digest", digest) == NC_NOERR &&
                      strcmp(digest, inputs_digest) == 0;
    free(digest);
    nc_close(file);
    return is_current;
}
