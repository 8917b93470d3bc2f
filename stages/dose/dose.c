/* What one patient goes through: find each treatment's PET, bring it to activity at administration,
 * compute dose on the PET's own grid, method by method, add the treatments on the reference PET's
 * grid, write. Only one method's maps are in memory at a time. */
#include "dose/dose.h"

#include <stdlib.h>

#include "core/log.h"
#include "dose/carried_over.h"
#include "dose/dose_file.h"
#include "dose/dose_maps.h"
#include "dose/image_space.h"
#include "dose/tissue_density.h"
#include "dose/treatment_table.h"

/* What is known of each treatment, and what its dose is computed from. Arrays of list.count. */
typedef struct Patient {
    TreatmentList list;
    TreatmentActivity *measured;
    DensityMap *densities;
    PointSpread *psfs;
    TreatmentSource *sources;
    Flags flags;
} Patient;

static void patient_free(Patient *patient) {
    for (size_t n = 0; n < patient->list.count; n++) {
        if (patient->measured != NULL) {
            treatment_activity_free(&patient->measured[n]);
        }
        if (patient->densities != NULL) {
            density_map_free(&patient->densities[n]);
        }
    }
    free(patient->measured);
    free(patient->densities);
    free(patient->psfs);
    free(patient->sources);
    treatments_free(&patient->list);
}

static Status read_flags(const PatientJob *job, Flags *flags, Error *error) {
    for (int input = 0; input < job->n_inputs; input++) {
        char text[FLAGS_SIZE];
        Status status = store_get_text(job->inputs[input], "/", "flags", text, sizeof text, error);
        if (status != STATUS_OK) {
            return status;
        }
        flags_add(flags, text);
    }
    return STATUS_OK;
}

static Status read_treatments(const PatientJob *job, Patient *patient, Error *error) {
    char pet[TREATMENT_TEXT_SIZE];
    Status status = store_get_text(job->inputs[1], "/", "pet", pet, sizeof pet, error);
    if (status == STATUS_OK) {
        status = treatments_read(job->inputs[0], pet, &patient->list, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    size_t count = patient->list.count;
    patient->measured = calloc(count, sizeof *patient->measured);
    patient->densities = calloc(count, sizeof *patient->densities);
    patient->psfs = calloc(count, sizeof *patient->psfs);
    patient->sources = calloc(count, sizeof *patient->sources);
    bool is_complete = patient->measured != NULL && patient->densities != NULL &&
                       patient->psfs != NULL && patient->sources != NULL;
    return is_complete ? STATUS_OK : error_no_memory(error, "treatments");
}

/* Methods that can use a density of each voxel. */
static bool wants_density(const DoseConfig *config) {
    const unsigned methods = 1u << DOSE_LOCAL_DEPOSITION | 1u << DOSE_MONTE_CARLO;
    return config->density_source == DENSITY_CT && (config->methods & methods) != 0;
}

/* Treatment n: its activity, density, resolution and the way to it from the grid of the maps. */
static Status prepare_treatment(const PatientJob *job, Patient *patient, size_t n, Error *error) {
    const Treatment *treatment = &patient->list.treatments[n];
    TreatmentActivity *measured = &patient->measured[n];
    TreatmentSource *source = &patient->sources[n];
    Status status =
        treatment_activity_measure(job->inputs[0], job->inputs[1], treatment, job->center,
                                   job->config, measured, &patient->flags, error);
    if (status == STATUS_OK) {
        status = image_space_relate(job->inputs[1],
                                    patient->list.treatments[patient->list.reference].image,
                                    treatment->image, &source->grid_to_source, NULL, error);
    }
    if (status == STATUS_OK && wants_density(&job->config->dose)) {
        status = tissue_density_read(job->inputs[0], job->inputs[1], treatment->image,
                                     &measured->activity.grid, &job->config->dose,
                                     &patient->densities[n], &patient->flags, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    const Volume *density = &patient->densities[n].density_g_ml;
    bool has_psf = point_spread_of_scanner(measured->known_scanner, &measured->activity.grid,
                                           &patient->psfs[n]);
    source->source = (DoseSource){&measured->activity, density->voxels != NULL ? density : NULL,
                                  has_psf ? &patient->psfs[n] : NULL};
    log_message(LOG_DEBUG, "%s/%s: treatment %s: %.4g GBq in the image, %.4g h after it",
                job->center, job->patient, treatment->name, measured->image_activity_gbq,
                measured->imaging_delay_h);
    return STATUS_OK;
}

static Status prepare(const PatientJob *job, Patient *patient, Error *error) {
    Status status = read_flags(job, &patient->flags, error);
    if (status == STATUS_OK) {
        status = read_treatments(job, patient, error);
    }
    for (size_t n = 0; n < patient->list.count && status == STATUS_OK; n++) {
        status = prepare_treatment(job, patient, n, error);
    }
    if (status == STATUS_OK) {
        carried_over_flag(&patient->list, patient->measured, &job->config->nuclide,
                          job->config->dose.max_carried_over, &patient->flags);
    }
    return status;
}

/* False, with a flag, where the method cannot be had for this patient and is only a further column.
 */
static bool is_possible(const Patient *patient, DoseMethod method, Flags *flags) {
    bool has_psf = true;
    for (size_t n = 0; n < patient->list.count; n++) {
        has_psf = has_psf && patient->sources[n].source.psf != NULL;
    }
    if (method == DOSE_KERNEL_DECONVOLVED && !has_psf) {
        flags_add(flags, "resolution_unknown");
        return false;
    }
    return true;
}

static Status write_derived(const PatientJob *job, const DoseMaps *maps, Error *error) {
    Status status = STATUS_OK;
    for (int map = 0; map < DERIVED_MAP_COUNT && status == STATUS_OK; map++) {
        if ((job->config->dose.derived & (1u << map)) == 0) {
            continue;
        }
        Volume derived = {0};
        status = dose_maps_derive(maps, (DerivedMap)map, job->config, &derived, error);
        if (status == STATUS_OK) {
            status = dose_file_write_derived(job->output, (DerivedMap)map, maps->method, &derived,
                                             error);
        }
        volume_free(&derived);
    }
    return status;
}

static Status compute_method(const PatientJob *job, const Patient *patient, DoseEngine *engine,
                             DoseMethod method, Error *error) {
    DoseMaps maps = {0};
    Status status = dose_maps_compute(engine, method, patient->sources, patient->list.count,
                                      patient->list.reference, &maps, error);
    if (status == STATUS_OK && (int)method == job->config->dose.derived_from) {
        status = write_derived(job, &maps, error);
    }
    if (status == STATUS_OK) {
        dose_maps_sum(&maps);
        status = dose_file_write_map(job->output, method, &maps.treatments[0], error);
    }
    dose_maps_free(&maps);
    return status;
}

static Status compute(const PatientJob *job, Patient *patient, DoseEngine *engine, Error *error) {
    Status status = STATUS_OK;
    for (int method = 0; method < DOSE_METHOD_COUNT && status == STATUS_OK; method++) {
        if (dose_engine_is_asked(job->config, (DoseMethod)method) &&
            is_possible(patient, (DoseMethod)method, &patient->flags)) {
            status = compute_method(job, patient, engine, (DoseMethod)method, error);
        }
    }
    return status;
}

static Status write_facts(const PatientJob *job, const Patient *patient, const DoseEngine *engine,
                          Error *error) {
    const TreatmentList *list = &patient->list;
    Status status =
        dose_file_write_reference(job->output, &patient->measured[list->reference], error);
    if (status == STATUS_OK) {
        status = dose_file_write_density(job->output, &patient->densities[list->reference], error);
    }
    if (status == STATUS_OK) {
        status = dose_file_write_engine(job->output, engine, error);
    }
    if (status == STATUS_OK) {
        status = treatment_table_write(job->output, list, patient->measured, job->config, error);
    }
    return status == STATUS_OK
               ? store_set_text(job->output, "/", "flags", patient->flags.text, error)
               : status;
}

Status dose_process(const PatientJob *job, Error *error) {
    Patient patient = {0};
    DoseEngine engine = {0};
    Status status = dose_engine_begin(job->config, &engine, error);
    if (status == STATUS_OK) {
        status = prepare(job, &patient, error);
    }
    if (status == STATUS_OK) {
        status = compute(job, &patient, &engine, error);
    }
    if (status == STATUS_OK) {
        status = write_facts(job, &patient, &engine, error);
    }
    patient_free(&patient);
    dose_engine_free(&engine);
    return status;
}
