/* Probabilities of strata (probability_file.h): what was unknown is said in probability_note. */
#include "stratify/probability_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_SIZE = 64, NOTE_SIZE = 2048 };

static double squared(double value) {
    return value * value;
}

/* A standard uncertainty of the table; one that cannot be one is unknown. */
static double uncertainty_gy(const Table *table, size_t i, const char *column) {
    double value_gy = table_number(table, i, column);
    return isfinite(value_gy) && value_gy >= 0 ? value_gy : NAN;
}

ProbabilityDose probability_file_dose(const Table *table, size_t i, bool with_monte_carlo) {
    double davg_gy = fabs(table_number(table, i, "davg_gy"));
    double calibration_gy = uncertainty_gy(table, i, "u_calibration_gy");
    double volume_gy = uncertainty_gy(table, i, "u_volume_gy");
    double poisson_gy =
        fmax(uncertainty_gy(table, i, "u_noise_gy"), uncertainty_gy(table, i, "u_counting_gy"));
    double monte_carlo_gy =
        with_monte_carlo ? uncertainty_gy(table, i, "monte_carlo_standard_error_gy") : 0;
    /* No dose, and no error of it by the factor: nothing to scale. */
    bool is_nothing = davg_gy == 0 && calibration_gy == 0;
    return (ProbabilityDose){
        .calibration = is_nothing ? 0 : calibration_gy / davg_gy,
        .own_gy = sqrt(squared(volume_gy) + squared(poisson_gy) + squared(monte_carlo_gy))};
}

/* Components of Davg's uncertainty that are unknown although the rest is not. Recovery is not
 * part of Davg. */
static void collect_unknown(const Table *table, Flags *unknown) {
    static const char *const components[] = {"calibration", "volume",  "noise",       "counting",
                                             "monte_carlo", "outline", "registration"};
    for (size_t i = 0; i < table_row_count(table); i++) {
        Flags named = {.text = ""};
        const char *lacking = table_text(table, i, "uncertainty_unknown");
        flags_add(&named, lacking);
        for (size_t c = 0; c < sizeof components / sizeof *components; c++) {
            if (flags_has(&named, components[c])) {
                flags_add(unknown, components[c]);
            }
        }
    }
}

/* Lesions with a dose of unknown uncertainty, as flags: so many fit, then `more_flags`. */
static void collect_lesions(const StrataPatient *patient, const ProbabilityDose *doses,
                            Flags *names) {
    for (size_t i = 0; i < patient->n_lesions; i++) {
        if (probability_is_unknown(&patient->lesions[i], &doses[i])) {
            flags_add(names, patient->lesions[i].name);
        }
    }
}

static void write_note(const LesionFile *file, const ProbabilityModel *model, double sampling_error,
                       char note[NOTE_SIZE]) {
    Flags lesions = {.text = ""}, unknown = {.text = ""};
    collect_lesions(&file->patient, model->doses, &lesions);
    if (lesions.text[0] != '\0') {
        snprintf(note, NOTE_SIZE, "unknown: the uncertainty of Davg is not known for %s",
                 lesions.text);
        return;
    }
    collect_unknown(file->table, &unknown);
    bool is_whole = unknown.text[0] == '\0';
    snprintf(note, NOTE_SIZE,
             "%zu samples, seed %llu, sampling error %.2g; standard uncertainties: diameter %.2f "
             "mm, vessel distance %.2f mm, Davg as in the lesion table, its calibration shared by "
             "all lesions%s%s",
             model->n_samples, (unsigned long long)model->seed, sampling_error, model->diameter_mm,
             model->vessel_distance_mm,
             is_whole ? "" : "; unknown parts of Davg's: ", unknown.text);
}

static Status write_attributes(Store *output, const LesionFile *file, const ProbabilityModel *model,
                               const double strata[RULE_MAX_STRATUM + 1], int assigned,
                               Error *error) {
    char note[NOTE_SIZE], name[WORD_SIZE];
    double sampling_error = probability_standard_error(strata[assigned], model->n_samples);
    write_note(file, model, sampling_error, note);
    Status status = store_set_text(output, "/", "probability_note", note, error);
    for (int s = 0; s <= RULE_MAX_STRATUM && status == STATUS_OK; s++) {
        snprintf(name, sizeof name, "p_stratum_%d", s);
        status = store_set_number(output, "/", name, strata[s], error);
    }
    if (status == STATUS_OK) {
        status = store_set_number(output, "/", "p_stratum", strata[assigned], error);
    }
    return status == STATUS_OK
               ? store_set_number(output, "/", "p_standard_error", sampling_error, error)
               : status;
}

Status probability_file_write(Store *output, const Store *segment, const LesionFile *file,
                              const Config *config, const StrataRules *rules,
                              const StrataDecision *decision, ProbabilityLesion *lesions,
                              Error *error) {
    const ProbabilityConfig *wanted = &config->probability;
    const StrataPatient *patient = &file->patient;
    char method[WORD_SIZE];
    double strata[RULE_MAX_STRATUM + 1];
    ProbabilityDose *doses = NULL;
    Status status = store_get_text(segment, "/", "dose_method", method, sizeof method, error);
    if (status != STATUS_OK) {
        goto done;
    }
    doses = calloc(patient->n_lesions + 1, sizeof *doses);
    if (doses == NULL) {
        status = error_no_memory(error, "the uncertainties of a patient");
        goto done;
    }
    bool with_monte_carlo = strcmp(method, dose_method_name(DOSE_MONTE_CARLO)) == 0;
    for (size_t i = 0; i < patient->n_lesions; i++) {
        doses[i] = probability_file_dose(file->table, i, with_monte_carlo);
    }
    const ProbabilityModel model = {
        .doses = doses,
        .diameter_mm =
            probability_length_mm(wanted->diameter_uncertainty_mm, patient->voxel_diagonal_mm),
        .vessel_distance_mm = probability_length_mm(wanted->vessel_distance_uncertainty_mm,
                                                    patient->voxel_diagonal_mm),
        .n_samples = (size_t)wanted->samples,
        .seed = (uint64_t)wanted->seed,
    };
    status =
        probability_sample(patient, &config->stratification, rules, &model, strata, lesions, error);
    if (status == STATUS_OK) {
        status = write_attributes(output, file, &model, strata, decision->stratum, error);
    }
done:
    free(doses);
    return status;
}

Status probability_file_add_columns(Table *table, const ProbabilityLesion *lesions, Error *error) {
    Status status = table_add_column(table, "p_underdosed", COLUMN_NUMBER, "1",
                                     "probability of an average dose below the threshold", error);
    if (status == STATUS_OK) {
        status = table_add_column(table, "p_amenable", COLUMN_NUMBER, "1",
                                  "probability of being amenable to microwave ablation", error);
    }
    for (size_t i = 0; i < table_row_count(table) && status == STATUS_OK; i++) {
        status = table_set_number(table, i, "p_underdosed", lesions[i].underdosed, error);
        if (status == STATUS_OK) {
            status = table_set_number(table, i, "p_amenable", lesions[i].amenable, error);
        }
    }
    return status;
}
