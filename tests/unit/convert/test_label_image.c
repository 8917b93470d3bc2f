/* NIfTI label images: geometry, values, and the image they lie on. */
#include "convert/label_image.h"

#include <math.h>
#include <unistd.h>

#include "tests/unit/convert/structure_fixtures.h"

enum { NI = 6, NJ = 5, NK = 4, N_VOXELS = NI * NJ * NK };
static const short SIZE[3] = {NI, NJ, NK};
static const float ORIGIN[3] = {10, 20, 30};

static Status import(const char *path, const char *text, const PatientImage *images,
                     size_t n_images, StructureList *list, Error *error) {
    StructureMap map;
    *list = (StructureList){0};
    Status status = structure_map_parse(text, &map, error);
    if (status == STATUS_OK) {
        status = label_image_read(path, &map, images, n_images, list, error);
    }
    structure_map_free(&map);
    return status;
}

static const char *labels_file(void) {
    static uint8_t values[N_VOXELS];
    values[(1 * NJ + 2) * NI + 3] = 1;
    values[(2 * NJ + 2) * NI + 3] = 1;
    values[(2 * NJ + 2) * NI + 4] = 7;
    const char *path = scratch_file("labels.nii");
    write_nifti(path, SIZE, DT_UINT8, 8, ORIGIN, values, sizeof values);
    return path;
}

/* Counts and affine of nibabel: m = nibabel.load(f); (m.get_fdata() > 0).sum(), m.affine. */
static void real_mask_agrees_with_nibabel(void) {
    LabelMap map;
    Error error = {0};
    const char *path = archive_file("sts002_structures", "PET/nifti/mask", "mask.nii.gz");
    CU_ASSERT_EQUAL_FATAL(label_image_load(path, &map, &error), STATUS_OK);
    CU_ASSERT_EQUAL(label_map_count(&map, 1), 555);
    CU_ASSERT_EQUAL(map.grid.size[0], 30);
    CU_ASSERT_EQUAL(map.grid.size[1], 27);
    CU_ASSERT_EQUAL(map.grid.size[2], 48);
    ASSERT_NEAR(map.grid.affine.m[0][0], 5.46875, 1e-6); /* RAS -5.46875, stored as float */
    ASSERT_NEAR(map.grid.affine.m[0][3], 2.734380006790161, 1e-9);
    ASSERT_NEAR(map.grid.affine.m[1][3], 57.421878814697266, 1e-9);
    ASSERT_NEAR(map.grid.affine.m[2][3], -629.02001953125, 1e-9);
    label_map_free(&map);
}

static void values_become_structures_of_their_image(void) {
    PatientImage images[2] = {nifti_image_of("pet", SIZE, ORIGIN),
                              nifti_image_of("mr", SIZE, ORIGIN)};
    strcpy(images[0].role, "pet");
    StructureList list;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(import(labels_file(), "1=liver;7=lesion:L1", images, 2, &list, &error),
                          STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(list.count, 2);
    CU_ASSERT_STRING_EQUAL(list.items[0].image, "mr"); /* same grid: anatomy goes before PET */
    CU_ASSERT_STRING_EQUAL(list.items[0].frame_of_reference, "none");
    CU_ASSERT_EQUAL(label_map_count(&list.items[0].mask, 1), 2);
    const LabelMap *lesion = &list.items[1].mask;
    CU_ASSERT_EQUAL(label_map_count(lesion, 1), 1);
    /* voxel (4, 2, 2) is at RAS 18, 24, 38: LPS -18, -24, 38; the mask begins one before it */
    double centre[3] = {1, 1, 1};
    affine_apply(&lesion->grid.affine, centre, centre);
    ASSERT_NEAR(centre[0], -18, 1e-6);
    ASSERT_NEAR(centre[1], -24, 1e-6);
    ASSERT_NEAR(centre[2], 38, 1e-6);
    CU_ASSERT_EQUAL(lesion->labels[(1 * 3 + 1) * 3 + 1], 1);
    structure_list_free(&list);
}

static void other_grid_needs_one_shared_frame(void) {
    PatientImage images[2] = {upright_image("a", 9, 9, 9, 1, 1, (const double[3]){0}),
                              upright_image("b", 8, 9, 9, 1, 1, (const double[3]){0})};
    StructureList list;
    Error error = {0};
    CU_ASSERT_EQUAL(import(labels_file(), "1=liver", images, 2, &list, &error), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(list.items[0].image, "none");
    CU_ASSERT_STRING_EQUAL(list.items[0].frame_of_reference, "F1");
    structure_list_free(&list);
    strcpy(images[1].frame_of_reference, "F2");
    CU_ASSERT_EQUAL(import(labels_file(), "1=liver", images, 2, &list, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "mask lies on no image's grid"));
    strcpy(images[0].frame_of_reference, "none");
    CU_ASSERT_EQUAL(import(labels_file(), "1=liver", images, 1, &list, &error), STATUS_BAD_DATA);
    CU_ASSERT_EQUAL(import(labels_file(), "1=liver", NULL, 0, &list, &error), STATUS_BAD_DATA);
}

/* Voxels of 2 mm: 0.01 mm makes the same grid, 0.01 voxels the same voxels. */
static void same_grid_is_within_a_hundredth(void) {
    PatientImage image = nifti_image_of("mr", SIZE, ORIGIN);
    StructureList list;
    Error error = {0};
    image.grid.affine.m[1][3] += 0.009;
    CU_ASSERT_EQUAL(import(labels_file(), "1=liver", &image, 1, &list, &error), STATUS_OK);
    structure_list_free(&list);
    image.grid.affine.m[1][3] += 0.010;
    CU_ASSERT_EQUAL(import(labels_file(), "1=liver", &image, 1, &list, &error), STATUS_OK);
    structure_list_free(&list);
    image.grid.affine.m[1][3] += 0.002;
    CU_ASSERT_EQUAL(import(labels_file(), "1=liver", &image, 1, &list, &error), STATUS_BAD_DATA);
}

/* The grid of an image whose voxel (a, b, c) is voxel (i, j, k) of `mask`: a = i + 2, b = 11 - k,
 * c = j + 1; `size` voxels. Worked out by hand: i = a - 2, j = c - 1, k = 11 - b. */
static Grid turned(const Grid *mask, const size_t size[3]) {
    const Affine to_mask = {{{1, 0, 0, -2}, {0, 0, 1, -1}, {0, -1, 0, 11}, {0, 0, 0, 1}}};
    return (Grid){.size = {size[0], size[1], size[2]},
                  .affine = affine_compose(&mask->affine, &to_mask)};
}

static void assert_image(const PatientImage *images, size_t n_images, const char *wanted) {
    StructureList list;
    Error error = {0};
    Status status = import(labels_file(), "1=liver", images, n_images, &list, &error);
    CU_ASSERT_EQUAL(status, wanted == NULL ? STATUS_BAD_DATA : STATUS_OK);
    if (status == STATUS_OK && wanted != NULL) {
        CU_ASSERT_STRING_EQUAL(list.items[0].image, wanted);
        /* voxels (3, 2, 1) and (3, 2, 2), one of margin: begins at (2, 1, 0), RAS 14, 22, 30 */
        CU_ASSERT_EQUAL(label_map_count(&list.items[0].mask, 1), 2);
        ASSERT_NEAR(list.items[0].mask.grid.affine.m[0][3], -14, 1e-6);
        ASSERT_NEAR(list.items[0].mask.grid.affine.m[1][3], -22, 1e-6);
        ASSERT_NEAR(list.items[0].mask.grid.affine.m[2][3], 30, 1e-6);
    }
    structure_list_free(&list);
}

static void turned_and_cropped_masks_lie_on_their_image(void) {
    PatientImage image = nifti_image_of("mr", SIZE, ORIGIN);
    const Grid mask = image.grid;
    /* mask voxels need a 2..7, b 8..11, c 1..5 */
    image.grid = turned(&mask, (const size_t[]){8, 12, 6});
    assert_image(&image, 1, "mr");
    for (int axis = 0; axis < 3; axis++) { /* a corner is outside */
        image.grid.size[axis]--;
        assert_image(&image, 1, NULL);
        image.grid.size[axis]++;
    }
    const Affine flip = {{{-1, 0, 0, NI - 1}, {0, -1, 0, NJ - 1}, {0, 0, 1, 0}, {0, 0, 0, 1}}};
    image.grid = (Grid){.size = {NI, NJ, NK}, .affine = affine_compose(&mask.affine, &flip)};
    assert_image(&image, 1, "mr");
    image.grid.affine.m[0][3] += 0.03; /* 0.015 voxels of 2 mm: more than 0.01 */
    assert_image(&image, 1, NULL);
    image.grid.affine.m[0][3] -= 0.015; /* 0.0075 */
    assert_image(&image, 1, "mr");
}

static void other_lattices_do_not_match(void) {
    PatientImage image = nifti_image_of("mr", SIZE, ORIGIN);
    const Grid mask = image.grid;
    const size_t size[3] = {20, 20, 20};
    image.grid = turned(&mask, size);
    image.grid.affine.m[0][0] *= 1.002; /* another voxel size: 2e-3 off */
    assert_image(&image, 1, NULL);
    image.grid = turned(&mask, size);
    image.grid.affine.m[1][0] += 2 * 0.002; /* sheared */
    assert_image(&image, 1, NULL);
    image.grid = turned(&mask, size);
    for (int row = 0; row < 3; row++) {
        image.grid.affine.m[row][3] += image.grid.affine.m[row][1] / 2; /* between the voxels */
    }
    assert_image(&image, 1, NULL);
    image.grid = turned(&mask, size);
    for (int row = 0; row < 3; row++) {
        image.grid.affine.m[row][0] *= 2; /* every other voxel */
    }
    assert_image(&image, 1, NULL);
}

static void match_prefers_whole_then_anatomy(void) {
    PatientImage images[4];
    static const char *const names[] = {"pet", "ct", "anatomy", "whole"};
    const PatientImage mask = nifti_image_of("", SIZE, ORIGIN);
    for (size_t n = 0; n < 4; n++) {
        images[n] = nifti_image_of(names[n], SIZE, ORIGIN);
        snprintf(images[n].role, sizeof images[n].role, "%s", n == 3 ? "pet" : names[n]);
        images[n].grid = turned(&mask.grid, (const size_t[]){20, 20, 20});
    }
    assert_image(images, 1, "pet");
    assert_image(images, 2, "ct");
    assert_image(images, 3, "anatomy");
    images[3].grid = mask.grid;
    assert_image(images, 4, "whole"); /* the mask's own grid goes before a larger one */
}

static void binary_file_may_be_named_after_its_structure(void) {
    uint8_t values[N_VOXELS] = {[40] = 1};
    PatientImage image = nifti_image_of("mr", SIZE, ORIGIN);
    StructureList list;
    Error error = {0};
    const char *path = scratch_file("lesion_L4.nii");
    write_nifti(path, SIZE, DT_UINT8, 8, ORIGIN, values, sizeof values);
    CU_ASSERT_EQUAL(import(path, NULL, &image, 1, &list, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(list.count, 1);
    CU_ASSERT_STRING_EQUAL(list.items[0].name.label, "L4");
    structure_list_free(&list);
}

static void floats_may_hold_labels(void) {
    float values[N_VOXELS] = {[40] = 2};
    LabelMap map;
    Error error = {0};
    const char *path = scratch_file("float.nii");
    write_nifti(path, SIZE, DT_FLOAT32, 32, ORIGIN, values, sizeof values);
    CU_ASSERT_EQUAL_FATAL(label_image_load(path, &map, &error), STATUS_OK);
    CU_ASSERT_EQUAL(map.labels[40], 2);
    label_map_free(&map);
}

static void assert_refused(const char *path, const char *wanted) {
    LabelMap map;
    Error error = {0};
    CU_ASSERT_EQUAL(label_image_load(path, &map, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, wanted));
}

static void values_that_are_no_labels_are_refused(void) {
    static const float bad[] = {0.5F, -1, 70000, NAN, INFINITY};
    for (size_t n = 0; n < sizeof bad / sizeof bad[0]; n++) {
        float values[N_VOXELS] = {[NI + 3] = bad[n]};
        const char *path = scratch_file("bad.nii");
        write_nifti(path, SIZE, DT_FLOAT32, 32, ORIGIN, values, sizeof values);
        assert_refused(path, "voxel i=3 j=1 k=0");
    }
}

static void wrong_files_are_refused(void) {
    static const short huge[3] = {32767, 32767, 32767};
    uint8_t values[4 * N_VOXELS] = {0};
    const char *path = scratch_file("wrong.nii");
    write_nifti(path, SIZE, DT_UINT8, 8, ORIGIN, values, N_VOXELS - 1);
    assert_refused(path, "truncated");
    write_nifti(path, huge, DT_UINT8, 8, ORIGIN, values, N_VOXELS);
    assert_refused(path, "4096");
    write_nifti(path, SIZE, DT_RGB24, 24, ORIGIN, values, 3 * N_VOXELS);
    assert_refused(path, "datatype");
    for (off_t length = 0; length < 352; length += 50) {
        write_nifti(path, SIZE, DT_UINT8, 8, ORIGIN, values, N_VOXELS);
        CU_ASSERT_EQUAL(truncate(path, length), 0);
        assert_refused(path, "copy it again");
    }
    LabelMap map;
    Error error = {0};
    CU_ASSERT_EQUAL(label_image_load("/nowhere/a.nii", &map, &error), STATUS_NO_INPUT);
}

static void unknown_position_is_refused(void) {
    uint8_t values[N_VOXELS] = {0};
    const char *path = scratch_file("nowhere.nii");
    write_nifti(path, SIZE, DT_UINT8, 8, ORIGIN, values, sizeof values);
    FILE *file = fopen(path, "r+b");
    fseek(file, offsetof(struct nifti_1_header, sform_code), SEEK_SET);
    fwrite("\0\0", 1, 2, file);
    fclose(file);
    assert_refused(path, "sform_code and qform_code are both 0");
}

int main(void) {
    static const UnitTest tests[] = {
        {"a real mask agrees with nibabel", real_mask_agrees_with_nibabel},
        {"values become structures of their image", values_become_structures_of_their_image},
        {"another grid needs one shared frame", other_grid_needs_one_shared_frame},
        {"the same grid is within 0.01 voxel", same_grid_is_within_a_hundredth},
        {"turned and cropped masks lie on their image",
         turned_and_cropped_masks_lie_on_their_image},
        {"other lattices do not match", other_lattices_do_not_match},
        {"the match prefers the whole image, then anatomy", match_prefers_whole_then_anatomy},
        {"a binary file may be named after its structure",
         binary_file_may_be_named_after_its_structure},
        {"floats may hold labels", floats_may_hold_labels},
        {"values that are no labels are refused", values_that_are_no_labels_are_refused},
        {"wrong files are refused", wrong_files_are_refused},
        {"an unknown position is refused", unknown_position_is_refused},
    };
    return suite_run("convert/label_image", tests, sizeof tests / sizeof tests[0]);
}
