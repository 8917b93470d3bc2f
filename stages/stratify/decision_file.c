/* stratify.h5 (decision_file.h): words and numbers are put where the contract wants them. */
#include "stratify/decision_file.h"

#include <math.h>
#include <string.h>

#include "stratify/probability_file.h"
#include "stratify/reason.h"

enum { WORD_SIZE = 64 };

static const char *const ANSWERS[] = {"no", "yes", "unknown"};
static const char *const TREATMENTS[] = {"none", "ablation", "sbrt", "unknown"};
static const char *const VESSEL_STATUSES[] = {"measured", "none_large", "unknown"};

static size_t count_treatment(const LesionFile *file, const StrataVerdict *verdicts,
                              StrataTreatment treatment) {
    size_t count = 0;
    for (size_t i = 0; i < file->patient.n_lesions; i++) {
        count += verdicts[i].treatment == treatment;
    }
    return count;
}

static Status write_decision(Store *output, const LesionFile *file,
                             const StratificationConfig *config, const StrataRules *rules,
                             const StrataVerdict *verdicts, const StrataDecision *decision,
                             Error *error) {
    Reason reason;
    reason_of_patient(&file->patient, config, rules, verdicts, decision, &reason);
    Flags flags = file->flags;
    flags_add(&flags, decision->flags.text);
    const struct {
        const char *name;
        double value;
    } numbers[] = {
        {"stratum", decision->stratum},
        {"n_lesions", (double)file->patient.n_lesions},
        {"n_underdosed", (double)decision->n_underdosed},
        {"min_davg_gy", decision->min_davg_gy},
        {"n_ablation", (double)count_treatment(file, verdicts, STRATA_TREAT_ABLATION)},
        {"n_sbrt", (double)count_treatment(file, verdicts, STRATA_TREAT_SBRT)},
        {"imaging_delay_h", file->patient.imaging_delay_h},
        {"contact_tolerance_mm", strata_contact_tolerance_mm(&file->patient, config)},
    };
    Status status = store_set_text(output, "/", "reason", reason.text, error);
    if (status == STATUS_OK) {
        status = store_set_text(output, "/", "flags", flags.text, error);
    }
    if (status == STATUS_OK) {
        status =
            store_set_text(output, "/", "progression", ANSWERS[file->patient.progression], error);
    }
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers && status == STATUS_OK; n++) {
        status = store_set_number(output, "/", numbers[n].name, numbers[n].value, error);
    }
    return status;
}

/* Copies one word of "/" that segment stated. */
static Status copy_word(Store *output, const Store *segment, const char *name, Error *error) {
    char word[WORD_SIZE];
    Status status = store_get_text(segment, "/", name, word, sizeof word, error);
    return status == STATUS_OK ? store_set_text(output, "/", name, word, error) : status;
}

/* Figures of liver, lung and calibration, NaN where segment does not state them. */
static Status copy_figures(Store *output, const Store *segment, Error *error) {
    static const char *const names[][3] = {
        {"/liver", "volume_ml", "liver_volume_ml"},
        {"/liver", "mean_gy", "liver_mean_gy"},
        {"/liver", "normal_volume_ml", "normal_liver_volume_ml"},
        {"/liver", "normal_mean_gy", "normal_liver_mean_gy"},
        {"/liver", "normal_bed_gy", "normal_liver_bed_gy"},
        {"/liver", "tumour_to_normal_ratio", "tumour_to_normal_ratio"},
        {"/lung", "mean_gy", "lung_mean_gy"},
        {"/lung", "shunt_gy", "lung_shunt_gy"},
        {"/liver", "coverage", "liver_coverage"},
        {"/lung", "coverage", "lung_coverage"},
        {"/", "activity_ratio", "activity_ratio"},
    };
    Status status = STATUS_OK;
    for (size_t n = 0; n < sizeof names / sizeof *names && status == STATUS_OK; n++) {
        double value = NAN;
        if (store_has_attribute(segment, names[n][0], names[n][1])) {
            status = store_get_number(segment, names[n][0], names[n][1], &value, error);
        }
        if (status == STATUS_OK) {
            status = store_set_number(output, "/", names[n][2], value, error);
        }
    }
    return status;
}

Status decision_file_write_patient(Store *output, const Store *segment, const LesionFile *file,
                                   const StratificationConfig *config, const StrataRules *rules,
                                   const StrataVerdict *verdicts, const StrataDecision *decision,
                                   Error *error) {
    static const char *const words[] = {"dose_method", "vessels", "liver"};
    Status status = write_decision(output, file, config, rules, verdicts, decision, error);
    for (size_t w = 0; w < sizeof words / sizeof *words && status == STATUS_OK; w++) {
        status = copy_word(output, segment, words[w], error);
    }
    if (status == STATUS_OK && store_has_attribute(segment, "/", "calibration_region")) {
        status = copy_word(output, segment, "calibration_region", error);
    }
    if (status == STATUS_OK) {
        status = copy_figures(output, segment, error);
    }
    return status == STATUS_OK ? store_copy_attributes(segment, output, "/patient", error) : status;
}

static Status add_columns(Table *table, Error *error) {
    static const struct {
        const char *name;
        ColumnKind kind;
        const char *units, *long_name;
    } columns[] = {
        {"vessel_distance_mm", COLUMN_NUMBER, "mm",
         "surface distance to the nearest vessel wider than the limit"},
        {"vessel_diameter_mm", COLUMN_NUMBER, "mm",
         "diameter of the nearest vessel wider than the limit"},
        {"vessel_status", COLUMN_TEXT, NULL, "measured, none_large or unknown"},
        {"underdosed", COLUMN_TEXT, NULL, "average dose below the threshold"},
        {"amenable", COLUMN_TEXT, NULL, "amenable to microwave ablation"},
        {"treatment", COLUMN_TEXT, NULL, "treatment proposed by the protocol"},
        {"reason", COLUMN_TEXT, NULL, "the verdict with its numbers"},
    };
    Status status = STATUS_OK;
    for (size_t c = 0; c < sizeof columns / sizeof *columns && status == STATUS_OK; c++) {
        status = table_add_column(table, columns[c].name, columns[c].kind, columns[c].units,
                                  columns[c].long_name, error);
    }
    return status;
}

/* Segment's columns; text and numbers cell by cell. */
static Status copy_table(const Table *source, Table *target, Error *error) {
    Status status = STATUS_OK;
    size_t row;
    for (size_t i = 0; i < table_row_count(source) && status == STATUS_OK; i++) {
        status = table_add_row(target, &row, error);
    }
    for (size_t c = 0; c < table_column_count(source) && status == STATUS_OK; c++) {
        const char *name = table_column_name(source, c);
        ColumnKind kind = table_column_kind(source, c);
        status = table_add_column(target, name, kind, table_column_units(source, c),
                                  table_column_long_name(source, c), error);
        for (size_t i = 0; i < table_row_count(source) && status == STATUS_OK; i++) {
            status = kind == COLUMN_TEXT
                         ? table_set_text(target, i, name, table_text(source, i, name), error)
                         : table_set_number(target, i, name, table_number(source, i, name), error);
        }
    }
    return status;
}

static Status set_verdict(Table *table, size_t row, const LesionFile *file,
                          const StratificationConfig *config, const StrataVerdict *verdict,
                          Error *error) {
    Reason reason;
    reason_of_lesion(&file->patient, &file->lesions[row], config, verdict, &reason);
    Flags flags = {.text = ""};
    flags_add(&flags, table_text(table, row, "flags"));
    flags_add(&flags, verdict->flags.text);
    const char *const texts[][2] = {{"flags", flags.text},
                                    {"vessel_status", VESSEL_STATUSES[verdict->vessel_status]},
                                    {"underdosed", ANSWERS[verdict->is_underdosed]},
                                    {"amenable", ANSWERS[verdict->is_amenable]},
                                    {"treatment", TREATMENTS[verdict->treatment]},
                                    {"reason", reason.text}};
    Status status =
        table_set_number(table, row, "vessel_distance_mm", verdict->vessel_distance_mm, error);
    if (status == STATUS_OK) {
        status =
            table_set_number(table, row, "vessel_diameter_mm", verdict->vessel_diameter_mm, error);
    }
    for (size_t t = 0; t < sizeof texts / sizeof *texts && status == STATUS_OK; t++) {
        status = table_set_text(table, row, texts[t][0], texts[t][1], error);
    }
    return status;
}

Status decision_file_write_lesions(Store *output, const LesionFile *file,
                                   const StratificationConfig *config,
                                   const StrataVerdict *verdicts,
                                   const ProbabilityLesion *probabilities, Error *error) {
    Table *table = table_new();
    if (table == NULL) {
        return error_no_memory(error, "the lesion table");
    }
    Status status = copy_table(file->table, table, error);
    if (status == STATUS_OK) {
        status = add_columns(table, error);
    }
    for (size_t i = 0; i < file->patient.n_lesions && status == STATUS_OK; i++) {
        status = set_verdict(table, i, file, config, &verdicts[i], error);
    }
    if (status == STATUS_OK) {
        status = probability_file_add_columns(table, probabilities, error);
    }
    if (status == STATUS_OK) {
        status = store_write_table(output, "/lesions", table, error);
    }
    table_free(table);
    return status;
}

Status decision_file_write_sweep(Store *output, const SweepPoint *points, size_t n_points,
                                 Error *error) {
    Table *table = table_new();
    if (table == NULL) {
        return error_no_memory(error, "the sweep");
    }
    Status status = table_add_column(table, "threshold_gy", COLUMN_NUMBER, "Gy",
                                     "dose below which a lesion is underdosed", error);
    if (status == STATUS_OK) {
        status = table_add_column(table, "stratum", COLUMN_NUMBER, "1", "stratum at this threshold",
                                  error);
    }
    if (status == STATUS_OK) {
        status = table_add_column(table, "n_underdosed", COLUMN_NUMBER, "1",
                                  "underdosed lesions at this threshold", error);
    }
    for (size_t i = 0; i < n_points && status == STATUS_OK; i++) {
        const double values[] = {points[i].threshold_gy, points[i].stratum,
                                 (double)points[i].n_underdosed};
        size_t row;
        status = table_add_row(table, &row, error);
        for (size_t c = 0; c < 3 && status == STATUS_OK; c++) {
            status = table_set_number(table, row, table_column_name(table, c), values[c], error);
        }
    }
    if (status == STATUS_OK) {
        status = store_write_table(output, "/sweep", table, error);
    }
    table_free(table);
    return status;
}
