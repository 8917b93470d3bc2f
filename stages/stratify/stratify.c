/* What one patient goes through: read the lesion table, decide, explain, repeat the decision at
 * every threshold of the sweep, write. */
#include "stratify/stratify.h"

#include <stdio.h>
#include <stdlib.h>

#include "stratify/decision_file.h"
#include "stratify/lesion_file.h"
#include "stratify/response_file.h"
#include "stratify/sweep.h"

Status stratify_by_rules(const PatientJob *job, const StrataRules *rules, Error *error) {
    const Config *config = job->config;
    LesionFile file;
    StrataVerdict *verdicts = NULL;
    SweepPoint *points = NULL;
    StrataDecision decision;
    Status status = lesion_file_read(job->inputs[0], &file, error);
    if (status == STATUS_OK) {
        status = strata_check(&file.patient, error);
    }
    if (status == STATUS_OK) {
        status = response_file_write(job->output, job->inputs[0], &file.patient, &config->response,
                                     &file.flags, error);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    size_t n_points = sweep_count(&config->sweep);
    if (n_points == 0) {
        status = error_set(error, STATUS_CONFIG,
                           "sweep.threshold_gy: from %g to %g by %g holds no threshold, or more "
                           "than %d; correct the three numbers",
                           config->sweep.from_gy, config->sweep.to_gy, config->sweep.step_gy,
                           (int)SWEEP_MAX_THRESHOLDS);
        goto done;
    }
    verdicts = calloc(file.patient.n_lesions + 1, sizeof *verdicts);
    points = calloc(n_points, sizeof *points);
    if (verdicts == NULL || points == NULL) {
        status = error_no_memory(error, "the verdicts of a patient");
        goto done;
    }
    strata_decide(&file.patient, &config->stratification, rules, verdicts, &decision);
    sweep_strata(&file.patient, &config->stratification, rules, &config->sweep, points);

    status =
        decision_file_write_patient(job->output, job->inputs[0], &file, &config->stratification,
                                    rules, verdicts, &decision, error);
    if (status == STATUS_OK) {
        status = decision_file_write_lesions(job->output, &file, &config->stratification, verdicts,
                                             error);
    }
    if (status == STATUS_OK) {
        status = decision_file_write_sweep(job->output, points, n_points, error);
    }
done:
    free(points);
    free(verdicts);
    lesion_file_free(&file);
    return status;
}

Status stratify_process(const PatientJob *job, Error *error) {
    char path[CONFIG_PATH_SIZE + CONFIG_TEXT_SIZE + sizeof "/.yaml"];
    StrataRules *rules = malloc(sizeof *rules);
    snprintf(path, sizeof path, "%s/%s.yaml", job->config->rules_path, job->config->rule_set);
    Status status = rules != NULL ? strata_rules_load(path, rules, error)
                                  : error_no_memory(error, "the rule set");
    if (status == STATUS_OK) {
        status = stratify_by_rules(job, rules, error);
    }
    free(rules);
    return status;
}
