/* RTSTRUCT against plastimatch's rasterisation of real contours, MIRP's voxel masks of the same
 * region, and structure sets that must be refused. */
#include "convert/rtstruct.h"

#include <math.h>

#include "convert/label_image.h"
#include "core/log.h"
#include "tests/unit/convert/structure_fixtures.h"

static const char FIRST_SERIES[] = "3006,0010[0]/3006,0012[0]/3006,0014[0]/0020,000e";
static const char FIRST_FRAME[] = "3006,0010[0]/0020,0052";

/* Imports `path` on `images`, of which image n gets the file's frame of reference if bit n of
 * `in_frame` is set; the first one also the referenced series if `is_referenced`. */
static Status import(const char *path, const char *text, PatientImage *images, size_t n_images,
                     unsigned in_frame, bool is_referenced, StructureList *list, Flags *flags,
                     Error *error) {
    StructureMap map;
    DicomFile *file = NULL;
    *list = (StructureList){0};
    if (structure_map_parse(text, &map, error) != STATUS_OK ||
        dicom_open(path, &file, error) != STATUS_OK) {
        structure_map_free(&map);
        return error->status;
    }
    for (size_t n = 0; n < n_images; n++) {
        char *uid = images[n].frame_uid;
        strcpy(uid, "1.9.9");
        if ((in_frame >> n & 1) != 0) {
            dicom_text(file, FIRST_FRAME, uid, sizeof images[n].frame_uid);
        }
    }
    if (is_referenced) {
        dicom_text(file, FIRST_SERIES, images[0].series_uid, sizeof images[0].series_uid);
    }
    Status status = rtstruct_read(file, &map, images, n_images, list, flags, error);
    dicom_close(file);
    structure_map_free(&map);
    return status;
}

static double volume_ml(const Structure *structure) {
    return (double)label_map_count(&structure->mask, 1) *
           grid_voxel_volume_ml(&structure->mask.grid);
}

/* ---- STS_001, whole ----
 *
 * Geometry from pydicom: Image Position (Patient) of the lowest and highest slice along the normal,
 * Pixel Spacing, Image Orientation (Patient). Volumes of plastimatch 1.9.4 (plastimatch convert
 * --input mask --fixed image --output-ss-img). The plane spacing of plastimatch is that of the
 * first two slices (3.27 mm), ours the mean over the bed joins (3.269998 mm): up to 0.001 %. */

static void check_sts001(const char *mask, PatientImage *image, double mass_ml, double edema_ml,
                         size_t *mass_voxels) {
    char folder[64];
    snprintf(folder, sizeof folder, "%s/mask", mask);
    const char *path = archive_file("sts001_fdgpet_mr_dicom", folder, "1-1.dcm");
    StructureList list;
    Flags flags = {0};
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(
        import(path, "GTV_Mass=lesion:L1;2=other:edema", image, 1, 1, true, &list, &flags, &error),
        STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(list.count, 2);
    CU_ASSERT_STRING_EQUAL(list.items[0].name.label, "L1");
    CU_ASSERT_STRING_EQUAL(list.items[0].image, image->name);
    CU_ASSERT_STRING_EQUAL(flags.text, "");
    ASSERT_NEAR(volume_ml(&list.items[0]), mass_ml, 1e-5 * mass_ml);
    ASSERT_NEAR(volume_ml(&list.items[1]), edema_ml, 1e-5 * edema_ml);
    *mass_voxels = label_map_count(&list.items[0].mask, 1);
    structure_list_free(&list);
}

static void sts001_pet_agrees_with_plastimatch(void) {
    const double origin[3] = {-297.65625, -297.65625, -881.3};
    PatientImage image =
        upright_image("pet", 128, 128, 267, 4.6875, (-11.479994 + 881.3) / 266, origin);
    size_t voxels = 0;
    check_sts001("FDG_PET", &image, 366.080, 578.973, &voxels);
    CU_ASSERT_EQUAL(voxels, 5095);
}

static PatientImage oblique_mr(const char *name, size_t pixels, double pixel_mm,
                               const double first[3], const double last[3]) {
    static const double row[3] = {0.99999259, -0.00013708655, -0.0038477941};
    static const double column[3] = {-4.7003478e-08, 0.99936552, -0.035616921};
    const size_t size[3] = {pixels, pixels, 40};
    double step[3][3];
    for (int axis = 0; axis < 3; axis++) {
        step[0][axis] = row[axis] * pixel_mm;
        step[1][axis] = column[axis] * pixel_mm;
        step[2][axis] = (last[axis] - first[axis]) / 39;
    }
    return image_of(name, size, (const double(*)[3])step, first);
}

static PatientImage sts001_t1(void) {
    return oblique_mr("t1", 512, 0.390625, (const double[]){-8.63315, -103.56796, -113.77727},
                      (const double[]){-7.8523273, -96.34491, 88.892555});
}

static PatientImage sts001_t2(void) {
    return oblique_mr("t2", 384, 0.5234375, (const double[]){-9.133146, -104.06758, -113.75754},
                      (const double[]){-8.352324, -96.84452, 88.912285});
}

static void sts001_oblique_mr_agrees_with_plastimatch(void) {
    size_t voxels = 0;
    PatientImage t1 = sts001_t1(), t2 = sts001_t2();
    check_sts001("MR_T1", &t1, 364.754, 579.782, &voxels);
    check_sts001("MR_T2", &t2, 364.895, 579.220, &voxels);
}

/* T1 and T2 share a frame of reference and all slice planes: only the series tells them apart. */
static void referenced_series_goes_before_the_frame(void) {
    const char *path = archive_file("sts001_fdgpet_mr_dicom", "MR_T2/mask", "1-1.dcm");
    PatientImage images[] = {sts001_t2(), sts001_t1()}, swapped[] = {images[1], images[0]};
    StructureList list;
    Flags flags = {0};
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(import(path, "1=lesion:L1", images, 2, 3, true, &list, &flags, &error),
                          STATUS_OK);
    CU_ASSERT_STRING_EQUAL(list.items[0].image, "t2");
    structure_list_free(&list);
    strcpy(swapped[1].series_uid, images[0].series_uid);
    CU_ASSERT_EQUAL_FATAL(import(path, "1=lesion:L1", swapped, 2, 3, false, &list, &flags, &error),
                          STATUS_OK);
    CU_ASSERT_STRING_EQUAL(list.items[0].image, "t2");
    structure_list_free(&list);
}

/* ---- STS_002, cropped: the same regions as NIfTI voxel masks made by MIRP ---- */

static size_t count_differences(const LabelMap *crop, const LabelMap *full) {
    size_t different = 0, inside = 0;
    Affine to_full;
    Error error;
    affine_invert(&full->grid.affine, &to_full, &error);
    const size_t *size = crop->grid.size;
    for (size_t n = 0; n < grid_voxel_count(&crop->grid); n++) {
        double at[3] = {(double)(n % size[0]), (double)(n / size[0] % size[1]),
                        (double)(n / (size[0] * size[1]))};
        affine_apply(&crop->grid.affine, at, at);
        affine_apply(&to_full, at, at);
        size_t i = (size_t)lround(at[0]), j = (size_t)lround(at[1]), k = (size_t)lround(at[2]);
        uint16_t other = full->labels[(k * full->grid.size[1] + j) * full->grid.size[0] + i];
        different += other != crop->labels[n];
        inside += other;
    }
    return different + label_map_count(full, 1) - inside;
}

/* All three series are in one frame and their planes almost agree; the referenced series are not
 * among them (MIRP wrote the images anew): the planes decide. */
static void sts002_agrees_voxel_by_voxel(void) {
    static const char *const names[] = {"CT", "MR_T1", "PET"};
    for (size_t n = 0; n < 3; n++) {
        char folder[64];
        PatientImage images[3];
        LabelMap masks[3];
        StructureList list;
        Flags flags = {0};
        Error error = {0};
        for (size_t m = 0; m < 3; m++) {
            snprintf(folder, sizeof folder, "%s/nifti/mask", names[m]);
            const char *mask = archive_file("sts002_structures", folder, "mask.nii.gz");
            CU_ASSERT_EQUAL_FATAL(label_image_load(mask, &masks[m], &error), STATUS_OK);
            images[m] = (PatientImage){.frame_of_reference = "F1", .grid = masks[m].grid};
            strcpy(images[m].name, names[m]);
        }
        snprintf(folder, sizeof folder, "%s/dicom/mask", names[n]);
        const char *path = archive_file("sts002_structures", folder, "RS.dcm");
        CU_ASSERT_EQUAL_FATAL(
            import(path, "1=lesion:L1", images, 3, 7, false, &list, &flags, &error), STATUS_OK);
        CU_ASSERT_STRING_EQUAL(list.items[0].image, names[n]);
        CU_ASSERT_EQUAL(count_differences(&list.items[0].mask, &masks[n]), 0);
        structure_list_free(&list);
        for (size_t m = 0; m < 3; m++) {
            label_map_free(&masks[m]);
        }
    }
}

/* ---- small structure sets written here ---- */

typedef struct ContourSpec {
    const char *type, *data;
    const char *n_points; /* NULL: not stated */
} ContourSpec;

static void put_contours(FILE *file, const ContourSpec *contours, size_t count) {
    begin_sequence(file, 0x3006, 0x0039);
    begin_item(file);
    begin_sequence(file, 0x3006, 0x0040);
    for (size_t n = 0; n < count; n++) {
        begin_item(file);
        put_text(file, 0x3006, 0x0042, "CS", contours[n].type);
        if (contours[n].n_points != NULL) {
            put_text(file, 0x3006, 0x0046, "IS", contours[n].n_points);
        }
        put_text(file, 0x3006, 0x0050, "DS", contours[n].data);
        end_item(file);
    }
    end_sequence(file);
    put_text(file, 0x3006, 0x0084, "IS", "4");
    end_item(file);
    end_sequence(file);
}

/* One region "Tumour", number 4, frame of reference 1.2.3, drawn on series 1.2.4. */
static const char *write_rtstruct(const ContourSpec *contours, size_t count) {
    const char *path = scratch_file("rtstruct.dcm");
    FILE *file = begin_dicom(path, "1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT");
    begin_sequence(file, 0x3006, 0x0010);
    begin_item(file);
    put_text(file, 0x0020, 0x0052, "UI", "1.2.3");
    begin_sequence(file, 0x3006, 0x0012);
    begin_item(file);
    begin_sequence(file, 0x3006, 0x0014);
    begin_item(file);
    put_text(file, 0x0020, 0x000e, "UI", "1.2.4");
    end_item(file);
    end_sequence(file);
    end_item(file);
    end_sequence(file);
    end_item(file);
    end_sequence(file);
    begin_sequence(file, 0x3006, 0x0020);
    begin_item(file);
    put_text(file, 0x3006, 0x0022, "IS", "4");
    put_text(file, 0x3006, 0x0024, "UI", "1.2.3");
    put_text(file, 0x3006, 0x0026, "LO", "Tumour");
    end_item(file);
    end_sequence(file);
    put_contours(file, contours, count);
    fclose(file);
    return path;
}

static const char SQUARE[] = "4.5\\4.5\\3\\9.5\\4.5\\3\\9.5\\9.5\\3\\4.5\\9.5\\3";
static const char INNER[] = "5.5\\5.5\\3\\7.5\\5.5\\3\\7.5\\7.5\\3\\5.5\\7.5\\3";
static const char THIRD[] = "4.5\\4.5\\9\\9.5\\4.5\\9\\9.5\\9.5\\9\\4.5\\9.5\\9";

static PatientImage small_image(void) {
    return upright_image("small", 20, 20, 8, 1, 3, (const double[3]){0, 0, 0});
}

static void holes_are_cut_and_margins_kept(void) {
    const ContourSpec contours[] = {{"CLOSED_PLANAR", SQUARE, "4"}, {"CLOSED_PLANAR", INNER, NULL}};
    PatientImage image = small_image();
    StructureList list;
    Flags flags = {0};
    Error error = {0};
    const char *path = write_rtstruct(contours, 2);
    CU_ASSERT_EQUAL_FATAL(
        import(path, "Tumour=lesion:L1", &image, 1, 1, false, &list, &flags, &error), STATUS_OK);
    const LabelMap *mask = &list.items[0].mask;
    CU_ASSERT_EQUAL(label_map_count(mask, 1), 5 * 5 - 2 * 2);
    CU_ASSERT_EQUAL(mask->grid.size[0], 7);
    CU_ASSERT_EQUAL(mask->grid.size[1], 7);
    CU_ASSERT_EQUAL(mask->grid.size[2], 3);
    ASSERT_NEAR(mask->grid.affine.m[0][3], 4, 1e-12);
    ASSERT_NEAR(mask->grid.affine.m[2][3], 0, 1e-12);
    structure_list_free(&list);
}

static void sparse_contours_are_flagged_where_they_were_drawn(void) {
    const ContourSpec contours[] = {{"CLOSED_PLANAR", SQUARE, NULL},
                                    {"CLOSED_PLANAR", THIRD, NULL}};
    PatientImage image = small_image();
    StructureList list;
    Flags flags = {0};
    Error error = {0};
    const char *path = write_rtstruct(contours, 2);
    CU_ASSERT_EQUAL_FATAL(import(path, "4=lesion:L1", &image, 1, 1, true, &list, &flags, &error),
                          STATUS_OK);
    CU_ASSERT_STRING_EQUAL(flags.text, "contours_sparse");
    CU_ASSERT_EQUAL(label_map_count(&list.items[0].mask, 1), 2 * 5 * 5);
    structure_list_free(&list);
    /* not the referenced series: a slice between the contours tells that it is another image */
    image.series_uid[0] = '\0';
    CU_ASSERT_EQUAL(import(path, "4=lesion:L1", &image, 1, 1, false, &list, &flags, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "none of the images"));
    structure_list_free(&list);
}

static void assert_refused(const ContourSpec *contours, size_t count, unsigned in_frame,
                           const char *wanted) {
    PatientImage image = small_image();
    StructureList list;
    Flags flags = {0};
    Error error = {0};
    const char *path = write_rtstruct(contours, count);
    CU_ASSERT_EQUAL(import(path, "4=lesion:L1", &image, 1, in_frame, false, &list, &flags, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, wanted));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "'Tumour' (4)"));
    CU_ASSERT_PTR_NULL(strstr(error.message, "1.2.3")); /* no UID in messages */
    CU_ASSERT_EQUAL(list.count, 0);
    structure_list_free(&list);
}

static void wrong_structure_sets_are_refused(void) {
    const ContourSpec good = {"CLOSED_PLANAR", SQUARE, "4"};
    assert_refused(&good, 1, 0, "mask on another frame of reference");
    assert_refused(&good, 0, 1, "empty lesion L1");
    assert_refused(&(ContourSpec){"POINT", "5\\5\\3", "1"}, 1, 1, "'POINT', wanted CLOSED_PLANAR");
    assert_refused(&(ContourSpec){"CLOSED_PLANAR", SQUARE, "1000000000"}, 1, 1, "is 1000000000");
    assert_refused(&(ContourSpec){"CLOSED_PLANAR", "4\\4\\3\\5\\4\\NaN\\5\\5\\3", "3"}, 1, 1,
                   "not a list of finite");
    assert_refused(&(ContourSpec){"CLOSED_PLANAR", "4\\4\\3\\5\\4\\1e999\\5\\5\\3", "3"}, 1, 1,
                   "not a list of finite");
    assert_refused(&(ContourSpec){"CLOSED_PLANAR", "4\\4\\3\\5\\4", NULL}, 1, 1, "5 numbers");
    assert_refused(&(ContourSpec){"CLOSED_PLANAR", "4.1\\4.1\\3\\4.2\\4.1\\3\\4.2\\4.2\\3", "3"}, 1,
                   1, "empty lesion L1");
    assert_refused(&(ContourSpec){"CLOSED_PLANAR", "4\\4\\90\\8\\4\\90\\8\\8\\90", "3"}, 1, 1,
                   "none of the images");
    assert_refused(&(ContourSpec){"CLOSED_PLANAR", "4\\4\\3\\8\\4\\9\\8\\8\\9", "3"}, 1, 1,
                   "none of the images");
    /* the image ends at x = 19.5 */
    assert_refused(&(ContourSpec){"CLOSED_PLANAR", "4\\4\\3\\23\\4\\3\\23\\8\\3", "3"}, 1, 1,
                   "beyond the field of view of small by 3.5 mm");
}

static void truncated_file_is_refused(void) {
    const char *source = archive_file("sts002_structures", "CT/dicom/mask", "RS.dcm");
    for (int percent = 5; percent < 100; percent += 5) {
        const char *path = scratch_file("truncated.dcm");
        PatientImage image = small_image();
        StructureList list;
        Flags flags = {0};
        Error error = {0};
        copy_damaged(source, path, NULL, NULL, percent / 100.0);
        CU_ASSERT_EQUAL(import(path, "1=lesion:L1", &image, 1, 1, false, &list, &flags, &error),
                        STATUS_BAD_DATA);
        structure_list_free(&list);
    }
}

int main(void) {
    log_configure("test", LOG_ERROR, LOG_TEXT, -1); /* no warnings: they are expected */
    static const UnitTest tests[] = {
        {"STS_001 PET agrees with plastimatch", sts001_pet_agrees_with_plastimatch},
        {"STS_001 oblique MR agrees with plastimatch", sts001_oblique_mr_agrees_with_plastimatch},
        {"the referenced series goes before the frame", referenced_series_goes_before_the_frame},
        {"STS_002 agrees with MIRP voxel by voxel", sts002_agrees_voxel_by_voxel},
        {"holes are cut and margins kept", holes_are_cut_and_margins_kept},
        {"sparse contours are seen", sparse_contours_are_flagged_where_they_were_drawn},
        {"wrong structure sets are refused", wrong_structure_sets_are_refused},
        {"a truncated file is refused", truncated_file_is_refused},
    };
    return suite_run("convert/rtstruct", tests, sizeof tests / sizeof tests[0]);
}
