/* What one patient goes through: find each treatment's PET, bring it to activity at administration,
 * compute dose on the PET's own grid, add the treatments on the reference PET's grid, write. */
#include "dose/dose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "dose/dose_file.h"

/* Reference millimetres to those of `image`; the reference image itself needs no entry. */
static Status read_transform(const Store *registered, const char *image, Affine *map,
                             Error *error) {
    char dataset[2 * TREATMENT_TEXT_SIZE], reference[TREATMENT_TEXT_SIZE];
    snprintf(dataset, sizeof dataset, "/transforms/%s", image);
    if (!store_has(registered, dataset)) {
        Status status =
            store_get_text(registered, "/", "reference", reference, sizeof reference, error);
        if (status == STATUS_OK && strcmp(reference, image) == 0) {
            *map = affine_identity();
            return STATUS_OK;
        }
    }
    return store_read_affine(registered, dataset, map, error);
}

/* Patient mm of the PET that carries the grid to patient mm of `image`. */
static Status relate_pets(const Store *registered, const char *grid_image, const char *image,
                          Affine *map, Error *error) {
    Affine reference_to_grid, grid_to_reference, reference_to_image;
    Status status = read_transform(registered, grid_image, &reference_to_grid, error);
    if (status == STATUS_OK) {
        status = read_transform(registered, image, &reference_to_image, error);
    }
    if (status == STATUS_OK) {
        status = affine_invert(&reference_to_grid, &grid_to_reference, error);
    }
    if (status == STATUS_OK) {
        *map = affine_compose(&reference_to_image, &grid_to_reference);
    }
    return status;
}

/* Measures treatment n, adds its dose, and keeps the numbers (the volume goes). */
static Status add_treatment(const PatientJob *job, const TreatmentList *list, size_t n,
                            DoseMaps *maps, TreatmentActivity *measured, Flags *flags,
                            Error *error) {
    const Treatment *treatment = &list->treatments[n];
    bool is_reference = n == list->reference;
    Affine map;
    Status status =
        treatment_activity_measure(job->inputs[0], treatment, job->config, measured, flags, error);
    if (status == STATUS_OK && !is_reference) {
        status = relate_pets(job->inputs[1], list->treatments[list->reference].image,
                             treatment->image, &map, error);
    }
    if (status == STATUS_OK) {
        status = dose_maps_add(maps, &measured->activity, is_reference ? NULL : &map, error);
    }
    if (status == STATUS_OK && is_reference) {
        status = dose_file_write_activity(job->output, measured, error);
    }
    if (status == STATUS_OK) {
        log_message(LOG_DEBUG, "%s/%s: treatment %s: %.4g GBq in the image, %.4g h after it",
                    job->center, job->patient, treatment->name, measured->image_activity_gbq,
                    measured->imaging_delay_h);
    }
    treatment_activity_free(measured);
    return status;
}

/* The reference treatment first: its PET sets the grid. */
static Status add_treatments(const PatientJob *job, const TreatmentList *list, DoseMaps *maps,
                             TreatmentActivity *measured, Flags *flags, Error *error) {
    size_t first = list->reference;
    Status status = add_treatment(job, list, first, maps, &measured[first], flags, error);
    for (size_t n = 0; n < list->count && status == STATUS_OK; n++) {
        if (n != first) {
            status = add_treatment(job, list, n, maps, &measured[n], flags, error);
        }
    }
    return status;
}

/* A PET also shows what is left of the treatments given before it: added up, that counts twice. */
static void flag_carried_over(const PatientJob *job, const TreatmentList *list,
                              const TreatmentActivity *measured, Flags *flags) {
    const double limit = job->config->dose.max_carried_over;
    for (size_t n = 0; n < list->count; n++) {
        for (size_t m = 0; m < list->count; m++) {
            double apart_s = timestamp_difference_s(&list->treatments[n].administered,
                                                    &list->treatments[m].administered, NULL);
            bool is_in_image = apart_s + measured[n].imaging_delay_h * 3600.0 > 0;
            double share = activity_decay_factor(&job->config->nuclide, -apart_s);
            if (m != n && is_in_image && share > limit) {
                flags_add(flags, "activity_carried_over");
            }
        }
    }
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

static Status read_treatments(const PatientJob *job, TreatmentList *list, Error *error) {
    char pet[TREATMENT_TEXT_SIZE];
    Status status = store_get_text(job->inputs[1], "/", "pet", pet, sizeof pet, error);
    return status != STATUS_OK ? status : treatments_read(job->inputs[0], pet, list, error);
}

Status dose_process(const PatientJob *job, Error *error) {
    TreatmentList list = {0};
    TreatmentActivity *measured = NULL;
    DoseMaps maps = {0};
    Flags flags = {""};

    Status status = dose_maps_begin(job->config, &maps, error);
    if (status == STATUS_OK) {
        status = read_flags(job, &flags, error);
    }
    if (status == STATUS_OK) {
        status = read_treatments(job, &list, error);
    }
    if (status != STATUS_OK) {
        goto done;
    }
    measured = calloc(list.count, sizeof *measured);
    if (measured == NULL) {
        status = error_no_memory(error, "treatments");
        goto done;
    }
    status = add_treatments(job, &list, &maps, measured, &flags, error);
    if (status == STATUS_OK) {
        flag_carried_over(job, &list, measured, &flags);
        status = dose_file_write_maps(job->output, &maps, error);
    }
    if (status == STATUS_OK) {
        status = dose_file_write_treatments(job->output, &list, measured, job->config, error);
    }
    if (status == STATUS_OK) {
        status = store_set_text(job->output, "/", "flags", flags.text, error);
    }
done:
    free(measured);
    treatments_free(&list);
    dose_maps_free(&maps);
    return status;
}
