/* Boxes as livers and lesions: where they come to lie in the PET, and when that is not known. */
#include "dose/liver_region.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

enum { PATH_SIZE = 512, MAX_MASKS = 3 };

/* PET voxel edges, and mask voxel edges. Boundaries of the boxes below lie between voxels. */
static const double PET_MM = 4.0, MASK_MM = 2.0;

/* A box of mask voxels that begins at a position of its own space. */
typedef struct BoxMask {
    const char *name, *role, *image, *frame;
    double first_mm[3]; /* lower faces */
    size_t size[3];     /* mask voxels */
} BoxMask;

typedef struct Fixture {
    BoxMask masks[MAX_MASKS];
    size_t n_masks;
    bool has_mr; /* in register.h5 */
    double mr_quality, pet_quality;
    double min_quality;
} Fixture;

/* A liver of 40 x 24 x 16 mm = 15.36 mL, drawn on the MR. */
static Fixture make_fixture(void) {
    return (Fixture){.masks = {{"liver", "liver", "mr_t1", "F2", {20, 10, 4}, {20, 12, 8}}},
                     .n_masks = 1,
                     .has_mr = true,
                     .mr_quality = 0.9,
                     .pet_quality = 0.8,
                     .min_quality = 0.5};
}

static Grid pet_grid(void) {
    Grid grid = {{20, 24, 10}, affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = PET_MM;
        grid.affine.m[axis][3] = PET_MM / 2.0; /* faces at 0 */
    }
    return grid;
}

static void must(Status status, const Error *error) {
    if (status != STATUS_OK) {
        printf("%s\n", error->message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

/* The box with a margin of one voxel. */
static void write_mask(Store *store, const BoxMask *box) {
    Error error = {0};
    char group[PATH_SIZE], dataset[2 * PATH_SIZE];
    Grid grid = {{box->size[0] + 2, box->size[1] + 2, box->size[2] + 2}, affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = MASK_MM;
        grid.affine.m[axis][3] = box->first_mm[axis] - MASK_MM / 2.0;
    }
    LabelMap map;
    must(label_map_create(&grid, &map, &error), &error);
    for (size_t k = 1; k <= box->size[2]; k++) {
        for (size_t j = 1; j <= box->size[1]; j++) {
            for (size_t i = 1; i <= box->size[0]; i++) {
                map.labels[(k * grid.size[1] + j) * grid.size[0] + i] = 1;
            }
        }
    }
    snprintf(group, sizeof group, "/structures/%s", box->name);
    snprintf(dataset, sizeof dataset, "%s/mask", group);
    must(store_write_label_map(store, dataset, &map, "mask", &error), &error);
    label_map_free(&map);
    const char *const texts[][2] = {
        {"role", box->role}, {"image", box->image}, {"frame_of_reference", box->frame}};
    for (size_t n = 0; n < sizeof texts / sizeof *texts; n++) {
        must(store_set_text(store, group, texts[n][0], texts[n][1], &error), &error);
    }
}

static void write_transform(Store *store, const char *dataset, const Affine *map, double quality) {
    Error error = {0};
    must(store_write_affine(store, dataset, map, "from the reference", &error), &error);
    must(store_set_number(store, dataset, "quality", quality, &error), &error);
}

/* The reference leads to the MR by a shift along y, to the PET by a quarter turn about z. */
static void write_stores(const Fixture *fixture, Store **convert, Store **registered) {
    Error error = {0};
    char path[PATH_SIZE];
    const double none[3] = {0}, turn[3] = {0.0, 0.0, M_PI / 2.0}, along_y[3] = {0.0, 6.0, 0.0},
                 along_x[3] = {80.0, 0.0, 0.0};
    Affine to_mr = affine_from_rigid(none, along_y, none);
    Affine to_pet = affine_from_rigid(turn, along_x, none);
    snprintf(path, sizeof path, "%s/convert.h5", scratch_folder());
    must(store_create(path, convert, &error), &error);
    must(store_set_text(*convert, "/", "flags", "", &error), &error);
    for (size_t n = 0; n < fixture->n_masks; n++) {
        write_mask(*convert, &fixture->masks[n]);
    }
    must(store_commit(*convert, &error), &error);
    must(store_open(path, convert, &error), &error);
    snprintf(path, sizeof path, "%s/register.h5", scratch_folder());
    must(store_create(path, registered, &error), &error);
    must(store_set_text(*registered, "/", "reference", "anatomy_t1", &error), &error);
    write_transform(*registered, "/transforms/pet_t1", &to_pet, fixture->pet_quality);
    write_transform(*registered, "/frames/F1", &to_pet, fixture->pet_quality);
    if (fixture->has_mr) {
        write_transform(*registered, "/transforms/mr_t1", &to_mr, fixture->mr_quality);
        write_transform(*registered, "/frames/F2", &to_mr, fixture->mr_quality);
    }
    must(store_commit(*registered, &error), &error);
    must(store_open(path, registered, &error), &error);
}

static LiverRegion read_region(const Fixture *fixture) {
    Error error = {0};
    Store *convert = NULL, *registered = NULL;
    LiverRegion region;
    Grid grid = pet_grid();
    write_stores(fixture, &convert, &registered);
    must(liver_region_read(convert, registered, "pet_t1", &grid, fixture->min_quality, &region,
                           &error),
         &error);
    store_close(convert);
    store_close(registered);
    return region;
}

static double weight(const LiverRegion *region, size_t i, size_t j, size_t k) {
    const size_t *size = region->weights.grid.size;
    return region->weights.voxels[(k * size[1] + j) * size[0] + i];
}

static double volume_ml(const LiverRegion *region) {
    double sum = 0.0;
    for (size_t n = 0; n < grid_voxel_count(&region->weights.grid); n++) {
        sum += region->weights.voxels[n];
    }
    return sum * grid_voxel_volume_ml(&region->weights.grid);
}

static void expect_status(const Fixture *fixture, LiverRegionStatus wanted) {
    LiverRegion region = read_region(fixture);
    CU_ASSERT_EQUAL(region.status, wanted);
    if (wanted != LIVER_REGION_KNOWN) {
        CU_ASSERT_PTR_NULL(region.weights.voxels);
        CU_ASSERT_TRUE(isnan(region.coverage));
    }
    liver_region_free(&region);
}

/* MR x 20..60, y 10..34, z 4..20: less 6 along y in the reference, y 4..28; turned, x' = 80 - y and
 * y' = x: PET x 52..76, y 20..60, z 4..20; voxels i 13..18, j 5..14, k 1..4. */
static void check_place(const LiverRegion *region) {
    CU_ASSERT_EQUAL_FATAL(region->status, LIVER_REGION_KNOWN);
    ASSERT_NEAR(region->coverage, 1.0, 1e-12);
    ASSERT_NEAR(volume_ml(region), 15.36, 1e-5);
    ASSERT_NEAR(weight(region, 13, 5, 1), 1.0, 1e-6);
    ASSERT_NEAR(weight(region, 18, 14, 4), 1.0, 1e-6);
    ASSERT_NEAR(weight(region, 12, 5, 1), 0.0, 0.0);
    ASSERT_NEAR(weight(region, 19, 14, 4), 0.0, 0.0);
    ASSERT_NEAR(weight(region, 13, 4, 1), 0.0, 0.0);
    ASSERT_NEAR(weight(region, 13, 5, 0), 0.0, 0.0);
}

static void test_through_its_image(void) {
    Fixture fixture = make_fixture();
    LiverRegion region = read_region(&fixture);
    check_place(&region);
    liver_region_free(&region);
}

static void test_through_its_frame(void) {
    Fixture fixture = make_fixture();
    fixture.masks[0].image = "none";
    LiverRegion region = read_region(&fixture);
    check_place(&region);
    liver_region_free(&region);
}

/* Drawn on the PET, or in its frame: no registration lies between, however poor. */
static void test_in_the_pets_own_space(void) {
    Fixture fixture = make_fixture();
    fixture.pet_quality = 0.1;
    fixture.masks[0] = (BoxMask){"liver", "liver", "pet_t1", "F1", {52, 20, 4}, {12, 20, 8}};
    LiverRegion region = read_region(&fixture);
    check_place(&region);
    liver_region_free(&region);
    fixture.masks[0].image = "none";
    region = read_region(&fixture);
    check_place(&region);
    liver_region_free(&region);
}

/* A mask that ends within PET voxels: a quarter of their width, 2 of 8 mm across two voxels. */
static void test_fractions(void) {
    Fixture fixture = make_fixture();
    fixture.masks[0] = (BoxMask){"liver", "liver", "pet_t1", "F1", {6, 8, 8}, {3, 2, 2}};
    LiverRegion region = read_region(&fixture);
    ASSERT_NEAR(weight(&region, 1, 2, 2), 0.5, 1e-6);
    ASSERT_NEAR(weight(&region, 2, 2, 2), 1.0, 1e-6);
    ASSERT_NEAR(volume_ml(&region), 0.096, 1e-6);
    liver_region_free(&region);
}

/* Half of the box lies beyond the PET's first voxels along x. */
static void test_cut_liver(void) {
    Fixture fixture = make_fixture();
    fixture.masks[0] = (BoxMask){"liver", "liver", "pet_t1", "F1", {-12, 20, 4}, {12, 20, 8}};
    LiverRegion region = read_region(&fixture);
    CU_ASSERT_EQUAL(region.status, LIVER_REGION_KNOWN);
    ASSERT_NEAR(region.coverage, 0.5, 1e-12);
    ASSERT_NEAR(volume_ml(&region), 7.68, 1e-5);
    liver_region_free(&region);
    fixture.masks[0].first_mm[0] = -200.0;
    expect_status(&fixture, LIVER_REGION_UNKNOWN);
}

/* A lesion inside counts once; one that a gap of the liver leaves out, beside it, counts; here in
 * the middle of a PET voxel, which both share. */
static void test_union(void) {
    Fixture fixture = make_fixture();
    fixture.n_masks = 2;
    fixture.masks[0] = (BoxMask){"liver", "liver", "pet_t1", "F1", {20, 20, 8}, {9, 8, 4}};
    fixture.masks[1] = (BoxMask){"lesion_l1", "lesion", "pet_t1", "F1", {22, 24, 8}, {4, 3, 4}};
    LiverRegion region = read_region(&fixture);
    ASSERT_NEAR(volume_ml(&region), 18 * 16 * 8 * 1e-3, 1e-5);
    liver_region_free(&region);
    fixture.masks[1] = (BoxMask){"lesion_l1", "lesion", "pet_t1", "F1", {38, 20, 8}, {7, 8, 4}};
    region = read_region(&fixture);
    ASSERT_NEAR(volume_ml(&region), 32 * 16 * 8 * 1e-3, 1e-5);
    ASSERT_NEAR(weight(&region, 9, 5, 2), 1.0, 1e-6);
    liver_region_free(&region);
}

static void test_unknown(void) {
    Fixture fixture = make_fixture();
    fixture.n_masks = 0;
    expect_status(&fixture, LIVER_REGION_NONE);
    fixture = make_fixture();
    fixture.masks[0].role = "lesion";
    expect_status(&fixture, LIVER_REGION_NONE);
    fixture = make_fixture();
    fixture.mr_quality = 0.49;
    expect_status(&fixture, LIVER_REGION_UNKNOWN);
    fixture = make_fixture();
    fixture.pet_quality = 0.49;
    expect_status(&fixture, LIVER_REGION_UNKNOWN);
    fixture.masks[0].image = "none";
    expect_status(&fixture, LIVER_REGION_UNKNOWN);
    fixture = make_fixture();
    fixture.has_mr = false;
    expect_status(&fixture, LIVER_REGION_UNKNOWN);
    fixture.masks[0].image = "none";
    expect_status(&fixture, LIVER_REGION_UNKNOWN);
    fixture.masks[0].frame = "none";
    expect_status(&fixture, LIVER_REGION_UNKNOWN);
}

/* A lesion that cannot be placed leaves the union unknown; other organs do not matter. */
static void test_unknown_among_others(void) {
    Fixture fixture = make_fixture();
    fixture.n_masks = 2;
    fixture.masks[1] = (BoxMask){"lesion_l1", "lesion", "ct_t1", "F9", {20, 10, 4}, {2, 2, 2}};
    expect_status(&fixture, LIVER_REGION_UNKNOWN);
    fixture.masks[1].role = "stomach";
    expect_status(&fixture, LIVER_REGION_KNOWN);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a liver comes through its image", test_through_its_image},
        {"a liver without image comes through its frame", test_through_its_frame},
        {"in the PET's own space no registration matters", test_in_the_pets_own_space},
        {"boundary voxels count by their fraction", test_fractions},
        {"what lies outside the PET is said", test_cut_liver},
        {"liver and lesions unite", test_union},
        {"a liver that cannot be placed is unknown", test_unknown},
        {"so is one whose lesion cannot be placed", test_unknown_among_others},
    };
    return suite_run("dose liver region", tests, sizeof tests / sizeof *tests);
}
