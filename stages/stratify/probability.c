/* Sampling (probability.h): 64 samples at a time. The strata are decided sample by sample, all
 * lesions of one; the lesions' criteria lesion by lesion, its samples side by side as if they were
 * the lesions of a block. */
#include "stratify/probability.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/counter_random.h"
#include "stratify/lesion_verdict.h"

/* The samples at hand. */
typedef struct Draws {
    double *widths;        /* by lesion: w, of the logarithm of the calibration's factor */
    StrataLesion *lesions; /* [sample][lesion] */
    StrataVessel *vessels; /* [sample][vessel of all lesions] */
    size_t n_vessels;
} Draws;

typedef struct Tally {
    uint64_t *underdosed, *amenable; /* by lesion: samples in which the criterion holds */
    uint64_t *underdosed_known, *amenable_known;
    uint64_t strata[RULE_MAX_STRATUM + 1];
} Tally;

/* Four standard normal numbers (Box & Muller 1958) of an item of a sample. */
static void draw_normals(const ProbabilityModel *model, uint64_t sample, uint32_t item,
                         double normals[COUNTER_RANDOM_WORDS]) {
    CounterRandom random = counter_random_start(model->seed, sample);
    random.counter[0] = item;
    for (int n = 0; n < COUNTER_RANDOM_WORDS; n += 2) {
        double radius = sqrt(-2 * log(counter_random_uniform(&random)));
        double angle = 2 * M_PI * counter_random_uniform(&random);
        normals[n] = radius * cos(angle);
        normals[n + 1] = radius * sin(angle);
    }
}

/* NaN stays NaN. */
static double not_negative(double length_mm) {
    return length_mm < 0 ? 0 : length_mm;
}

/* One sample; lesion i takes its normals from item i + 1, the calibration its own from item 0. */
static void draw_sample(const StrataPatient *patient, const ProbabilityModel *model,
                        const Draws *draws, uint64_t sample, size_t lane) {
    double shared[COUNTER_RANDOM_WORDS], own[COUNTER_RANDOM_WORDS];
    StrataLesion *lesions = &draws->lesions[lane * patient->n_lesions];
    StrataVessel *vessels = &draws->vessels[lane * draws->n_vessels];
    draw_normals(model, sample, 0, shared);
    for (size_t i = 0; i < patient->n_lesions; i++) {
        const StrataLesion *measured = &patient->lesions[i];
        StrataLesion *lesion = &lesions[i];
        draw_normals(model, sample, (uint32_t)i + 1, own);
        double factor = exp(draws->widths[i] * shared[0]);
        double diameter_error_mm = model->diameter_mm * own[1];
        double distance_error_mm = model->vessel_distance_mm * own[2];
        *lesion = *measured;
        lesion->davg_gy = factor * (measured->davg_gy + model->doses[i].own_gy * own[0]);
        lesion->diameter_3d_mm = not_negative(measured->diameter_3d_mm + diameter_error_mm);
        lesion->diameter_axial_mm = not_negative(measured->diameter_axial_mm + diameter_error_mm);
        lesion->vessels = vessels;
        for (size_t v = 0; v < measured->n_vessels; v++) {
            vessels[v] = measured->vessels[v];
            vessels[v].distance_mm = not_negative(vessels[v].distance_mm + distance_error_mm);
        }
        vessels += measured->n_vessels;
    }
}

static void tally_lesion(const StrataPatient *patient, const StratificationConfig *config,
                         const StrataRules *rules, const Draws *draws, size_t i, size_t n_lanes,
                         Tally *tally) {
    StrataLesion lanes[RULE_BLOCK_LESIONS];
    LesionColumns columns;
    RuleFacts facts = {.n_lesions = n_lanes};
    RuleBlock block;
    StrataPatient samples = *patient;
    samples.lesions = lanes;
    samples.n_lesions = n_lanes;
    for (size_t lane = 0; lane < n_lanes; lane++) {
        lanes[lane] = draws->lesions[lane * patient->n_lesions + i];
    }
    strata_rules_settings(config, strata_contact_tolerance_mm(patient, config), facts.settings);
    lesion_columns_fill(&samples, config, 0, n_lanes, &columns);
    lesion_columns_lend(&columns, &facts);
    rule_evaluate_lesions(&rules->set, &facts, 0, n_lanes, false, &block);
    const uint64_t *yes = block.yes, *no = block.no;
    int dose = rules->underdosed, ablation = rules->amenable;
    tally->underdosed[i] += (uint64_t)__builtin_popcountll(yes[dose]);
    tally->underdosed_known[i] += (uint64_t)__builtin_popcountll(yes[dose] | no[dose]);
    tally->amenable[i] += (uint64_t)__builtin_popcountll(yes[ablation]);
    tally->amenable_known[i] += (uint64_t)__builtin_popcountll(yes[ablation] | no[ablation]);
}

static void tally_samples(const StrataPatient *patient, const StratificationConfig *config,
                          const StrataRules *rules, const ProbabilityModel *model,
                          const Draws *draws, Tally *tally) {
    for (size_t first = 0; first < model->n_samples; first += RULE_BLOCK_LESIONS) {
        size_t left = model->n_samples - first;
        size_t n_lanes = left < RULE_BLOCK_LESIONS ? left : RULE_BLOCK_LESIONS;
        StrataPatient sample = *patient;
        for (size_t lane = 0; lane < n_lanes; lane++) {
            draw_sample(patient, model, draws, first + lane, lane);
            sample.lesions = &draws->lesions[lane * patient->n_lesions];
            tally->strata[strata_stratum(&sample, config, rules, NULL)]++;
        }
        for (size_t i = 0; i < patient->n_lesions; i++) {
            tally_lesion(patient, config, rules, draws, i, n_lanes, tally);
        }
    }
}

static double share(uint64_t count, uint64_t known, size_t n_samples) {
    return known == n_samples ? (double)count / (double)n_samples : NAN;
}

static void read_tally(const StrataPatient *patient, const ProbabilityModel *model,
                       const Tally *tally, double strata[RULE_MAX_STRATUM + 1],
                       ProbabilityLesion *lesions) {
    size_t n = model->n_samples;
    bool is_unknown = false;
    for (size_t i = 0; i < patient->n_lesions; i++) {
        is_unknown |= probability_is_unknown(&patient->lesions[i], &model->doses[i]);
        lesions[i].underdosed = share(tally->underdosed[i], tally->underdosed_known[i], n);
        lesions[i].amenable = share(tally->amenable[i], tally->amenable_known[i], n);
    }
    for (int s = 0; s <= RULE_MAX_STRATUM; s++) {
        strata[s] = is_unknown ? NAN : (double)tally->strata[s] / (double)n;
    }
}

Status probability_sample(const StrataPatient *patient, const StratificationConfig *config,
                          const StrataRules *rules, const ProbabilityModel *model,
                          double strata[RULE_MAX_STRATUM + 1], ProbabilityLesion *lesions,
                          Error *error) {
    size_t n = patient->n_lesions;
    Status status = STATUS_OK;
    Draws draws = {.n_vessels = 0};
    Tally tally = {.strata = {0}};
    for (size_t i = 0; i < n; i++) {
        draws.n_vessels += patient->lesions[i].n_vessels;
    }
    uint64_t *counts = calloc(4 * n + 1, sizeof *counts);
    draws.widths = calloc(n + 1, sizeof *draws.widths);
    draws.lesions = calloc(RULE_BLOCK_LESIONS * n + 1, sizeof *draws.lesions);
    draws.vessels = calloc(RULE_BLOCK_LESIONS * draws.n_vessels + 1, sizeof *draws.vessels);
    if (counts == NULL || draws.widths == NULL || draws.lesions == NULL || draws.vessels == NULL) {
        status = error_no_memory(error, "the samples of a patient");
        goto done;
    }
    tally.underdosed = counts;
    tally.amenable = counts + n;
    tally.underdosed_known = counts + 2 * n;
    tally.amenable_known = counts + 3 * n;
    for (size_t i = 0; i < n; i++) {
        double relative = model->doses[i].calibration;
        draws.widths[i] = sqrt(log1p(relative * relative)); /* variation coefficient: `relative` */
    }
    tally_samples(patient, config, rules, model, &draws, &tally);
    read_tally(patient, model, &tally, strata, lesions);
done:
    free(counts);
    free(draws.widths);
    free(draws.lesions);
    free(draws.vessels);
    return status;
}

bool probability_is_unknown(const StrataLesion *lesion, const ProbabilityDose *dose) {
    bool has_dose = !lesion->is_outside_dose && !lesion->is_misplaced && !isnan(lesion->davg_gy);
    return has_dose && (isnan(dose->calibration) || isnan(dose->own_gy));
}

double probability_standard_error(double probability, size_t n_samples) {
    double n = (double)n_samples;
    double estimate = (probability * n + 1) / (n + 2);
    return sqrt(estimate * (1 - estimate) / n);
}

double probability_length_mm(double configured_mm, double voxel_diagonal_mm) {
    double edge_mm = voxel_diagonal_mm / sqrt(3);
    return isnan(configured_mm) ? edge_mm * sqrt(1.0 / 6 + 1 / (4 * M_LN2)) : configured_mm;
}
