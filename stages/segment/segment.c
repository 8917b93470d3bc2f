/* One patient, top to bottom. */
#include "segment/segment.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "segment/dose_noise.h"
#include "segment/label_picture.h"
#include "segment/lesion_table.h"
#include "segment/lesion_vessels.h"
#include "segment/organ_distance.h"
#include "segment/organs.h"
#include "segment/patient_record.h"

/* What one patient's results are made from and of. */
typedef struct Patient {
    Grid reference;
    StructureList structures;
    SegmentDoseMaps doses;
    Lesion *lesions;
    size_t n_lesions;
    Organs organs;
} Patient;

static void patient_free(Patient *patient) {
    for (size_t n = 0; n < patient->n_lesions; n++) {
        lesion_free(&patient->lesions[n]);
    }
    free(patient->lesions);
    segment_dose_maps_free(&patient->doses);
    structure_list_free(&patient->structures);
}

static Status read_inputs(const PatientJob *job, Patient *patient, Error *error) {
    const Store *convert = job->inputs[0], *registered = job->inputs[1], *dose = job->inputs[2];
    char reference[STRUCTURE_TEXT_SIZE], voxels[STRUCTURE_TEXT_SIZE + 32];
    Status status;
    if ((status =
             store_get_text(registered, "/", "reference", reference, sizeof reference, error))) {
        return status;
    }
    snprintf(voxels, sizeof voxels, "/images/%s/voxels", reference);
    if ((status = store_read_grid(convert, voxels, &patient->reference, error)) ||
        (status = structure_list_read(convert, registered, &patient->structures, error))) {
        return status;
    }
    return segment_dose_maps_read(dose, registered, job->config, &patient->doses, error);
}

static Status measure_lesions(const SegmentationConfig *config, Patient *patient, Error *error) {
    size_t count = structure_list_count(&patient->structures, "lesion");
    patient->lesions = calloc(count > 0 ? count : 1, sizeof *patient->lesions);
    if (patient->lesions == NULL) {
        return error_no_memory(error, "the lesions");
    }
    Status status;
    if ((status = segment_dose_mark_lesions(&patient->structures, config->part_fraction,
                                            &patient->doses, error)) ||
        (status = dose_noise_measure_liver(&patient->structures, config, &patient->doses, error))) {
        return status;
    }
    for (size_t s = 0; s < patient->structures.count; s++) {
        const Structure *structure = &patient->structures.structures[s];
        if (!structure_has_role(structure, "lesion")) {
            continue;
        }
        Lesion *lesion = &patient->lesions[patient->n_lesions++];
        if (lesion_measure(structure, &patient->doses, config, lesion, error) != STATUS_OK) {
            return error->status;
        }
    }
    return STATUS_OK;
}

static Status write_root(const PatientJob *job, const Patient *patient, Error *error) {
    bool has_vessels = structure_list_count(&patient->structures, "vessel") > 0;
    Flags flags = {0};
    for (size_t n = 0; n < patient->n_lesions; n++) {
        flags_add(&flags, patient->lesions[n].flags.text);
    }
    flags_add(&flags, patient->organs.lung.flags.text);
    flags_add(&flags, patient->organs.liver.flags.text);
    Store *output = job->output;
    Status status;
    if ((status = store_set_text(output, "/", "dose_method",
                                 dose_method_name(job->config->segmentation.dose_method), error)) ||
        (status = store_set_number(output, "/", "voxel_diagonal_mm",
                                   grid_voxel_diagonal_mm(&patient->reference), error)) ||
        (status =
             store_set_text(output, "/", "vessels", has_vessels ? "segmented" : "none", error)) ||
        (status =
             store_set_text(output, "/", "liver",
                            patient->organs.liver.is_segmented ? "segmented" : "none", error)) ||
        (status = store_set_text(output, "/", "bowel", organ_distance_bowel(&patient->structures),
                                 error))) {
        return status;
    }
    return patient_record_copy(job->inputs[0], job->inputs[1], job->inputs[2], flags.text, output,
                               error);
}

static Status write_results(const PatientJob *job, const Patient *patient, Error *error) {
    Status status;
    if ((status = write_root(job, patient, error)) ||
        (status = lesion_tables_write(job->output, patient->lesions, patient->n_lesions,
                                      job->config->segmentation.dvh_bin_gy, error))) {
        return status;
    }
    return label_picture_write(job->output, &patient->structures, &patient->reference, error);
}

Status segment_process(const PatientJob *job, Error *error) {
    Patient patient = {0};
    Status status;
    if ((status = read_inputs(job, &patient, error)) ||
        (status = measure_lesions(&job->config->segmentation, &patient, error)) ||
        (status = lesion_vessels_measure(&patient.structures, &patient.reference,
                                         &job->config->segmentation, patient.lesions,
                                         patient.n_lesions, error)) ||
        (status = organ_distance_measure(&patient.structures, &patient.reference,
                                         &job->config->segmentation, patient.lesions,
                                         patient.n_lesions, error)) ||
        (status = organs_process(&patient.structures, &patient.reference, &patient.doses,
                                 &job->config->segmentation, job->inputs[0], job->inputs[2],
                                 job->output, &patient.organs, error))) {
        goto done;
    }
    log_message(LOG_DEBUG, "%s/%s: %zu lesions, %zu vessel masks", job->center, job->patient,
                patient.n_lesions, structure_list_count(&patient.structures, "vessel"));
    status = write_results(job, &patient, error);
done:
    patient_free(&patient);
    return status;
}
