/* Two tables with the vocabulary's column names, then rule_tables_read: what is not in them is
 * unknown (annotation_facts.h). */
#include "stratify/annotation_facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stratify/liver_sample_file.h"

enum { WORD_SIZE = 32 };

/* Of the printed limit for the bowel, "30 Gy in 3 fractions": a dose in others is not comparable.
 */
static const double BOWEL_LIMIT_FRACTIONS = 3;

/* The only row is `row`; adds the column if need be. */
static Status set_number(Table *table, size_t row, RuleColumnId id, double value, Error *error) {
    const RuleColumn *column = rule_column(id);
    Status status = table_has_column(table, column->name)
                        ? STATUS_OK
                        : table_add_column(table, column->name, COLUMN_NUMBER, column->units,
                                           column->label, error);
    return status == STATUS_OK ? table_set_number(table, row, column->name, value, error) : status;
}

static Status set_text(Table *table, size_t row, const char *name, const char *value,
                       Error *error) {
    Status status = table_has_column(table, name)
                        ? STATUS_OK
                        : table_add_column(table, name, COLUMN_TEXT, NULL, name, error);
    return status == STATUS_OK ? table_set_text(table, row, name, value, error) : status;
}

/* Of one lesion at the nearest stomach or bowel, by the model of SBRT. */
static double bowel_dose_gy(const SbrtConfig *sbrt, double distance_mm) {
    return sbrt->fractions != BOWEL_LIMIT_FRACTIONS || isnan(distance_mm)
               ? NAN
               : sbrt->fractions * sbrt->dose_per_fraction_gy * sbrt_share(sbrt, distance_mm);
}

static Status set_lesion(Table *table, size_t row, const LesionFile *file, const Config *config,
                         const StrataVerdict *verdict, Error *error) {
    static const char *const answers[] = {"no", "yes", "unknown"};
    static const char *const statuses[] = {"measured", "none_large", "unknown"};
    static const RuleColumnId doses[] = {RULE_COLUMN_DAVG, RULE_COLUMN_D95, RULE_COLUMN_D90,
                                         RULE_COLUMN_D70, RULE_COLUMN_D50};
    const StrataLesion *lesion = &file->patient.lesions[row];
    bool has_dose = !lesion->is_outside_dose && !lesion->is_misplaced;
    double bowel_mm = table_number(file->table, row, "bowel_distance_mm");
    const struct {
        RuleColumnId id;
        double value;
    } numbers[] = {
        {RULE_COLUMN_VOLUME, table_number(file->table, row, "volume_ml")},
        {RULE_COLUMN_DIAMETER, strata_diameter_mm(lesion, &config->stratification)},
        {RULE_COLUMN_DIAMETER_3D, lesion->diameter_3d_mm},
        {RULE_COLUMN_DIAMETER_AXIAL, lesion->diameter_axial_mm},
        {RULE_COLUMN_VESSEL_DISTANCE, verdict->vessel_distance_mm},
        {RULE_COLUMN_BILE_DUCT_DISTANCE, table_number(file->table, row, "bile_duct_distance_mm")},
        {RULE_COLUMN_BOWEL_DISTANCE, bowel_mm},
        {RULE_COLUMN_SBRT_BOWEL, bowel_dose_gy(&config->sbrt, bowel_mm)},
    };
    Status status;
    if ((status = set_text(table, row, "lesion", lesion->name, error)) ||
        (status = set_text(table, row, "vessel_status", statuses[verdict->vessel_status], error)) ||
        (status = set_text(table, row, "underdosed", answers[verdict->is_underdosed], error))) {
        return status;
    }
    for (size_t d = 0; d < sizeof doses / sizeof *doses && status == STATUS_OK; d++) {
        double dose_gy = table_number(file->table, row, rule_column(doses[d])->name);
        status = set_number(table, row, doses[d], has_dose ? dose_gy : NAN, error);
    }
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers && status == STATUS_OK; n++) {
        status = set_number(table, row, numbers[n].id, numbers[n].value, error);
    }
    return status;
}

static Status fill_lesions(const LesionFile *file, const Config *config,
                           const StrataVerdict *verdicts, Table *table, Error *error) {
    Status status = STATUS_OK;
    for (size_t n = 0; n < file->patient.n_lesions && status == STATUS_OK; n++) {
        size_t row;
        status = table_add_row(table, &row, error);
        if (status == STATUS_OK) {
            status = set_lesion(table, row, file, config, &verdicts[n], error);
        }
    }
    return status;
}

/* NaN where the attribute is missing or a text. */
static double attribute(const Store *store, const char *object, const char *name) {
    double value;
    Error ignored;
    return store_has_attribute(store, object, name) &&
                   store_get_number(store, object, name, &value, &ignored) == STATUS_OK
               ? value
               : NAN;
}

/* Values of the sheet of patients, as /patient has them. */
static Status fill_clinical(const Store *segment, Table *table, Error *error) {
    static const RuleColumnId columns[] = {RULE_COLUMN_ECOG,
                                           RULE_COLUMN_BILIRUBIN,
                                           RULE_COLUMN_ALT,
                                           RULE_COLUMN_AST,
                                           RULE_COLUMN_ALBUMIN,
                                           RULE_COLUMN_CREATININE,
                                           RULE_COLUMN_PLATELETS,
                                           RULE_COLUMN_LIFE_EXPECTANCY,
                                           RULE_COLUMN_ASCITES,
                                           RULE_COLUMN_ENCEPHALOPATHY,
                                           RULE_COLUMN_AFTER_CHEMOTHERAPY,
                                           RULE_COLUMN_LUNG_FUNCTION_COMPROMISED,
                                           RULE_COLUMN_CONTRAST_ALLERGY,
                                           RULE_COLUMN_HIGHLY_SELECTIVE,
                                           RULE_COLUMN_BILOBAR};
    Status status = STATUS_OK;
    for (size_t c = 0; c < sizeof columns / sizeof *columns && status == STATUS_OK; c++) {
        const RuleColumn *column = rule_column(columns[c]);
        char word[WORD_SIZE] = "";
        if (column->units != NULL) {
            status = set_number(table, 0, columns[c], attribute(segment, "/patient", column->name),
                                error);
            continue;
        }
        if (store_has_attribute(segment, "/patient", column->name)) {
            status = store_get_text(segment, "/patient", column->name, word, sizeof word, error);
        }
        status = status == STATUS_OK ? set_text(table, 0, column->name, word, error) : status;
    }
    return status;
}

static Status fill_liver(const Store *segment, Table *table, Error *error) {
    double volume_ml = attribute(segment, "/liver", "volume_ml");
    const struct {
        RuleColumnId id;
        double value;
    } numbers[] = {
        {RULE_COLUMN_LIVER_VOLUME, volume_ml},
        {RULE_COLUMN_NORMAL_LIVER_VOLUME, attribute(segment, "/liver", "normal_volume_ml")},
        {RULE_COLUMN_NORMAL_LIVER_MEAN, attribute(segment, "/liver", "normal_mean_gy")},
        {RULE_COLUMN_TUMOUR_BURDEN,
         100 * attribute(segment, "/liver", "tumour_volume_ml") / volume_ml},
        {RULE_COLUMN_TUMOUR_TO_NORMAL, attribute(segment, "/liver", "tumour_to_normal_ratio")},
        {RULE_COLUMN_LUNG_MEAN, attribute(segment, "/lung", "mean_gy")},
    };
    Status status = STATUS_OK;
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers && status == STATUS_OK; n++) {
        status = set_number(table, 0, numbers[n].id, numbers[n].value, error);
    }
    return status;
}

/* The lung doses by the shunt, of one treatment after the other: those of the table /planning that
 * do not depend on the model. */
static Status fill_lung(const Store *segment, Table *table, Error *error) {
    Table *plans = NULL;
    double largest_gy = NAN, sum_gy = NAN;
    bool is_complete = false;
    Status status = STATUS_OK;
    if (store_has(segment, "/planning")) {
        status = store_read_table(segment, "/planning", &plans, error);
        is_complete = status == STATUS_OK && table_row_count(plans) > 0;
    }
    for (size_t row = 0; plans != NULL && row < table_row_count(plans); row++) {
        double lung_gy = table_number(plans, row, "lung_gy");
        if (strcmp(table_text(plans, row, "model"), "mird") != 0 ||
            strcmp(table_text(plans, row, "treatment"), "all") == 0) {
            continue;
        }
        is_complete = is_complete && !isnan(lung_gy);
        largest_gy = fmax(largest_gy, lung_gy); /* of NaN and a number: the number */
        sum_gy = isnan(sum_gy) ? lung_gy : isnan(lung_gy) ? sum_gy : sum_gy + lung_gy;
    }
    table_free(plans);
    if (status != STATUS_OK ||
        (status = set_number(table, 0, RULE_COLUMN_LUNG_DOSE, largest_gy, error)) ||
        (status = set_number(table, 0, RULE_COLUMN_LUNG_DOSE_CUMULATIVE, sum_gy, error))) {
        return status;
    }
    return set_text(table, 0, rule_column(RULE_COLUMN_LUNG_DOSE_COMPLETE)->name,
                    is_complete ? "yes" : "unknown", error);
}

/* Percent of the normal liver that ablating all underdosed lesions takes; NaN if it is unknown who
 * they are. */
static Status find_ablated(const Store *segment, const LesionFile *file,
                           const StrataVerdict *verdicts, double margin_mm, double *percent,
                           Error *error) {
    size_t n_lesions = file->patient.n_lesions;
    LiverSampleFile sample = {0};
    bool is_known = true;
    bool *is_target = calloc(n_lesions + 1, sizeof *is_target);
    Status status = is_target != NULL ? liver_sample_file_read(segment, n_lesions, &sample, error)
                                      : error_no_memory(error, "the lesions to be ablated");
    for (size_t n = 0; n < n_lesions && status == STATUS_OK; n++) {
        is_target[n] = verdicts[n].is_underdosed == STRATA_YES;
        is_known = is_known && verdicts[n].is_underdosed != STRATA_UNKNOWN;
    }
    if (status == STATUS_OK) {
        *percent =
            is_known ? liver_sample_within_percent(&sample.sample, is_target, margin_mm) : NAN;
    }
    liver_sample_file_free(&sample);
    free(is_target);
    return status;
}

/* NaN if none is known to be and one may be. */
static double count_underdosed(const LesionFile *file, const StrataVerdict *verdicts) {
    double count = 0;
    bool is_known = true;
    for (size_t n = 0; n < file->patient.n_lesions; n++) {
        count += verdicts[n].is_underdosed == STRATA_YES;
        is_known = is_known && verdicts[n].is_underdosed != STRATA_UNKNOWN;
    }
    return count > 0 || is_known ? count : NAN;
}

/* What treating the underdosed lesions would mean, and what the study is. */
static Status fill_treatment(const Store *segment, const LesionFile *file,
                             const AblationConfig *config, const StrataVerdict *verdicts,
                             const SbrtFindings *sbrt, Table *table, Error *error) {
    static const char *const progression[] = {"no", "yes", "unknown"};
    double ablated_percent = NAN;
    char bowel[WORD_SIZE] = "";
    Status status =
        find_ablated(segment, file, verdicts, config->margin_mm, &ablated_percent, error);
    if (status == STATUS_OK && store_has_attribute(segment, "/", "bowel")) {
        status = store_get_text(segment, "/", "bowel", bowel, sizeof bowel, error);
    }
    const struct {
        RuleColumnId id;
        double value;
    } numbers[] = {
        {RULE_COLUMN_N_UNDERDOSED, count_underdosed(file, verdicts)},
        {RULE_COLUMN_IMAGING_DELAY, file->patient.imaging_delay_h},
        {RULE_COLUMN_ABLATED_FRACTION, ablated_percent},
        {RULE_COLUMN_LIVER_REMNANT, 100 - ablated_percent},
        {RULE_COLUMN_SPARED_LIVER_VOLUME, sbrt->underdosed.spared_ml},
        {RULE_COLUMN_SBRT_BED, sbrt->tumour_bed_gy},
        {RULE_COLUMN_SBRT_LIVER, sbrt->underdosed.mean_eqd2_gy[SBRT_ALONE]},
        {RULE_COLUMN_CUMULATED_LIVER, sbrt->underdosed.mean_eqd2_gy[SBRT_CUMULATED]},
        {RULE_COLUMN_CUMULATED_THIRD, sbrt->underdosed.third_eqd2_gy[SBRT_CUMULATED]},
    };
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers && status == STATUS_OK; n++) {
        status = set_number(table, 0, numbers[n].id, numbers[n].value, error);
    }
    if (status == STATUS_OK) {
        status = set_text(table, 0, "bowel_complete",
                          strcmp(bowel, "segmented") == 0 ? "yes" : "unknown", error);
    }
    return status == STATUS_OK
               ? set_text(table, 0, "progression", progression[file->patient.progression], error)
               : status;
}

static Status fill_patient(const Store *segment, const LesionFile *file,
                           const AblationConfig *config, const StrataVerdict *verdicts,
                           const SbrtFindings *sbrt, Table *table, Error *error) {
    size_t row;
    Status status;
    if ((status = table_add_row(table, &row, error)) ||
        (status = fill_clinical(segment, table, error)) ||
        (status = fill_liver(segment, table, error)) ||
        (status = fill_lung(segment, table, error))) {
        return status;
    }
    return fill_treatment(segment, file, config, verdicts, sbrt, table, error);
}

Status annotation_facts_gather(const Store *segment, const LesionFile *file, const Config *config,
                               const StrataVerdict *verdicts, const SbrtFindings *sbrt,
                               AnnotationFacts *facts, Error *error) {
    *facts = (AnnotationFacts){.lesions = table_new(), .patient = table_new()};
    if (facts->lesions == NULL || facts->patient == NULL) {
        return error_no_memory(error, "the facts about a patient");
    }
    Status status;
    if ((status = fill_lesions(file, config, verdicts, facts->lesions, error)) ||
        (status = fill_patient(segment, file, &config->ablation, verdicts, sbrt, facts->patient,
                               error)) ||
        (status = rule_tables_read(facts->lesions, facts->patient, 0, &facts->tables, error))) {
        return error_add_context(error, "%s", store_path(segment));
    }
    strata_rules_settings(&config->stratification,
                          strata_contact_tolerance_mm(&file->patient, &config->stratification),
                          facts->tables.facts.settings);
    return STATUS_OK;
}

void annotation_facts_free(AnnotationFacts *facts) {
    rule_tables_free(&facts->tables);
    table_free(facts->lesions);
    table_free(facts->patient);
    *facts = (AnnotationFacts){0};
}
