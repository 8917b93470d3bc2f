/* See nifti_image.h. Format: nifti1.h and nifti2.h of the NIfTI Data Format Working Group. */
#include "convert/nifti_image.h"

#include <ctype.h>
#include <math.h>
#include <nifti2_io.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "convert/shown_path.h"

enum { LARGEST_COMPRESSION = 1100 }; /* deflate's limit is 1032:1 */

bool nifti_has_suffix(const char *path) {
    size_t length = strlen(path);
    return (length > 4 && strcasecmp(path + length - 4, ".nii") == 0) ||
           (length > 7 && strcasecmp(path + length - 7, ".nii.gz") == 0);
}

static bool is_gzip(const char *path) {
    return tolower((unsigned char)path[strlen(path) - 1]) == 'z';
}

static double millimetres_per_unit(int xyz_units) {
    switch (xyz_units) {
    case NIFTI_UNITS_METER:
        return 1000.0;
    case NIFTI_UNITS_MICRON:
        return 0.001;
    default:
        return 1.0;
    }
}

static Status read_affine(const nifti_image *image, Affine *affine, Error *error) {
    if (image->sform_code <= 0 && image->qform_code <= 0) {
        return error_set(error, STATUS_BAD_DATA,
                         "sform_code and qform_code are both 0: the image does not say where it "
                         "lies in the patient; convert it again from DICOM");
    }
    const nifti_dmat44 *ras = image->sform_code > 0 ? &image->sto_xyz : &image->qto_xyz;
    double unit_mm = millimetres_per_unit(image->xyz_units);
    *affine = affine_identity();
    for (int a = 0; a < 3; a++) {
        double sign = a < 2 ? -unit_mm : unit_mm; /* RAS to LPS */
        for (int b = 0; b < 4; b++) {
            affine->m[a][b] = sign * ras->m[a][b];
        }
    }
    return STATUS_OK;
}

static Status read_grid(const nifti_image *image, Grid *grid, Error *error) {
    for (int64_t d = 4; d <= image->dim[0] && d < 8; d++) {
        if (image->dim[d] > 1) {
            return error_set(error, STATUS_BAD_DATA,
                             "dimension %lld has %lld entries: only one frame can be read; split "
                             "the image and list the frame that is meant",
                             (long long)d, (long long)image->dim[d]);
        }
    }
    grid->size[0] = image->nx > 0 ? (size_t)image->nx : 0;
    grid->size[1] = image->ny > 0 ? (size_t)image->ny : 0;
    grid->size[2] = image->nz > 0 ? (size_t)image->nz : 0;
    Status status = read_affine(image, &grid->affine, error);
    return status == STATUS_OK ? grid_check(grid, error) : status;
}

static bool is_readable_type(int datatype) {
    static const int types[] = {DT_UINT8, DT_INT8,  DT_UINT16, DT_INT16,   DT_UINT32,
                                DT_INT32, DT_INT64, DT_UINT64, DT_FLOAT32, DT_FLOAT64};
    for (size_t n = 0; n < sizeof types / sizeof types[0]; n++) {
        if (types[n] == datatype) {
            return true;
        }
    }
    return false;
}

/* Whether the file can hold the voxels at all, before memory is taken for them. */
static Status check_size(const nifti_image *image, const char *path, const Grid *grid,
                         Error *error) {
    struct stat info;
    double wanted = (double)grid_voxel_count(grid) * image->nbyper;
    double held = stat(path, &info) == 0 ? (double)info.st_size : 0.0;
    bool is_compressed = is_gzip(path);
    if (held * (is_compressed ? LARGEST_COMPRESSION : 1) < wanted) {
        return error_set(error, STATUS_BAD_DATA,
                         "the file has %.0f bytes, the header announces %.0f bytes of voxels: it "
                         "is truncated; copy it again",
                         held, wanted);
    }
    return STATUS_OK;
}

static double value_at(const void *buffer, int datatype, size_t n) {
    switch (datatype) {
    case DT_UINT8:
        return ((const uint8_t *)buffer)[n];
    case DT_INT8:
        return ((const int8_t *)buffer)[n];
    case DT_UINT16:
        return ((const uint16_t *)buffer)[n];
    case DT_INT16:
        return ((const int16_t *)buffer)[n];
    case DT_UINT32:
        return ((const uint32_t *)buffer)[n];
    case DT_INT32:
        return ((const int32_t *)buffer)[n];
    case DT_INT64:
        return (double)((const int64_t *)buffer)[n];
    case DT_UINT64:
        return (double)((const uint64_t *)buffer)[n];
    case DT_FLOAT32:
        return (double)((const float *)buffer)[n];
    default:
        return ((const double *)buffer)[n];
    }
}

static Status read_slices(const nifti_image *image, znzFile stream, Volume *volume, Error *error) {
    size_t count = volume->grid.size[0] * volume->grid.size[1];
    size_t width = (size_t)image->nbyper;
    bool is_scaled = image->scl_slope != 0 && isfinite(image->scl_slope);
    double slope = is_scaled ? image->scl_slope : 1.0;
    double inter = is_scaled && isfinite(image->scl_inter) ? image->scl_inter : 0.0;
    void *buffer = malloc(count * width);
    if (buffer == NULL) {
        return error_no_memory(error, "a NIfTI slice");
    }
    Status status = STATUS_OK;
    for (size_t k = 0; status == STATUS_OK && k < volume->grid.size[2]; k++) {
        if (znzread(buffer, width, count, stream) != count) {
            status = error_set(error, STATUS_BAD_DATA,
                               "the file ends in slice %zu of %zu: it is truncated or damaged; "
                               "copy it again",
                               k + 1, volume->grid.size[2]);
            break;
        }
        if (image->byteorder != nifti_short_order() && width > 1) {
            nifti_swap_Nbytes((int64_t)count, (int)width, buffer);
        }
        for (size_t n = 0; n < count; n++) {
            volume->voxels[k * count + n] =
                (float)(slope * value_at(buffer, image->datatype, n) + inter);
        }
    }
    free(buffer);
    return status;
}

static Status read_voxels(const nifti_image *image, const char *path, Volume *volume,
                          Error *error) {
    znzFile stream = znzopen(path, "rb", is_gzip(path));
    if (znz_isnull(stream)) {
        return error_set(error, STATUS_NO_INPUT, "cannot be opened");
    }
    Status status = STATUS_OK;
    if (znzseek(stream, (znz_off_t)image->iname_offset, SEEK_SET) < 0) {
        status = error_set(error, STATUS_BAD_DATA,
                           "the file ends in front of its voxels: it is truncated; copy it again");
    } else {
        status = read_slices(image, stream, volume, error);
    }
    /* The check sum of compressed data stands at the end: reading on makes zlib compare it, and
     * closing tells whether it was there. */
    char beyond;
    bool is_whole = (int64_t)znzread(&beyond, 1, 1, stream) >= 0;
    is_whole = Xznzclose(&stream) == 0 && is_whole;
    if (status == STATUS_OK && !is_whole) {
        return error_set(error, STATUS_BAD_DATA,
                         "the compressed data are truncated or damaged; copy the file again");
    }
    return status;
}

static Status read_image(const nifti_image *image, const char *path, Volume *volume, Error *error) {
    Grid grid = {0};
    if (!is_readable_type(image->datatype)) {
        return error_set(error, STATUS_BAD_DATA,
                         "datatype %d (%s) holds no single number per voxel; save the image as "
                         "float32",
                         image->datatype, nifti_datatype_string(image->datatype));
    }
    Status status = read_grid(image, &grid, error);
    status = status == STATUS_OK ? check_size(image, path, &grid, error) : status;
    status = status == STATUS_OK ? volume_create(&grid, volume, error) : status;
    if (status != STATUS_OK) {
        return status;
    }
    status = read_voxels(image, path, volume, error);
    if (status != STATUS_OK) {
        volume_free(volume);
    }
    return status;
}

Status nifti_read_volume(const char *path, Volume *volume, Error *error) {
    char shown[SHOWN_PATH_SIZE];
    struct stat info;
    shown_path(path, shown);
    *volume = (Volume){0};
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        return error_set(error, STATUS_NO_INPUT, "%s: no such file; correct the path in images.tsv",
                         shown);
    }
    nifti_set_debug_level(0);
    nifti_image *image = nifti_has_suffix(path) ? nifti_image_read(path, 0) : NULL;
    bool is_single_file = image != NULL && (image->nifti_type == NIFTI_FTYPE_NIFTI1_1 ||
                                            image->nifti_type == NIFTI_FTYPE_NIFTI2_1);
    Status status =
        is_single_file
            ? read_image(image, path, volume, error)
            : error_set(error, STATUS_BAD_DATA,
                        "is not a NIfTI-1 or -2 file, or its header is damaged; copy it again");
    nifti_image_free(image);
    return status == STATUS_OK ? STATUS_OK : error_add_context(error, "%s", shown);
}
