/* What one patient goes through: read the lesion table, decide, explain, say how sure that is, how
 * it depends on every limit, and what other rule sets say of the patient. */
#include "stratify/stratify.h"

#include <stdio.h>
#include <stdlib.h>

#include "stratify/annotations_file.h"
#include "stratify/decision_file.h"
#include "stratify/lesion_file.h"
#include "stratify/probability_file.h"
#include "stratify/response_file.h"
#include "stratify/sbrt_file.h"
#include "stratify/sensitivity_file.h"

/* What was read of a patient, and what was decided. */
typedef struct Case {
    LesionFile file;
    StrataVerdict *verdicts;
    ProbabilityLesion *probabilities;
    StrataDecision decision;
} Case;

static Status read_case(const PatientJob *job, Case *patient, Error *error) {
    Status status = lesion_file_read(job->inputs[0], &patient->file, error);
    if (status == STATUS_OK) {
        status = strata_check(&patient->file.patient, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    size_t room = patient->file.patient.n_lesions + 1;
    patient->verdicts = calloc(room, sizeof *patient->verdicts);
    patient->probabilities = calloc(room, sizeof *patient->probabilities);
    return patient->verdicts != NULL && patient->probabilities != NULL
               ? STATUS_OK
               : error_no_memory(error, "the verdicts of a patient");
}

static Status write_decision(const PatientJob *job, const StrataRules *rules, Case *patient,
                             Error *error) {
    const StratificationConfig *config = &job->config->stratification;
    Status status = response_file_write(job->output, job->inputs[0], &patient->file.patient,
                                        &job->config->response, &patient->file.flags, error);
    if (status == STATUS_OK) {
        status = decision_file_write_patient(job->output, job->inputs[0], &patient->file, config,
                                             rules, patient->verdicts, &patient->decision, error);
    }
    if (status == STATUS_OK) {
        status = probability_file_write(job->output, job->inputs[0], &patient->file, job->config,
                                        rules, &patient->decision, patient->probabilities, error);
    }
    return status == STATUS_OK
               ? decision_file_write_lesions(job->output, &patient->file, config, patient->verdicts,
                                             patient->probabilities, error)
               : status;
}

/* A dose that the decision refused is not known to annotations either. */
static void forget_refused_doses(Case *patient) {
    if ((patient->decision.because & STRATA_BECAUSE_IMAGING) == 0) {
        return;
    }
    for (size_t n = 0; n < patient->file.patient.n_lesions; n++) {
        patient->verdicts[n].is_underdosed = STRATA_UNKNOWN;
    }
}

/* What is said beside the decision and never changes it: the last use of the verdicts. */
static Status write_annotations(const PatientJob *job, Case *patient, Error *error) {
    SbrtFindings sbrt;
    forget_refused_doses(patient);
    Status status = sbrt_file_write(job->output, job->inputs[0], &patient->file, job->config,
                                    patient->verdicts, &sbrt, error);
    return status == STATUS_OK
               ? annotations_file_write(job->output, job->inputs[0], &patient->file, job->config,
                                        patient->verdicts, &sbrt, error)
               : status;
}

Status stratify_by_rules(const PatientJob *job, const StrataRules *rules, Error *error) {
    Case patient = {.verdicts = NULL};
    Status status = read_case(job, &patient, error);
    if (status == STATUS_OK) {
        strata_decide(&patient.file.patient, &job->config->stratification, rules, patient.verdicts,
                      &patient.decision);
        status = write_decision(job, rules, &patient, error);
    }
    if (status == STATUS_OK) {
        status = sensitivity_file_write(job->output, &patient.file, job->config, rules, error);
    }
    if (status == STATUS_OK) {
        status = write_annotations(job, &patient, error);
    }
    free(patient.probabilities);
    free(patient.verdicts);
    lesion_file_free(&patient.file);
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
