/* Who is treated comes from the verdicts, the liver's points from segment.h5 (sbrt_file.h). */
#include "stratify/sbrt_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "stratify/liver_sample_file.h"

enum { NAME_SIZE = 64 };

typedef struct Fact {
    const char *name;
    double value;
} Fact;

static bool is_underdosed(const StrataVerdict *verdict, bool *is_unknown) {
    *is_unknown = verdict->is_underdosed == STRATA_UNKNOWN;
    return verdict->is_underdosed == STRATA_YES;
}

static bool is_proposed(const StrataVerdict *verdict, bool *is_unknown) {
    *is_unknown = verdict->treatment == STRATA_TREAT_UNKNOWN;
    return verdict->treatment == STRATA_TREAT_SBRT;
}

/* What treating the lesions that `is_wanted` picks does; unknown if it cannot tell of one. */
static Status treat(const SbrtConfig *config, double alpha_beta_gy, const SbrtSample *sample,
                    const StrataVerdict *verdicts, bool is_wanted(const StrataVerdict *, bool *),
                    bool *is_target, SbrtLiver *liver, Error *error) {
    bool is_any_unknown = false;
    for (size_t n = 0; n < sample->n_lesions; n++) {
        bool is_unknown;
        is_target[n] = is_wanted(&verdicts[n], &is_unknown);
        is_any_unknown = is_any_unknown || is_unknown;
    }
    return sbrt_liver_dose(config, alpha_beta_gy, sample, is_any_unknown ? NULL : is_target, liver,
                           error);
}

static Status write_facts(Store *output, const char *prefix, const Fact *facts, size_t count,
                          Error *error) {
    Status status = STATUS_OK;
    for (size_t f = 0; f < count && status == STATUS_OK; f++) {
        char name[NAME_SIZE];
        snprintf(name, sizeof name, "%s%s", prefix, facts[f].name);
        status = store_set_number(output, "/sbrt", name, facts[f].value, error);
    }
    return status;
}

static Status write_scheme(Store *output, const Config *config, const SbrtFindings *findings,
                           Error *error) {
    const SbrtConfig *sbrt = &config->sbrt;
    const SbrtLiver *liver = &findings->underdosed;
    const Fact facts[] = {
        {"fractions", sbrt->fractions},
        {"dose_per_fraction_gy", sbrt->dose_per_fraction_gy},
        {"margin_mm", sbrt->margin_mm},
        {"half_distance_mm", sbrt->half_distance_mm},
        {"spared_below_gy", sbrt->spared_below_gy},
        {"tumour_alpha_beta_gy", config->dose.tumour.alpha_beta_gy},
        {"normal_liver_alpha_beta_gy", config->dose.normal_liver.alpha_beta_gy},
        {"tumour_bed_gy", findings->tumour_bed_gy},
        {"tumour_eqd2_gy", findings->tumour_eqd2_gy},
        {"liver_volume_ml", liver->volume_ml},
        {"y90_known_percent", liver->known_percent},
        {"y90_bed_gy", liver->mean_bed_gy[SBRT_Y90]},
        {"y90_eqd2_gy", liver->mean_eqd2_gy[SBRT_Y90]},
        {"y90_third_eqd2_gy", liver->third_eqd2_gy[SBRT_Y90]},
    };
    return write_facts(output, "", facts, sizeof facts / sizeof *facts, error);
}

static Status write_liver(Store *output, const char *prefix, const SbrtLiver *liver, Error *error) {
    const Fact facts[] = {
        {"targets", liver->n_targets},
        {"spared_ml", liver->spared_ml},
        {"spared_cumulated_ml", liver->spared_both_ml},
        {"liver_mean_gy", liver->mean_gy},
        {"liver_bed_gy", liver->mean_bed_gy[SBRT_ALONE]},
        {"liver_eqd2_gy", liver->mean_eqd2_gy[SBRT_ALONE]},
        {"liver_third_eqd2_gy", liver->third_eqd2_gy[SBRT_ALONE]},
        {"cumulated_bed_gy", liver->mean_bed_gy[SBRT_CUMULATED]},
        {"cumulated_eqd2_gy", liver->mean_eqd2_gy[SBRT_CUMULATED]},
        {"cumulated_third_eqd2_gy", liver->third_eqd2_gy[SBRT_CUMULATED]},
    };
    return write_facts(output, prefix, facts, sizeof facts / sizeof *facts, error);
}

static Status add_columns(Table *table, Error *error) {
    static const char *const columns[][3] = {
        {"lesion", NULL, "label"},
        {"proposed", NULL, "the decision sends it to SBRT: yes, no or unknown"},
        {"y90_bed_gy", "Gy", "average biologically effective dose of 90Y, tumour"},
        {"sbrt_bed_gy", "Gy", "biologically effective dose of the SBRT scheme, tumour"},
        {"cumulated_bed_gy", "Gy", "sum of both"},
        {"cumulated_eqd2_gy", "Gy", "the sum in fractions of 2 Gy"},
    };
    Status status = STATUS_OK;
    for (size_t c = 0; c < sizeof columns / sizeof *columns && status == STATUS_OK; c++) {
        status = table_add_column(table, columns[c][0],
                                  columns[c][1] == NULL ? COLUMN_TEXT : COLUMN_NUMBER,
                                  columns[c][1], columns[c][2], error);
    }
    return status;
}

static Status add_row(Table *table, const LesionFile *file, size_t lesion, const Config *config,
                      const StrataVerdict *verdict, double sbrt_bed_gy_of_scheme, Error *error) {
    bool is_unknown;
    bool is_target = is_proposed(verdict, &is_unknown);
    double y90_bed_gy = table_number(file->table, lesion, "bed_gy");
    double sum_gy = y90_bed_gy + sbrt_bed_gy_of_scheme;
    const Fact facts[] = {
        {"y90_bed_gy", y90_bed_gy},
        {"sbrt_bed_gy", sbrt_bed_gy_of_scheme},
        {"cumulated_bed_gy", sum_gy},
        {"cumulated_eqd2_gy", sbrt_eqd2_gy(sum_gy, config->dose.tumour.alpha_beta_gy)},
    };
    size_t row;
    Status status;
    if ((status = table_add_row(table, &row, error)) ||
        (status =
             table_set_text(table, row, "lesion", file->patient.lesions[lesion].name, error))) {
        return status;
    }
    status = table_set_text(table, row, "proposed",
                            is_unknown  ? "unknown"
                            : is_target ? "yes"
                                        : "no",
                            error);
    for (size_t f = 0; f < sizeof facts / sizeof *facts && status == STATUS_OK; f++) {
        status = table_set_number(table, row, facts[f].name, facts[f].value, error);
    }
    return status;
}

static Status write_lesions(Store *output, const LesionFile *file, const Config *config,
                            const StrataVerdict *verdicts, const SbrtFindings *findings,
                            Error *error) {
    Table *table = table_new();
    if (table == NULL) {
        return error_no_memory(error, "the lesions of SBRT");
    }
    Status status = add_columns(table, error);
    for (size_t n = 0; n < file->patient.n_lesions && status == STATUS_OK; n++) {
        if (verdicts[n].is_underdosed == STRATA_YES) {
            status = add_row(table, file, n, config, &verdicts[n], findings->tumour_bed_gy, error);
        }
    }
    if (status == STATUS_OK) {
        status = store_write_table(output, "/sbrt_lesions", table, error);
    }
    table_free(table);
    return status;
}

static Status write_findings(Store *output, const LesionFile *file, const Config *config,
                             const StrataVerdict *verdicts, const SbrtFindings *findings,
                             Error *error) {
    Status status;
    if ((status = store_set_text(output, "/sbrt", "model",
                                 "full dose to the margin, then half of it with every "
                                 "half_distance_mm; shares of several targets add up to at most "
                                 "the prescription",
                                 error)) ||
        (status = write_scheme(output, config, findings, error)) ||
        (status = write_liver(output, "proposed_", &findings->proposed, error)) ||
        (status = write_liver(output, "underdosed_", &findings->underdosed, error))) {
        return status;
    }
    return write_lesions(output, file, config, verdicts, findings, error);
}

Status sbrt_file_write(Store *output, const Store *segment, const LesionFile *file,
                       const Config *config, const StrataVerdict *verdicts, SbrtFindings *findings,
                       Error *error) {
    const SbrtConfig *scheme = &config->sbrt;
    double tumour_gy = config->dose.tumour.alpha_beta_gy;
    double liver_gy = config->dose.normal_liver.alpha_beta_gy;
    size_t n_lesions = file->patient.n_lesions;
    LiverSampleFile sample = {0};
    Status status;
    *findings = (SbrtFindings){0};
    findings->tumour_bed_gy =
        sbrt_bed_gy(scheme->fractions, scheme->dose_per_fraction_gy, tumour_gy);
    findings->tumour_eqd2_gy = sbrt_eqd2_gy(findings->tumour_bed_gy, tumour_gy);
    bool *is_target = calloc(n_lesions + 1, sizeof *is_target);
    if (is_target == NULL) {
        status = error_no_memory(error, "the targets of SBRT");
        goto done;
    }
    if ((status = liver_sample_file_read(segment, n_lesions, &sample, error)) ||
        (status = treat(scheme, liver_gy, &sample.sample, verdicts, is_proposed, is_target,
                        &findings->proposed, error)) ||
        (status = treat(scheme, liver_gy, &sample.sample, verdicts, is_underdosed, is_target,
                        &findings->underdosed, error))) {
        goto done;
    }
    status = write_findings(output, file, config, verdicts, findings, error);
done:
    liver_sample_file_free(&sample);
    free(is_target);
    return status;
}
