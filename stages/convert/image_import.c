/* See image_import.h. */
#include "convert/image_import.h"

#include <ctype.h>
#include <fts.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "convert/dicom_folder.h"
#include "convert/nifti_image.h"
#include "convert/pet_header.h"
#include "convert/pet_sidecar.h"
#include "convert/shown_path.h"
#include "core/digest.h"
#include "core/timestamp.h"

enum { OBJECT_SIZE = 128, SOURCE_PATH_SIZE = 4096 };

static const double same_injection_s = 600.0;
static const double day_s = 86400.0;

static bool is_pet(const PatientImage *image) {
    return strcmp(image->role, "pet") == 0;
}

/* "<role>_<timepoint>" in lower case, other characters as '_', with _2, _3 ... if taken. */
static void name_image(const Store *output, PatientImage *image) {
    char base[sizeof image->name - 8], object[OBJECT_SIZE];
    snprintf(base, sizeof base, "%s_%.38s", image->role, image->timepoint);
    for (char *c = base; *c != '\0'; c++) {
        int lower = tolower((unsigned char)*c);
        bool is_plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
        *c = is_plain ? (char)lower : '_';
    }
    snprintf(image->name, sizeof image->name, "%s", base);
    for (unsigned n = 2; n < 10000; n++) {
        snprintf(object, sizeof object, "/images/%s", image->name);
        if (!store_has(output, object)) {
            return;
        }
        snprintf(image->name, sizeof image->name, "%s_%u", base, n);
    }
}

static const char *modalities_of(const char *role) {
    return strcmp(role, "pet") == 0  ? "PT"
           : strcmp(role, "ct") == 0 ? "CT"
           : strcmp(role, "mr") == 0 ? "MR"
                                     : "CT|MR";
}

static Status note_patient(ImageImport *import, const char *patient_id, Error *error) {
    if (patient_id[0] == '\0') {
        return STATUS_OK;
    }
    if (import->patient_id[0] == '\0') {
        snprintf(import->patient_id, sizeof import->patient_id, "%s", patient_id);
    }
    if (strcmp(import->patient_id, patient_id) != 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "its Patient ID (0010,0020) is not that of the images before it: "
                         "another patient's files; correct images.tsv or the archive");
    }
    return STATUS_OK;
}

Status image_import_check_patient(ImageImport *import, const char *path, Error *error) {
    DicomFolder folder;
    Error ignored;
    if (nifti_has_suffix(path) || dicom_folder_list(path, &folder, &ignored) != STATUS_OK) {
        return STATUS_OK; /* not DICOM: the reader of masks says what is wrong */
    }
    Status status = STATUS_OK;
    for (size_t n = 0; status == STATUS_OK && n < folder.count; n++) {
        char patient_id[DICOM_ID_SIZE];
        DicomFile *file = NULL;
        status = dicom_open(folder.paths[n], &file, error);
        if (status == STATUS_OK) {
            dicom_text(file, "0010,0020", patient_id, sizeof patient_id);
            status = note_patient(import, patient_id, error);
        }
        dicom_close(file);
    }
    dicom_folder_free(&folder);
    return status;
}

static bool ends_in_dcm(const char *name) {
    size_t length = strlen(name);
    return length > 4 && strcasecmp(name + length - 4, ".dcm") == 0;
}

/* Counts the NIfTI files at and below `tree` and keeps the path of the last. True at the first file
 * that is DICOM, or is called so (the reader of DICOM says what is wrong with it). */
static bool tree_holds_dicom(FTS *tree, size_t *n_nifti, char nifti[SOURCE_PATH_SIZE]) {
    FTSENT *entry;
    while ((entry = fts_read(tree)) != NULL) {
        if (entry->fts_info != FTS_F || entry->fts_name[0] == '.') {
            continue;
        }
        if (nifti_has_suffix(entry->fts_name) && entry->fts_pathlen < SOURCE_PATH_SIZE) {
            ++*n_nifti;
            strcpy(nifti, entry->fts_path);
        } else if (ends_in_dcm(entry->fts_name) || dicom_is_dicom(entry->fts_accpath)) {
            return true;
        }
    }
    return false;
}

/* The file or folder to read for `path`: the one NIfTI file of a folder without DICOM, else `path`
 * itself. */
static Status find_source(const char *path, char source[SOURCE_PATH_SIZE], Error *error) {
    char nifti[SOURCE_PATH_SIZE], shown[SHOWN_PATH_SIZE];
    size_t n_nifti = 0;
    int length = snprintf(source, SOURCE_PATH_SIZE, "%s", path);
    if (length >= SOURCE_PATH_SIZE) {
        return error_set(error, STATUS_BAD_DATA, "%s: the path is too long; shorten it",
                         shown_path(path, shown));
    }
    char *const tops[] = {source, NULL};
    FTS *tree = fts_open(tops, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    if (tree == NULL) {
        return error_no_memory(error, "a folder's files");
    }
    bool is_dicom = tree_holds_dicom(tree, &n_nifti, nifti);
    fts_close(tree);
    if (!is_dicom && n_nifti > 1) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s: the folder holds %zu NIfTI files and no DICOM, wanted one image; "
                         "name the file itself in the column path of images.tsv",
                         shown_path(path, shown), n_nifti);
    }
    if (!is_dicom && n_nifti == 1) {
        strcpy(source, nifti);
    }
    return STATUS_OK;
}

static Status load_nifti(const ImageImport *import, const char *path, PatientImage *image,
                         Volume *volume, PetHeader *header, Error *error) {
    snprintf(image->modality, sizeof image->modality, "unknown");
    snprintf(image->frame_of_reference, sizeof image->frame_of_reference, "none");
    Status status = nifti_read_volume(path, volume, error);
    if (status == STATUS_OK && is_pet(image)) {
        status = pet_sidecar_read(path, volume->grid.size[2], import->nuclide, header, error);
    }
    return status;
}

static Status load_dicom(ImageImport *import, const char *path, PatientImage *image, Volume *volume,
                         PetHeader *header, Error *error) {
    DicomSeries series;
    Status status = dicom_series_open(path, modalities_of(image->role), &series, error);
    status = status == STATUS_OK ? note_patient(import, series.patient_id, error) : status;
    if (status == STATUS_OK && is_pet(image)) {
        status = pet_header_read(&series, import->treatments, header, error);
    }
    status = status == STATUS_OK ? dicom_series_read(&series, volume, error) : status;
    if (status == STATUS_OK) {
        snprintf(image->modality, sizeof image->modality, "%.15s", series.modality);
        snprintf(image->frame_uid, sizeof image->frame_uid, "%s", series.frame_uid);
        snprintf(image->series_uid, sizeof image->series_uid, "%s", series.series_uid);
        snprintf(image->frame_of_reference, sizeof image->frame_of_reference, "%s",
                 frame_registry_label(import->frames, series.frame_uid));
        flags_add(import->flags, series.is_uneven ? "slice_gap_uneven" : "");
    }
    dicom_series_close(&series);
    return status;
}

/* How badly the header, `later_s` later, agrees with the nearest treatment of the sheet: seconds
 * between injection and administration or, without injection, infinite if the PET came first. */
static double disagreement_s(const ImageImport *import, const PetHeader *header, double later_s) {
    double least_s = INFINITY;
    for (size_t row = 0; row < table_row_count(import->treatments); row++) {
        Timestamp administered;
        Error ignored;
        const char *text = table_text(import->treatments, row, "administered_at");
        if (timestamp_parse(text, &administered, &ignored) != STATUS_OK) {
            continue;
        }
        const Timestamp *instant =
            header->is_injection_known ? &header->injection : &header->acquisition;
        double apart_s = timestamp_difference_s(instant, &administered, NULL) + later_s;
        double disagreement = header->is_injection_known ? fabs(apart_s) : 0;
        if (header->is_injection_known || apart_s >= 0) {
            least_s = fmin(least_s, disagreement);
        }
    }
    return least_s;
}

/* A date that may be that of the scan or that of TimeZero is what the sheet of treatments says. */
static void settle_date(ImageImport *import, PetHeader *header) {
    double later_s = header->may_be_later_s;
    if (later_s == 0 ||
        !(disagreement_s(import, header, later_s) < disagreement_s(import, header, 0))) {
        return;
    }
    header->acquisition = timestamp_add_s(&header->acquisition, later_s);
    header->decay_reference = timestamp_add_s(&header->decay_reference, later_s);
    header->injection = timestamp_add_s(&header->injection, later_s);
    flags_add(import->flags, "acquisition_date_of_time_zero");
}

/* The injection that the header states against the nearest treatment of the sheet; clock against
 * clock if the header does not know the day (imaging is often a day after a 90Y treatment). */
static void compare_injection(ImageImport *import, const PetHeader *header) {
    double nearest_s = INFINITY;
    for (size_t row = 0; row < table_row_count(import->treatments); row++) {
        Timestamp administered;
        Error ignored;
        bool assumes_one_clock = false;
        const char *text = table_text(import->treatments, row, "administered_at");
        if (timestamp_parse(text, &administered, &ignored) != STATUS_OK) {
            continue;
        }
        double apart_s =
            timestamp_difference_s(&header->injection, &administered, &assumes_one_clock);
        apart_s = header->is_injection_dated ? apart_s : remainder(apart_s, day_s);
        nearest_s = fmin(nearest_s, fabs(apart_s));
        flags_add(import->flags, assumes_one_clock ? "one_clock_assumed" : "");
    }
    if (isfinite(nearest_s) && nearest_s > same_injection_s) {
        flags_add(import->flags, "injection_time_differs");
    }
}

typedef struct TextAttribute {
    const char *name, *value;
} TextAttribute;

static Status write_texts(Store *output, const char *object, const TextAttribute *texts, size_t n,
                          Error *error) {
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < n; i++) {
        status = store_set_text(output, object, texts[i].name, texts[i].value, error);
    }
    return status;
}

static Status write_pet(Store *output, const char *object, const PetHeader *header, Error *error) {
    char reference[TIMESTAMP_TEXT_SIZE], acquisition[TIMESTAMP_TEXT_SIZE];
    char injection[TIMESTAMP_TEXT_SIZE], dataset[OBJECT_SIZE + 32];
    timestamp_format(&header->decay_reference, reference);
    timestamp_format(&header->acquisition, acquisition);
    timestamp_format(&header->injection, injection);
    injection[header->is_injection_known ? sizeof injection - 1 : 0] = '\0';
    const TextAttribute texts[] = {
        {"decay_correction", header->decay_correction},
        {"decay_reference_time", reference},
        {"acquisition_time", acquisition},
        {"injection_time", injection},
        {"radionuclide", header->radionuclide},
        {"manufacturer", header->manufacturer},
        {"model", header->model},
    };
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"half_life_s", header->half_life_s},
                   {"frame_duration_s", header->frame_duration_s},
                   {"positron_fraction", header->positron_fraction}};
    Status status = write_texts(output, object, texts, sizeof texts / sizeof texts[0], error);
    for (size_t n = 0; status == STATUS_OK && n < sizeof numbers / sizeof numbers[0]; n++) {
        status = store_set_number(output, object, numbers[n].name, numbers[n].value, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    snprintf(dataset, sizeof dataset, "%s/slice_decay_factor", object);
    return store_write_array(output, dataset, header->slice_decay_factor, header->n_slices, "1",
                             "factor from slice to decay reference time, not applied", error);
}

static const char *long_name_of(const PatientImage *image) {
    if (is_pet(image)) {
        return "activity concentration";
    }
    bool is_ct = strcmp(image->modality, "CT") == 0 || strcmp(image->role, "ct") == 0;
    return is_ct ? "CT number, Hounsfield units" : "image intensity";
}

static Status write_image(ImageImport *import, const char *path, const PatientImage *image,
                          const Volume *volume, const PetHeader *header, Error *error) {
    char object[OBJECT_SIZE], dataset[OBJECT_SIZE + 8], digest[DIGEST_TEXT_SIZE];
    snprintf(object, sizeof object, "/images/%s", image->name);
    snprintf(dataset, sizeof dataset, "%s/voxels", object);
    Status status = digest_path(path, digest, error);
    if (status == STATUS_OK) {
        status = store_write_volume(import->output, dataset, volume,
                                    is_pet(image) ? "Bq mL-1" : "1", long_name_of(image), error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    const TextAttribute texts[] = {
        {"role", image->role},         {"timepoint", image->timepoint},
        {"modality", image->modality}, {"frame_of_reference", image->frame_of_reference},
        {"source_digest", digest},
    };
    status = write_texts(import->output, object, texts, sizeof texts / sizeof texts[0], error);
    if (status == STATUS_OK && is_pet(image)) {
        status = write_pet(import->output, object, header, error);
    }
    return status;
}

Status image_import(ImageImport *import, const char *role, const char *timepoint, const char *path,
                    PatientImage *image, Error *error) {
    Volume volume = {0};
    PetHeader header = {0};
    char source[SOURCE_PATH_SIZE];
    *image = (PatientImage){0};
    snprintf(image->role, sizeof image->role, "%s", role);
    snprintf(image->timepoint, sizeof image->timepoint, "%s", timepoint);
    name_image(import->output, image);
    Status status = find_source(path, source, error);
    if (status == STATUS_OK) {
        status = nifti_has_suffix(source)
                     ? load_nifti(import, source, image, &volume, &header, error)
                     : load_dicom(import, source, image, &volume, &header, error);
    }
    status = status == STATUS_OK ? volume_check_finite(&volume, image->name, error) : status;
    if (status == STATUS_OK && is_pet(image)) {
        settle_date(import, &header);
    }
    if (status == STATUS_OK) {
        image->grid = volume.grid;
        status = write_image(import, source, image, &volume, &header, error);
    }
    if (status == STATUS_OK && is_pet(image) && header.is_injection_known) {
        compare_injection(import, &header);
    }
    volume_free(&volume);
    pet_header_free(&header);
    return status;
}
