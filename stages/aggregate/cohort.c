/* The cohort in memory (cohort.h): stratify.h5 files in, rows out. */
#include "aggregate/cohort.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate/cohort_columns.h"

enum { TEXT_SIZE = 4096 };

/* A threshold that went through a file is bit for bit the same; this only forgives text. */
static const double THRESHOLD_TOLERANCE_GY = 1e-9;

static Status create_table(const CohortColumn *columns, size_t n, Table **table, Error *error) {
    *table = table_new();
    if (*table == NULL) {
        return error_no_memory(error, "a table of the cohort");
    }
    Status status = STATUS_OK;
    for (size_t c = 0; c < n && status == STATUS_OK; c++) {
        status = table_add_column(*table, columns[c].name,
                                  columns[c].units == NULL ? COLUMN_TEXT : COLUMN_NUMBER,
                                  columns[c].units, columns[c].long_name, error);
    }
    return status;
}

Status cohort_create(const double *thresholds_gy, size_t n_thresholds, Cohort *cohort,
                     Error *error) {
    *cohort = (Cohort){.n_thresholds = n_thresholds};
    cohort->thresholds_gy = malloc((n_thresholds + 1) * sizeof *thresholds_gy);
    if (cohort->thresholds_gy == NULL) {
        return error_no_memory(error, "the thresholds of the sweep");
    }
    for (size_t t = 0; t < n_thresholds; t++) {
        cohort->thresholds_gy[t] = thresholds_gy[t];
    }
    Status status =
        create_table(COHORT_PATIENT_COLUMNS, COHORT_N_PATIENT_COLUMNS, &cohort->patients, error);
    if (status == STATUS_OK) {
        status =
            create_table(COHORT_LESION_COLUMNS, COHORT_N_LESION_COLUMNS, &cohort->lesions, error);
    }
    if (status == STATUS_OK) {
        status = create_table(COHORT_SWEEP_COLUMNS, COHORT_N_SWEEP_COLUMNS, &cohort->sweep, error);
    }
    return status;
}

void cohort_free(Cohort *cohort) {
    table_free(cohort->patients);
    table_free(cohort->lesions);
    table_free(cohort->sweep);
    free(cohort->thresholds_gy);
    *cohort = (Cohort){.patients = NULL};
}

static Status add_row_of(Table *table, const char *center, const char *patient, size_t *row,
                         Error *error) {
    Status status = table_add_row(table, row, error);
    if (status == STATUS_OK) {
        status = table_set_text(table, *row, "center", center, error);
    }
    if (status == STATUS_OK) {
        status = table_set_text(table, *row, "patient", patient, error);
    }
    return status;
}

/* An attribute of an object, and the column and its kind that it goes to. */
typedef struct Fact {
    const char *object, *name, *column;
    ColumnKind kind;
} Fact;

static Status copy_attribute(const Store *store, const Fact *fact, Table *table, size_t row,
                             Error *error) {
    if (fact->kind == COLUMN_TEXT) {
        char text[TEXT_SIZE];
        Status status = store_get_text(store, fact->object, fact->name, text, sizeof text, error);
        return status == STATUS_OK ? table_set_text(table, row, fact->column, text, error) : status;
    }
    double number;
    Status status = store_get_number(store, fact->object, fact->name, &number, error);
    return status == STATUS_OK ? table_set_number(table, row, fact->column, number, error) : status;
}

/* The attributes of the decision: those of the contract must be there, the others may. */
static Status copy_decision(const Store *store, Table *patients, size_t row, Error *error) {
    Status status = STATUS_OK;
    for (size_t c = COHORT_FIRST_ATTRIBUTE; c < COHORT_N_PATIENT_COLUMNS && status == STATUS_OK;
         c++) {
        const CohortColumn *column = &COHORT_PATIENT_COLUMNS[c];
        Fact fact = {.column = column->name,
                     .kind = column->units == NULL ? COLUMN_TEXT : COLUMN_NUMBER};
        fact.name = cohort_column_attribute(column, &fact.object);
        if (column->is_required || store_has_attribute(store, fact.object, fact.name)) {
            status = copy_attribute(store, &fact, patients, row, error);
        }
    }
    return status;
}

/* Names of clinical columns become names of variables in cohort.nc, beside the cohort's own. */
static Status check_clinical_name(const Store *store, const char *name, Error *error) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    bool is_own = false;
    for (size_t c = 0; c < COHORT_N_PATIENT_COLUMNS; c++) {
        is_own |= strcmp(COHORT_PATIENT_COLUMNS[c].name, name) == 0;
    }
    if (is_own || !isalpha((unsigned char)name[0]) || name[strspn(name, allowed)] != '\0') {
        return error_set(error, STATUS_BAD_DATA,
                         "%s: /patient has an attribute that cannot be a clinical column; run "
                         "convert and the stages after it again",
                         store_path(store));
    }
    return STATUS_OK;
}

/* One column holds one kind in all patients. */
static Status check_clinical_kind(const Store *store, const char *name, ColumnKind kind,
                                  const Table *patients, Error *error) {
    for (size_t c = 0; c < table_column_count(patients); c++) {
        if (strcmp(table_column_name(patients, c), name) == 0 &&
            table_column_kind(patients, c) != kind) {
            return error_set(error, STATUS_BAD_DATA,
                             "%s: /patient: '%s' is %s here and not in other patients",
                             store_path(store), name, kind == COLUMN_TEXT ? "text" : "a number");
        }
    }
    return STATUS_OK;
}

/* A clinical attribute is text or a number: whichever it can be read as. */
static Status copy_clinical_fact(const Store *store, const char *name, Table *patients, size_t row,
                                 Error *error) {
    double number;
    Error is_text;
    ColumnKind kind = store_get_number(store, "/patient", name, &number, &is_text) == STATUS_OK
                          ? COLUMN_NUMBER
                          : COLUMN_TEXT;
    if (check_clinical_name(store, name, error) != STATUS_OK ||
        check_clinical_kind(store, name, kind, patients, error) != STATUS_OK) {
        return error->status;
    }
    if (!table_has_column(patients, name)) {
        Status status =
            table_add_column(patients, name, kind,
                             kind == COLUMN_TEXT ? NULL : cohort_clinical_units(name), name, error);
        if (status != STATUS_OK) {
            return status;
        }
    }
    const Fact fact = {"/patient", name, name, kind};
    return copy_attribute(store, &fact, patients, row, error);
}

static Status copy_clinical_facts(const Store *store, Table *patients, size_t row, Error *error) {
    char **names;
    size_t count;
    Status status = store_list_attributes(store, "/patient", &names, &count, error);
    for (size_t n = 0; n < count && status == STATUS_OK; n++) {
        if (strcmp(names[n], "progression") != 0) { /* already there, of the decision */
            status = copy_clinical_fact(store, names[n], patients, row, error);
        }
    }
    store_free_names(names, count);
    return status;
}

static Status check_stratum(const Store *store, double stratum, Error *error) {
    if (stratum >= 0.0 && stratum <= 5.0 && stratum == floor(stratum)) {
        return STATUS_OK;
    }
    return error_set(error, STATUS_BAD_DATA,
                     "%s: a stratum is %g; it must be 0 to 5; run stratify again",
                     store_path(store), stratum);
}

static Status check_sweep(const Cohort *cohort, const Store *store, const Table *sweep,
                          Error *error) {
    bool is_same = table_row_count(sweep) == cohort->n_thresholds;
    for (size_t t = 0; t < cohort->n_thresholds && is_same; t++) {
        is_same = fabs(table_number(sweep, t, "threshold_gy") - cohort->thresholds_gy[t]) <=
                  THRESHOLD_TOLERANCE_GY;
    }
    if (!is_same) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s: its sweep has other thresholds than the cohort's (%zu); run "
                         "stratify again with this configuration",
                         store_path(store), cohort->n_thresholds);
    }
    Status status = STATUS_OK;
    for (size_t t = 0; t < cohort->n_thresholds && status == STATUS_OK; t++) {
        status = check_stratum(store, table_number(sweep, t, "stratum"), error);
    }
    return status;
}

static Status check_lesions(const Store *store, const Table *lesions, Error *error) {
    for (size_t c = 0; c < COHORT_N_LESION_COLUMNS; c++) {
        const CohortColumn *column = &COHORT_LESION_COLUMNS[c];
        if (column->is_required && !table_has_column(lesions, column->name)) {
            return error_set(error, STATUS_BAD_DATA,
                             "%s: table /lesions has no column %s; run stratify again",
                             store_path(store), column->name);
        }
    }
    return STATUS_OK;
}

static Status add_lesions(Cohort *cohort, const Table *lesions, const char *center,
                          const char *patient, Error *error) {
    Status status = STATUS_OK;
    for (size_t i = 0; i < table_row_count(lesions) && status == STATUS_OK; i++) {
        size_t row;
        status = add_row_of(cohort->lesions, center, patient, &row, error);
        for (size_t c = 2; c < COHORT_N_LESION_COLUMNS && status == STATUS_OK; c++) {
            const CohortColumn *column = &COHORT_LESION_COLUMNS[c];
            const char *name = column->name;
            status = column->units == NULL
                         ? table_set_text(cohort->lesions, row, name, table_text(lesions, i, name),
                                          error)
                         : table_set_number(cohort->lesions, row, name,
                                            table_number(lesions, i, name), error);
        }
    }
    return status;
}

/* `sweep` is NULL for a patient without a decision. */
static Status add_sweep(Cohort *cohort, const Table *sweep, const char *center, const char *patient,
                        Error *error) {
    Status status = STATUS_OK;
    for (size_t t = 0; t < cohort->n_thresholds && status == STATUS_OK; t++) {
        double stratum = sweep == NULL ? 0.0 : table_number(sweep, t, "stratum");
        size_t row;
        status = add_row_of(cohort->sweep, center, patient, &row, error);
        if (status == STATUS_OK) {
            status = table_set_number(cohort->sweep, row, "threshold_gy", cohort->thresholds_gy[t],
                                      error);
        }
        if (status == STATUS_OK) {
            status = table_set_number(cohort->sweep, row, "stratum", stratum, error);
        }
    }
    return status;
}

/* Reads the parts of a stratify.h5 and checks them before anything is added. */
static Status read_checked(const Cohort *cohort, const Store *store, Table **lesions, Table **sweep,
                           Error *error) {
    double stratum;
    Status status = store_get_number(store, "/", "stratum", &stratum, error);
    for (size_t c = COHORT_FIRST_ATTRIBUTE; c < COHORT_N_PATIENT_COLUMNS && status == STATUS_OK;
         c++) {
        const CohortColumn *column = &COHORT_PATIENT_COLUMNS[c];
        if (column->is_required && !store_has_attribute(store, "/", column->name)) {
            status =
                error_set(error, STATUS_BAD_DATA, "%s: attribute %s is missing; run stratify again",
                          store_path(store), column->name);
        }
    }
    if (status == STATUS_OK) {
        status = check_stratum(store, stratum, error);
    }
    if (status == STATUS_OK) {
        status = store_read_table(store, "/lesions", lesions, error);
    }
    if (status == STATUS_OK) {
        status = check_lesions(store, *lesions, error);
    }
    if (status == STATUS_OK) {
        status = store_read_table(store, "/sweep", sweep, error);
    }
    return status == STATUS_OK ? check_sweep(cohort, store, *sweep, error) : status;
}

Status cohort_add_decided(Cohort *cohort, const Store *stratify, const char *center,
                          const char *patient, Error *error) {
    Table *lesions = NULL, *sweep = NULL;
    size_t row, n_patients = table_row_count(cohort->patients);
    size_t n_lesions = table_row_count(cohort->lesions), n_sweep = table_row_count(cohort->sweep);
    Status status = read_checked(cohort, stratify, &lesions, &sweep, error);
    if (status != STATUS_OK) {
        goto done;
    }
    status = add_row_of(cohort->patients, center, patient, &row, error);
    if (status == STATUS_OK) {
        status = copy_decision(stratify, cohort->patients, row, error);
    }
    if (status == STATUS_OK) {
        status = copy_clinical_facts(stratify, cohort->patients, row, error);
    }
    if (status == STATUS_OK) {
        status = add_lesions(cohort, lesions, center, patient, error);
    }
    if (status == STATUS_OK) {
        status = add_sweep(cohort, sweep, center, patient, error);
    }
    if (status != STATUS_OK) { /* all of a patient or nothing */
        table_keep_rows(cohort->patients, n_patients);
        table_keep_rows(cohort->lesions, n_lesions);
        table_keep_rows(cohort->sweep, n_sweep);
    }
done:
    table_free(lesions);
    table_free(sweep);
    return status;
}

Status cohort_add_undecided(Cohort *cohort, const char *center, const char *patient,
                            const char *reason, Error *error) {
    size_t row;
    Status status = add_row_of(cohort->patients, center, patient, &row, error);
    if (status == STATUS_OK) {
        status = table_set_number(cohort->patients, row, "stratum", 0.0, error);
    }
    if (status == STATUS_OK) {
        status = table_set_text(cohort->patients, row, "reason", reason, error);
    }
    return status == STATUS_OK ? add_sweep(cohort, NULL, center, patient, error) : status;
}
