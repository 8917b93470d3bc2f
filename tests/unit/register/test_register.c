/* The whole stage on small convert.h5 files: what is written, what is shared, what is refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "register/register.h"
#include "tests/unit/suite.h"

enum { PATH_SIZE = 512, SIDE = 32 };

typedef struct Fixture {
    Config config;
    char in_path[PATH_SIZE], out_path[PATH_SIZE];
    Store *convert;
    int n_images;
} Fixture;

static void ok(Status status, const Error *error) {
    if (status != STATUS_OK) {
        printf("%s\n", error->message);
    }
    CU_ASSERT_EQUAL_FATAL(status, STATUS_OK);
}

/* Starts a convert.h5 with one treatment named t1. */
static void begin(Fixture *fixture, const char *name) {
    Error error;
    size_t row;
    memset(fixture, 0, sizeof *fixture);
    fixture->config.registration = (RegistrationConfig){.bins = 32,
                                                        .levels = 2,
                                                        .sample_spacing_mm = 4.0,
                                                        .max_iterations = 40,
                                                        .max_rotation_deg = 10,
                                                        .min_quality = 0.5};
    snprintf(fixture->in_path, PATH_SIZE, "%s/%s-convert.h5", scratch_folder(), name);
    snprintf(fixture->out_path, PATH_SIZE, "%s/%s-register.h5", scratch_folder(), name);
    ok(store_create(fixture->in_path, &fixture->convert, &error), &error);
    ok(store_set_text(fixture->convert, "/", "flags", "slice_gap_uneven", &error), &error);
    Table *treatments = table_new();
    ok(table_add_column(treatments, "treatment", COLUMN_TEXT, NULL, "name", &error), &error);
    ok(table_add_row(treatments, &row, &error), &error);
    ok(table_set_text(treatments, row, "treatment", "t1", &error), &error);
    ok(store_write_table(fixture->convert, "/treatments", treatments, &error), &error);
    table_free(treatments);
}

/* An ellipsoid with a bright ball in it: no symmetry is left. */
static float body(double x, double y, double z) {
    const double e = x * x / 2500.0 + y * y / 1200.0 + z * z / 1900.0;
    const double b = (x - 18) * (x - 18) + (y + 8) * (y + 8) + (z - 15) * (z - 15);
    const double c = (x + 20) * (x + 20) + (y - 9) * (y - 9) + (z + 12) * (z + 12);
    return (float)(100.0 / (1.0 + exp(30.0 * (e - 1.0))) + 80.0 / (1.0 + exp(b / 15.0 - 9.0)) +
                   50.0 / (1.0 + exp(c / 12.0 - 6.0)));
}

/* An image of the body on a grid of `spacing_mm`, its first voxel at `corner_mm` along each axis;
 * the body itself lies `offset_mm` further along x than in the reference. */
static void add_image(Fixture *fixture, const char *name, const char *role, const char *frame,
                      double spacing_mm, double offset_mm, float contrast) {
    Grid grid = {.size = {SIDE, SIDE, SIDE}, .affine = affine_identity()};
    Volume volume = {0};
    Error error;
    char group[PATH_SIZE], voxels[PATH_SIZE + 8];
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = spacing_mm;
        grid.affine.m[axis][3] = -0.5 * spacing_mm * (SIDE - 1) + (axis == 0 ? offset_mm : 0.0);
    }
    ok(volume_create(&grid, &volume, &error), &error);
    for (size_t v = 0; v < SIDE * SIDE * SIDE; v++) {
        double x[3] = {(double)(v % SIDE), (double)(v / SIDE % SIDE), (double)(v / SIDE / SIDE)};
        affine_apply(&grid.affine, x, x);
        volume.voxels[v] = contrast * body(x[0] - offset_mm, x[1], x[2]);
    }
    snprintf(group, sizeof group, "/images/%s", name);
    snprintf(voxels, sizeof voxels, "%s/voxels", group);
    ok(store_write_volume(fixture->convert, voxels, &volume, "1", name, &error), &error);
    ok(store_set_text(fixture->convert, group, "role", role, &error), &error);
    ok(store_set_text(fixture->convert, group, "timepoint", "t1", &error), &error);
    ok(store_set_text(fixture->convert, group, "frame_of_reference", frame, &error), &error);
    volume_free(&volume);
}

/* Runs the stage; on success `*output` is the finished register.h5. */
static Status run(Fixture *fixture, Store **output, Error *error) {
    PatientJob job = {.config = &fixture->config, .center = "c", .patient = "p", .n_inputs = 1};
    ok(store_commit(fixture->convert, error), error);
    ok(store_open(fixture->in_path, &job.inputs[0], error), error);
    ok(store_create(fixture->out_path, &job.output, error), error);
    const Status status = register_process(&job, error);
    if (status == STATUS_OK) {
        ok(store_commit(job.output, error), error);
        ok(store_open(fixture->out_path, output, error), error);
    } else {
        store_close(job.output);
    }
    store_close(job.inputs[0]);
    return status;
}

static void check_text(const Store *store, const char *object, const char *name,
                       const char *wanted) {
    char text[PATH_SIZE] = "";
    Error error;
    ok(store_get_text(store, object, name, text, sizeof text, &error), &error);
    CU_ASSERT_STRING_EQUAL(text, wanted);
}

static double number(const Store *store, const char *object, const char *name) {
    double value = NAN;
    Error error;
    ok(store_get_number(store, object, name, &value, &error), &error);
    return value;
}

static Affine map_of(const Store *store, const char *object) {
    Affine map = affine_identity();
    Error error;
    ok(store_read_affine(store, object, &map, &error), &error);
    return map;
}

static void shared_frame_is_identity(void) {
    Fixture fixture;
    Store *output = NULL;
    Error error;
    Volume resampled = {0};
    begin(&fixture, "shared");
    add_image(&fixture, "anatomy_t1", "anatomy", "F1", 4.0, 0, 1.0f);
    add_image(&fixture, "pet_t1", "pet", "F1", 2.0, 0, 900.0f);
    ok(run(&fixture, &output, &error), &error);
    check_text(output, "/", "reference", "anatomy_t1");
    check_text(output, "/", "pet", "pet_t1");
    check_text(output, "/", "flags", "slice_gap_uneven");
    check_text(output, "/transforms/pet_t1", "method", "identity");
    ASSERT_NEAR(number(output, "/transforms/pet_t1", "quality"), 1.0, 0.0);
    CU_ASSERT(number(output, "/transforms/pet_t1", "normalised_mutual_information") > 1.3);
    const Affine identity = affine_identity(), pet = map_of(output, "/transforms/pet_t1");
    const Affine frame = map_of(output, "/frames/F1");
    CU_ASSERT_EQUAL(memcmp(&pet, &identity, sizeof pet), 0);
    CU_ASSERT_EQUAL(memcmp(&frame, &identity, sizeof frame), 0);
    CU_ASSERT_FALSE(store_has(output, "/images/anatomy_t1"));
    ok(store_read_volume(output, "/images/pet_t1/voxels", &resampled, &error), &error);
    CU_ASSERT(isnan(resampled.voxels[0])); /* outside the PET, whose grid is half as wide */
    /* A voxel of the reference lies in the middle of eight of the PET: curvature only. */
    const size_t middle = (16 * SIDE + 16) * SIDE + 16;
    ASSERT_NEAR(resampled.voxels[middle], 900.0 * body(2, 2, 2), 0.01 * 900.0 * body(2, 2, 2));
    volume_free(&resampled);
    store_close(output);
}

static void foreign_frame_is_registered_once(void) {
    Fixture fixture;
    Store *output = NULL;
    Error error;
    begin(&fixture, "foreign");
    add_image(&fixture, "anatomy_t1", "anatomy", "F1", 4.0, 0, 1.0f);
    add_image(&fixture, "mr_t1", "mr", "F2", 4.0, 250, -3.0f);
    add_image(&fixture, "mr_t1_2", "mr", "F2", 3.9, 250, 2.0f);
    add_image(&fixture, "pet_t1", "pet", "F1", 4.0, 0, 900.0f);
    ok(run(&fixture, &output, &error), &error);
    const Affine map = map_of(output, "/transforms/mr_t1");
    const Affine shared = map_of(output, "/transforms/mr_t1_2"),
                 frame = map_of(output, "/frames/F2");
    check_text(output, "/transforms/mr_t1", "method", "rigid_mutual_information");
    /* Half a voxel of 4 mm images. */
    ASSERT_NEAR(map.m[0][3], 250.0, 2.0);
    ASSERT_NEAR(number(output, "/transforms/mr_t1", "translation_mm"), 250.0, 2.0);
    ASSERT_NEAR(number(output, "/transforms/mr_t1", "rotation_deg"), 0.0, 2.0);
    CU_ASSERT(number(output, "/transforms/mr_t1", "quality") > 0.5);
    CU_ASSERT_EQUAL(memcmp(&shared, &map, sizeof map), 0);
    CU_ASSERT_EQUAL(memcmp(&frame, &map, sizeof map), 0);
    Table *table = NULL;
    ok(store_read_table(output, "/quality", &table, &error), &error);
    CU_ASSERT_EQUAL(table_row_count(table), 4);
    CU_ASSERT_STRING_EQUAL(table_text(table, 1, "image"), "mr_t1");
    CU_ASSERT_STRING_EQUAL(table_text(table, 1, "method"), "rigid_mutual_information");
    table_free(table);
    store_close(output);
}

static void unknown_frame_on_the_same_grid_is_identity(void) {
    Fixture fixture;
    Store *output = NULL;
    Error error;
    begin(&fixture, "same-grid");
    add_image(&fixture, "anatomy_t1", "anatomy", "none", 4.0, 0, 1.0f);
    add_image(&fixture, "pet_t1", "pet", "none", 4.0, 0, 900.0f);
    ok(run(&fixture, &output, &error), &error);
    check_text(output, "/transforms/pet_t1", "method", "identity");
    CU_ASSERT_FALSE(store_has(output, "/frames/none"));
    store_close(output);
}

static void flat_image_is_flagged(void) {
    Fixture fixture;
    Store *output = NULL;
    Error error;
    begin(&fixture, "flat");
    add_image(&fixture, "anatomy_t1", "anatomy", "F1", 4.0, 0, 1.0f);
    add_image(&fixture, "ct_t1", "ct", "F2", 4.0, 100, 0.0f);
    add_image(&fixture, "pet_t1", "pet", "F1", 4.0, 0, 900.0f);
    ok(run(&fixture, &output, &error), &error);
    ASSERT_NEAR(number(output, "/transforms/ct_t1", "quality"), 0.0, 0.0);
    check_text(output, "/", "flags", "slice_gap_uneven;registration_poor");
    check_text(output, "/transforms/ct_t1", "reason",
               "no contrast in one of the images: middle on middle, not registered");
    /* Middle on middle, not the identity. */
    ASSERT_NEAR(map_of(output, "/transforms/ct_t1").m[0][3], 100.0, 1e-9);
    store_close(output);
}

static void bad_input_is_refused(void) {
    Fixture fixture;
    Store *output = NULL;
    Error error;
    begin(&fixture, "nan");
    add_image(&fixture, "anatomy_t1", "anatomy", "F1", 4.0, 0, 1.0f);
    add_image(&fixture, "pet_t1", "pet", "F1", 4.0, 0, NAN);
    CU_ASSERT_EQUAL(run(&fixture, &output, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "pet_t1"));
    begin(&fixture, "no-pet");
    add_image(&fixture, "anatomy_t1", "anatomy", "F1", 4.0, 0, 1.0f);
    CU_ASSERT_EQUAL(run(&fixture, &output, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "role 'pet'"));
}

int main(void) {
    static const UnitTest tests[] = {
        {"a shared frame of reference is the identity", shared_frame_is_identity},
        {"a foreign frame is registered once for its images", foreign_frame_is_registered_once},
        {"an unknown frame on the same grid is the identity",
         unknown_frame_on_the_same_grid_is_identity},
        {"a flat image is flagged", flat_image_is_flagged},
        {"NaN voxels and a missing PET are refused", bad_input_is_refused},
    };
    return suite_run("register/register", tests, sizeof tests / sizeof *tests);
}
