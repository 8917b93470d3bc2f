/* DICOM SEG against voxel counts taken with pydicom and numpy, and small objects written here. */
#include "convert/segmentation_object.h"

#include "tests/unit/convert/structure_fixtures.h"

static Status import(const char *path, const char *text, const PatientImage *images,
                     size_t n_images, StructureList *list, Flags *flags, Error *error) {
    StructureMap map;
    DicomFile *file = NULL;
    FrameRegistry *frames = frame_registry_new();
    *list = (StructureList){0};
    Status status = structure_map_parse(text, &map, error);
    if (status == STATUS_OK) {
        status = dicom_open(path, &file, error);
    }
    if (status == STATUS_OK) {
        status = segmentation_object_read(file, &map, images, n_images, frames, list, flags, error);
    }
    for (size_t n = 0; n < list->count; n++) { /* the labels end with the registry */
        CU_ASSERT_STRING_EQUAL(list->items[n].frame_of_reference, "F1");
        list->items[n].frame_of_reference = "F1";
    }
    dicom_close(file);
    structure_map_free(&map);
    frame_registry_free(frames);
    return status;
}

static void take_frame_uid(const char *path, PatientImage *image) {
    DicomFile *file = NULL;
    Error error;
    CU_ASSERT_EQUAL_FATAL(dicom_open(path, &file, &error), STATUS_OK);
    dicom_text(file, "0020,0052", image->frame_uid, sizeof image->frame_uid);
    dicom_close(file);
}

/* ---- dcmqi's liver on three CT slices ----
 *
 * Counts: d = pydicom.dcmread(f); a = numpy.unpackbits(numpy.frombuffer(d.PixelData, 'u1'),
 * bitorder='little')[:frames * rows * columns].reshape(frames, rows, columns); a.sum((1, 2)). */

static PatientImage dcmqi_ct(void) {
    return upright_image("ct", 512, 512, 3, 0.810547, 1,
                         (const double[]){-235.199997, -226.800003, -128.690002});
}

static void dcmqi_liver_lies_on_its_ct(void) {
    const char *path = archive_file("dcmqi_liver_seg", ".", "liver.dcm");
    PatientImage images[2] = {upright_image("other", 512, 512, 3, 0.9, 1, (const double[3]){0}),
                              dcmqi_ct()};
    take_frame_uid(path, &images[0]);
    take_frame_uid(path, &images[1]);
    StructureList list;
    Flags flags = {0};
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(import(path, "Liver=liver", images, 2, &list, &flags, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(list.count, 1);
    CU_ASSERT_STRING_EQUAL(list.items[0].image, "ct");
    CU_ASSERT_STRING_EQUAL(list.items[0].format, "SEG");
    const LabelMap *mask = &list.items[0].mask;
    CU_ASSERT_EQUAL(label_map_count(mask, 1), 36233 + 35645 + 35220);
    size_t n_slice = mask->grid.size[0] * mask->grid.size[1], counts[3] = {0};
    for (size_t n = 0; n < 3 * n_slice; n++) {
        counts[n / n_slice] += mask->labels[n];
    }
    CU_ASSERT_EQUAL(counts[0], 36233); /* the lowest slice */
    CU_ASSERT_EQUAL(counts[1], 35645);
    CU_ASSERT_EQUAL(counts[2], 35220);
    structure_list_free(&list);
}

static void overlapping_segments_keep_their_voxels(void) {
    const char *path = archive_file("dcmqi_liver_seg", ".", "partial_overlaps.dcm");
    PatientImage image = dcmqi_ct();
    take_frame_uid(path, &image);
    StructureList list;
    Flags flags = {0};
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(import(path, "1=other:a;ORANGE=other:b;3=other:c;4=other:d;5=other:e",
                                 &image, 1, &list, &flags, &error),
                          STATUS_OK);
    static const size_t counts[] = {9602, 11888, 117 + 117 + 10509, 6693, 4713};
    CU_ASSERT_EQUAL_FATAL(list.count, 5);
    for (size_t n = 0; n < 5; n++) {
        CU_ASSERT_EQUAL(label_map_count(&list.items[n].mask, 1), counts[n]);
    }
    structure_list_free(&list);
}

/* 23 columns: every second row starts inside a byte. */
static void rows_may_start_inside_a_byte(void) {
    static const char *const folders[] = {"24x38x3/seg", "23x38x3/seg"};
    static const size_t counts[] = {315, 314 + 4 + 4}, columns[] = {24, 23};
    for (size_t n = 0; n < 2; n++) {
        const char *path = archive_file("dcmqi_liver_seg", folders[n], "label.seg");
        PatientImage image = upright_image("ct", columns[n], 38, 3, 0.7, 2.5,
                                           (const double[]){46.4649, 5.01881, -177.75});
        take_frame_uid(path, &image);
        StructureList list;
        Flags flags = {0};
        Error error = {0};
        CU_ASSERT_EQUAL_FATAL(import(path, "", &image, 1, &list, &flags, &error), STATUS_OK);
        CU_ASSERT_STRING_EQUAL(list.items[0].name.role, "liver");
        CU_ASSERT_STRING_EQUAL(list.items[0].image, "ct");
        CU_ASSERT_EQUAL(label_map_count(&list.items[0].mask, 1), counts[n]);
        structure_list_free(&list);
    }
}

/* ---- written here ---- */

static PatientImage elsewhere(void) {
    PatientImage image = upright_image("mr", 9, 9, 9, 1, 1, (const double[3]){-50, -50, -50});
    strcpy(image.frame_uid, "1.2.3");
    return image;
}

static const char *written(const SegSpec *spec) {
    const char *path = scratch_file("small.dcm");
    write_seg(path, spec);
    return path;
}

/* 5 x 3 pixels of 2 mm, frames at z = 0, 3 and 9: nothing was drawn at 6. */
static void missing_frames_are_empty_slices(void) {
    static const uint8_t values[3 * 15] = {[6] = 1, [15 + 6] = 1, [15 + 7] = 1, [30 + 6] = 1};
    SegSpec spec = {.type = "BINARY",
                    .columns = 5,
                    .rows = 3,
                    .n_frames = 3,
                    .positions = {"0\\0\\9", "0\\0\\0", "0\\0\\3"},
                    .segments = {1, 1, 1},
                    .n_segments = 1,
                    .slice_spacing = "3",
                    .values = values};
    PatientImage image = elsewhere();
    StructureList list;
    Flags flags = {0};
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(import(written(&spec), "1=lesion:L1", &image, 1, &list, &flags, &error),
                          STATUS_OK);
    const LabelMap *mask = &list.items[0].mask;
    CU_ASSERT_STRING_EQUAL(list.items[0].image, "none");
    CU_ASSERT_EQUAL(mask->grid.size[0], 4); /* 1 and 2, and a margin */
    CU_ASSERT_EQUAL(mask->grid.size[1], 3);
    CU_ASSERT_EQUAL(mask->grid.size[2], 4);
    ASSERT_NEAR(grid_voxel_volume_ml(&mask->grid), 0.012, 1e-12);
    CU_ASSERT_EQUAL(mask->labels[0 * 12 + 4 + 2], 1); /* z = 0 had pixels 6 and 7 */
    CU_ASSERT_EQUAL(mask->labels[1 * 12 + 4 + 2], 0);
    CU_ASSERT_EQUAL(mask->labels[2 * 12 + 4 + 1], 0);
    CU_ASSERT_EQUAL(mask->labels[3 * 12 + 4 + 1], 1);
    structure_list_free(&list);
}

/* Maximum 200: 100 is in, 99 is not. */
static void fractions_count_from_one_half(void) {
    static const uint8_t values[15] = {[5] = 99, [6] = 100, [7] = 200, [8] = 1};
    SegSpec spec = {.type = "FRACTIONAL",
                    .columns = 5,
                    .rows = 3,
                    .n_frames = 1,
                    .positions = {"0\\0\\0"},
                    .segments = {1},
                    .n_segments = 1,
                    .slice_spacing = "3",
                    .values = values};
    PatientImage image = elsewhere();
    StructureList list;
    Flags flags = {0};
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(import(written(&spec), "S1=liver", &image, 1, &list, &flags, &error),
                          STATUS_OK);
    CU_ASSERT_EQUAL(label_map_count(&list.items[0].mask, 1), 2);
    CU_ASSERT_TRUE(flags_has(&flags, "fractional_mask"));
    structure_list_free(&list);
}

static void assert_refused(const SegSpec *spec, const char *frame_uid, const char *wanted) {
    PatientImage image = elsewhere();
    strcpy(image.frame_uid, frame_uid);
    StructureList list;
    Flags flags = {0};
    Error error = {0};
    CU_ASSERT_EQUAL(import(written(spec), "1=lesion:L1", &image, 1, &list, &flags, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, wanted));
    CU_ASSERT_PTR_NULL(strstr(error.message, "1.2.3")); /* no UID in messages */
    structure_list_free(&list);
}

static void wrong_objects_are_refused(void) {
    static const uint8_t values[2 * 15] = {[6] = 1};
    const SegSpec good = {.type = "BINARY",
                          .columns = 5,
                          .rows = 3,
                          .n_frames = 2,
                          .positions = {"0\\0\\0", "0\\0\\3"},
                          .segments = {1, 2},
                          .n_segments = 2,
                          .slice_spacing = "3",
                          .values = values};
    assert_refused(&good, "1.2.8", "mask on another frame of reference");
    SegSpec bad = good;
    bad.segments[0] = 2;
    assert_refused(&bad, "1.2.3", "empty lesion L1");
    bad = good;
    bad.type = "LABELMAP";
    assert_refused(&bad, "1.2.3", "'LABELMAP', wanted BINARY or FRACTIONAL");
    bad = good;
    bad.positions[1] = "0\\0";
    assert_refused(&bad, "1.2.3", "frame 2 has no Image Position");
    bad = good;
    bad.positions[1] = "9\\0\\3";
    bad.positions[2] = "0\\0\\6";
    bad.segments[2] = 1;
    bad.n_frames = 3;
    static const uint8_t more[3 * 15] = {[6] = 1};
    bad.values = more;
    assert_refused(&bad, "1.2.3", "off a regular grid");
}

static void truncated_file_is_refused(void) {
    const char *source = archive_file("dcmqi_liver_seg", "23x38x3/seg", "label.seg");
    for (int percent = 5; percent < 100; percent += 5) {
        PatientImage image =
            upright_image("ct", 23, 38, 3, 0.7, 2.5, (const double[]){46.4649, 5.01881, -177.75});
        take_frame_uid(source, &image);
        const char *path = scratch_file("truncated.dcm");
        copy_damaged(source, path, NULL, NULL, percent / 100.0);
        StructureList list;
        Flags flags = {0};
        Error error = {0};
        CU_ASSERT_EQUAL(import(path, "1=liver", &image, 1, &list, &flags, &error), STATUS_BAD_DATA);
        structure_list_free(&list);
    }
}

int main(void) {
    static const UnitTest tests[] = {
        {"dcmqi's liver lies on its CT", dcmqi_liver_lies_on_its_ct},
        {"overlapping segments keep their voxels", overlapping_segments_keep_their_voxels},
        {"rows may start inside a byte", rows_may_start_inside_a_byte},
        {"missing frames are empty slices", missing_frames_are_empty_slices},
        {"fractions count from one half", fractions_count_from_one_half},
        {"wrong objects are refused", wrong_objects_are_refused},
        {"a truncated file is refused", truncated_file_is_refused},
    };
    return suite_run("convert/segmentation_object", tests, sizeof tests / sizeof tests[0]);
}
