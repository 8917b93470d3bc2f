/* NIfTI images written byte by byte here (nifti1.h gives the layout), and one that MIRP wrote
 * beside the same image in DICOM. */
#include "convert/nifti_image.h"

#include <math.h>
#include <nifti1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

enum { PATH_SIZE = 512, NX = 3, NY = 2, NZ = 2, N_VOXELS = NX * NY * NZ };

static const float rotated[3][4] = {{0, -2, 0, 10}, {3, 0, 0, -20}, {0, 0, 4, 30}}; /* RAS */

static nifti_1_header header_of(short datatype, short bits) {
    nifti_1_header header = {.sizeof_hdr = 348,
                             .dim = {3, NX, NY, NZ, 1, 1, 1, 1},
                             .datatype = datatype,
                             .bitpix = bits,
                             .pixdim = {1, 3, 2, 4, 0, 0, 0, 0},
                             .vox_offset = 352,
                             .xyzt_units = NIFTI_UNITS_MM,
                             .sform_code = 1,
                             .magic = "n+1"};
    memcpy(header.srow_x, rotated[0], sizeof rotated[0]);
    memcpy(header.srow_y, rotated[1], sizeof rotated[1]);
    memcpy(header.srow_z, rotated[2], sizeof rotated[2]);
    return header;
}

static const char *write_image(const char *name, const nifti_1_header *header, const void *voxels,
                               size_t bytes, char path[PATH_SIZE]) {
    snprintf(path, PATH_SIZE, "%s/%s", scratch_folder(), name);
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fwrite(header, sizeof *header, 1, file);
    fwrite("\0\0\0\0", 1, 4, file);
    fwrite(voxels, 1, bytes, file);
    fclose(file);
    return path;
}

/* Reads and compares with `expected` within `tolerance`. */
static void check_values(const char *path, const double *expected, double tolerance) {
    Volume volume;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(nifti_read_volume(path, &volume, &error), STATUS_OK);
    for (int n = 0; n < N_VOXELS; n++) {
        ASSERT_NEAR((double)volume.voxels[n], expected[n], tolerance);
    }
    volume_free(&volume);
}

static void check_refused(const char *path, const char *phrase) {
    Volume volume;
    Error error = {0};
    CU_ASSERT_EQUAL(nifti_read_volume(path, &volume, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NULL(volume.voxels);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, phrase));
    if (strstr(error.message, phrase) == NULL) {
        printf("message: %s\n", error.message);
    }
}

static void test_geometry(void) {
    char path[PATH_SIZE];
    float voxels[N_VOXELS] = {0};
    Volume volume;
    Error error = {0};
    nifti_1_header header = header_of(DT_FLOAT32, 32);
    write_image("sform.nii", &header, voxels, sizeof voxels, path);
    CU_ASSERT_EQUAL_FATAL(nifti_read_volume(path, &volume, &error), STATUS_OK);
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 4; b++) {
            double lps = (a < 2 ? -1.0 : 1.0) * (double)rotated[a][b];
            ASSERT_NEAR(volume.grid.affine.m[a][b], lps, 0);
        }
    }
    volume_free(&volume);
    /* qform of the same map: 90 degrees about z, quaternion (cos 45, 0, 0, sin 45). */
    header.sform_code = 0;
    header.qform_code = 1;
    header.quatern_d = (float)sqrt(0.5);
    header.qoffset_x = 0.010F;
    header.qoffset_y = -0.020F;
    header.qoffset_z = 0.030F;
    header.pixdim[1] = 0.003F;
    header.pixdim[2] = 0.002F;
    header.pixdim[3] = 0.004F;
    header.xyzt_units = NIFTI_UNITS_METER;
    write_image("qform.nii", &header, voxels, sizeof voxels, path);
    CU_ASSERT_EQUAL_FATAL(nifti_read_volume(path, &volume, &error), STATUS_OK);
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 4; b++) {
            double lps = (a < 2 ? -1.0 : 1.0) * (double)rotated[a][b];
            ASSERT_NEAR(volume.grid.affine.m[a][b], lps, 1e-5); /* float quaternion and offsets */
        }
    }
    volume_free(&volume);
}

static void test_types(void) {
    char path[PATH_SIZE];
    double expected[N_VOXELS];
    uint8_t u8[N_VOXELS];
    int16_t i16[N_VOXELS];
    uint32_t u32[N_VOXELS];
    int64_t i64[N_VOXELS];
    double f64[N_VOXELS];
    for (int n = 0; n < N_VOXELS; n++) {
        expected[n] = 10 * n + 7;
        u8[n] = (uint8_t)expected[n];
        i16[n] = (int16_t)expected[n];
        u32[n] = (uint32_t)expected[n];
        i64[n] = (int64_t)expected[n];
        f64[n] = expected[n];
    }
    const struct {
        short datatype, bits;
        const void *voxels;
    } types[] = {{DT_UINT8, 8, u8},
                 {DT_INT16, 16, i16},
                 {DT_UINT32, 32, u32},
                 {DT_INT64, 64, i64},
                 {DT_FLOAT64, 64, f64}};
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        nifti_1_header header = header_of(types[t].datatype, types[t].bits);
        size_t bytes = (size_t)types[t].bits / 8 * N_VOXELS;
        check_values(write_image("type.nii", &header, types[t].voxels, bytes, path), expected, 0);
    }
    nifti_1_header header = header_of(DT_INT16, 16);
    header.scl_slope = 0.5F;
    header.scl_inter = -3;
    for (int n = 0; n < N_VOXELS; n++) {
        i16[n] = (int16_t)(-5 * n);
        expected[n] = -2.5 * n - 3;
    }
    check_values(write_image("scaled.nii", &header, i16, sizeof i16, path), expected, 0);
}

static void swap_bytes(void *bytes, size_t width, size_t count) {
    for (size_t n = 0; n < count; n++) {
        unsigned char *value = (unsigned char *)bytes + n * width;
        for (size_t b = 0; b < width / 2; b++) {
            unsigned char kept = value[b];
            value[b] = value[width - 1 - b];
            value[width - 1 - b] = kept;
        }
    }
}

static void test_big_endian(void) {
    char path[PATH_SIZE];
    int16_t voxels[N_VOXELS];
    double expected[N_VOXELS];
    for (int n = 0; n < N_VOXELS; n++) {
        voxels[n] = (int16_t)(300 * n - 1000);
        expected[n] = voxels[n];
    }
    nifti_1_header header = header_of(DT_INT16, 16);
    swap_bytes(&header.sizeof_hdr, 4, 1);
    swap_bytes(header.dim, 2, 8);
    swap_bytes(&header.datatype, 2, 1);
    swap_bytes(&header.bitpix, 2, 1);
    swap_bytes(header.pixdim, 4, 8);
    swap_bytes(&header.vox_offset, 4, 1);
    swap_bytes(&header.sform_code, 2, 1);
    swap_bytes(header.srow_x, 4, 12);
    swap_bytes(voxels, 2, N_VOXELS);
    check_values(write_image("big.nii", &header, voxels, sizeof voxels, path), expected, 0);
}

static void test_nan_is_kept(void) {
    char path[PATH_SIZE];
    float voxels[N_VOXELS] = {1, NAN, INFINITY};
    Volume volume;
    Error error = {0};
    nifti_1_header header = header_of(DT_FLOAT32, 32);
    write_image("nan.nii", &header, voxels, sizeof voxels, path);
    CU_ASSERT_EQUAL_FATAL(nifti_read_volume(path, &volume, &error), STATUS_OK);
    CU_ASSERT_TRUE(isnan(volume.voxels[1]) && isinf(volume.voxels[2]));
    volume_free(&volume);
}

static void test_refused(void) {
    char path[PATH_SIZE];
    float voxels[2 * N_VOXELS] = {0};
    nifti_1_header good = header_of(DT_FLOAT32, 32), header = good;
    check_refused(write_image("cut.nii", &header, voxels, 4 * N_VOXELS - 1, path), "truncated");
    header.sform_code = 0;
    check_refused(write_image("nowhere.nii", &header, voxels, 4 * N_VOXELS, path), "sform_code");
    header = good;
    header.dim[0] = 4;
    header.dim[4] = 2;
    check_refused(write_image("frames.nii", &header, voxels, 8 * N_VOXELS, path), "one frame");
    header = header_of(DT_COMPLEX64, 64);
    check_refused(write_image("complex.nii", &header, voxels, 8 * N_VOXELS, path), "datatype");
    header = good;
    header.dim[1] = header.dim[2] = header.dim[3] = 4000;
    check_refused(write_image("huge.nii", &header, voxels, 4 * N_VOXELS, path), "");
    header.dim[1] = -5;
    check_refused(write_image("negative.nii", &header, voxels, 4 * N_VOXELS, path), "");
    check_refused(write_image("not_nifti.nii.gz", &good, voxels, 3, path), "");
    Volume volume;
    Error error = {0};
    CU_ASSERT_EQUAL(nifti_read_volume("/nonexistent.nii", &volume, &error), STATUS_NO_INPUT);
}

/* Every prefix of compressed data is refused, and so is one wrong byte in its check sum. */
static void test_compressed(void) {
    char path[PATH_SIZE], packed[PATH_SIZE + 8], command[3 * PATH_SIZE];
    float voxels[N_VOXELS];
    double expected[N_VOXELS];
    for (int n = 0; n < N_VOXELS; n++) {
        voxels[n] = (float)sin(n);
        expected[n] = (double)voxels[n];
    }
    nifti_1_header header = header_of(DT_FLOAT32, 32);
    write_image("packed.nii", &header, voxels, sizeof voxels, path);
    snprintf(packed, sizeof packed, "%s.gz", path);
    snprintf(command, sizeof command, "gzip -nf '%s'", path);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    unsigned char bytes[1024];
    FILE *file = fopen(packed, "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    Volume volume;
    Error error = {0};
    CU_ASSERT_EQUAL(nifti_read_volume(packed, &volume, &error), STATUS_OK);
    volume_free(&volume);
    snprintf(command, sizeof command, "cp '%s' '%s/UPPER.NII.GZ'", packed, scratch_folder());
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    snprintf(path, sizeof path, "%s/UPPER.NII.GZ", scratch_folder());
    CU_ASSERT_TRUE(nifti_has_suffix(path));
    check_values(path, expected, 0);
    for (size_t length = 0; length <= size; length++) {
        bytes[size - 6] ^= length == size ? 0x10 : 0; /* in the CRC-32 */
        file = fopen(packed, "wb");
        fwrite(bytes, 1, length, file);
        fclose(file);
        CU_ASSERT_EQUAL(nifti_read_volume(packed, &volume, &error), STATUS_BAD_DATA);
    }
}

static void test_real(void) {
    char path[PATH_SIZE];
    Volume volume;
    Error error = {0};
    snprintf(path, sizeof path, "%s/sts002_ct_pet_mr_crop/PET/nifti/image/image.nii.gz",
             unpacked("sts002_ct_pet_mr_crop.tar.xz"));
    CU_ASSERT_EQUAL_FATAL(nifti_read_volume(path, &volume, &error), STATUS_OK);
    double sum = 0;
    for (size_t n = 0; n < grid_voxel_count(&volume.grid); n++) {
        sum += (double)volume.voxels[n];
    }
    /* From the DICOM of the same image, read by pydicom; single-precision NIfTI: 1e-6 of it. */
    ASSERT_NEAR(sum, 24193.15842, 0.01);
    const double origin[3] = {2.73438, 57.42188, -629.02};
    for (int a = 0; a < 3; a++) {
        ASSERT_NEAR(volume.grid.affine.m[a][3], origin[a], 1e-4); /* float */
        ASSERT_NEAR(volume.grid.affine.m[a][a], a < 2 ? 5.46875 : 3.27, 1e-5);
    }
    volume_free(&volume);
}

int main(void) {
    static const UnitTest tests[] = {
        {"sform and qform give LPS millimetres", test_geometry},
        {"all number types and the scale are read", test_types},
        {"big-endian files are read", test_big_endian},
        {"NaN and infinity arrive as they are", test_nan_is_kept},
        {"what cannot be read is refused with a reason", test_refused},
        {"truncated and damaged compressed files are refused", test_compressed},
        {"a real PET agrees with its DICOM", test_real},
    };
    return suite_run("convert/nifti_image", tests, sizeof tests / sizeof tests[0]);
}
