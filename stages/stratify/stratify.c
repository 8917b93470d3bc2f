/* What one patient goes through: read the lesion table, decide, explain, repeat the decision at
 * every threshold of the sweep, write. */
#include "stratify/stratify.h"

#include <stdlib.h>

#include "stratify/decision_file.h"
#include "stratify/lesion_file.h"
#include "stratify/sweep.h"

Status stratify_process(const PatientJob *job, Error *error) {
    const Config *config = job->config;
    LesionFile file;
    StrataVerdict *verdicts = NULL, *work = NULL;
    SweepPoint *points = NULL;
    StrataDecision decision;
    Status status = lesion_file_read(job->inputs[0], &file, error);
    if (status == STATUS_OK) {
        status = strata_check(&file.patient, error);
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
    work = calloc(file.patient.n_lesions + 1, sizeof *work);
    points = calloc(n_points, sizeof *points);
    if (verdicts == NULL || work == NULL || points == NULL) {
        status = error_no_memory(error, "the verdicts of a patient");
        goto done;
    }
    strata_decide(&file.patient, &config->stratification, verdicts, &decision);
    sweep_strata(&file.patient, &config->stratification, &config->sweep, work, points);

    status = decision_file_write_patient(job->output, job->inputs[0], &file,
                                         &config->stratification, verdicts, &decision, error);
    if (status == STATUS_OK) {
        status = decision_file_write_lesions(job->output, &file, &config->stratification, verdicts,
                                             error);
    }
    if (status == STATUS_OK) {
        status = decision_file_write_sweep(job->output, points, n_points, error);
    }
done:
    free(points);
    free(work);
    free(verdicts);
    lesion_file_free(&file);
    return status;
}
