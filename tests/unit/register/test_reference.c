/* The rules of docs/file-format.md, register.h5: which PET, which reference. */
#include <string.h>

#include "register/reference.h"
#include "tests/unit/suite.h"

static Table *make_treatments(const char *first, const char *second) {
    const char *const names[] = {first, second};
    Table *table = table_new();
    Error error;
    table_add_column(table, "treatment", COLUMN_TEXT, NULL, "name", &error);
    for (size_t n = 0; n < 2 && names[n]; n++) {
        size_t row;
        table_add_row(table, &row, &error);
        table_set_text(table, row, "treatment", names[n], &error);
    }
    return table;
}

static const ImageEntry IMAGES[] = {
    {.name = "anatomy_a", .role = "anatomy", .timepoint = "before", .frame = "F2"},
    {.name = "anatomy_b", .role = "anatomy", .timepoint = "t2", .frame = "F3"},
    {.name = "anatomy_c", .role = "anatomy", .timepoint = "later", .frame = "F1"},
    {.name = "mr_x", .role = "mr", .timepoint = "t1", .frame = "F3"},
    {.name = "pet_t1", .role = "pet", .timepoint = "t1", .frame = "F1"},
    {.name = "pet_t2", .role = "pet", .timepoint = "t2", .frame = "none"},
};
enum { COUNT = sizeof IMAGES / sizeof *IMAGES };

static void one_treatment_takes_its_pet(void) {
    Table *table = make_treatments("whatever", NULL);
    size_t pet = 99;
    Error error;
    CU_ASSERT_EQUAL(reference_choose_pet(IMAGES, COUNT - 1, table, &pet, &error), STATUS_OK);
    CU_ASSERT_EQUAL(pet, 4); /* the only one */
    CU_ASSERT_EQUAL(reference_choose_pet(IMAGES, COUNT, table, &pet, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "'whatever'"));
    table_free(table);
    table = make_treatments("t2", NULL);
    CU_ASSERT_EQUAL(reference_choose_pet(IMAGES, COUNT, table, &pet, &error), STATUS_OK);
    CU_ASSERT_EQUAL(pet, 5); /* the one of its timepoint */
    table_free(table);
}

static void several_treatments_match_timepoints(void) {
    Table *table = make_treatments("t2", "t1");
    size_t pet = 99;
    Error error;
    CU_ASSERT_EQUAL(reference_choose_pet(IMAGES, COUNT, table, &pet, &error), STATUS_OK);
    CU_ASSERT_EQUAL(pet, 5);
    table_free(table);
    table = make_treatments("t3", "t1");
    CU_ASSERT_EQUAL(reference_choose_pet(IMAGES, COUNT, table, &pet, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "'t3'"));
    table_free(table);
}

static void missing_pet_or_treatment_is_named(void) {
    Table *table = make_treatments("t1", NULL);
    size_t pet = 99;
    Error error;
    CU_ASSERT_EQUAL(reference_choose_pet(IMAGES, 4, table, &pet, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "pet"));
    table_free(table);
    table = make_treatments(NULL, NULL);
    CU_ASSERT_EQUAL(reference_choose_pet(IMAGES, COUNT, table, &pet, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "/treatments"));
    table_free(table);
}

static void reference_follows_the_order(void) {
    CU_ASSERT_EQUAL(reference_choose(IMAGES, COUNT, 5), 1); /* anatomy at the same timepoint */
    CU_ASSERT_EQUAL(reference_choose(IMAGES, COUNT, 4), 2); /* else anatomy of the same frame */
    ImageEntry torn[COUNT]; /* one anatomy has the PET's timepoint, another one its frame */
    memcpy(torn, IMAGES, sizeof torn);
    strcpy(torn[5].frame, "F1");
    CU_ASSERT_EQUAL(reference_choose(torn, COUNT, 5), 1);
    CU_ASSERT_EQUAL(reference_choose(IMAGES + 4, COUNT - 4, 0), 0); /* never another PET */
    CU_ASSERT_EQUAL(reference_choose(IMAGES, 5, 4), 2);             /* not the MR of its time */
}

static void without_anatomy_a_ct_or_mr_serves(void) {
    ImageEntry images[] = {
        {.name = "ct_a", .role = "ct", .timepoint = "before", .frame = "F1"},
        {.name = "ct_b", .role = "ct", .timepoint = "t1", .frame = "F2"},
        {.name = "mr_c", .role = "mr", .timepoint = "t1", .frame = "F1"},
        {.name = "pet_t1", .role = "pet", .timepoint = "t1", .frame = "F1"},
        {.name = "pet_t2", .role = "pet", .timepoint = "t1", .frame = "F1"},
    };
    CU_ASSERT_EQUAL(reference_choose(images, 5, 3), 2); /* timepoint and frame */
    strcpy(images[2].frame, "none");
    CU_ASSERT_EQUAL(reference_choose(images, 5, 3), 1); /* equals: by name; time before frame */
    strcpy(images[1].timepoint, "later");
    strcpy(images[2].timepoint, "later");
    CU_ASSERT_EQUAL(reference_choose(images, 5, 3), 0); /* the frame alone */
    strcpy(images[0].frame, "F3");
    CU_ASSERT_EQUAL(reference_choose(images, 5, 3), 3); /* neither: the PET itself */
    strcpy(images[1].role, "anatomy");
    CU_ASSERT_EQUAL(reference_choose(images, 5, 3), 1); /* anatomy from anywhere */
    strcpy(images[0].frame, "F1");
    strcpy(images[0].timepoint, "t1");
    CU_ASSERT_EQUAL(reference_choose(images, 5, 3), 1); /* even before the perfect CT */
}

static void one_image_stands_for_its_frame(void) {
    CU_ASSERT_EQUAL(reference_representative(IMAGES, COUNT, 3), 1);
    CU_ASSERT_EQUAL(reference_representative(IMAGES, COUNT, 4), 2);
    CU_ASSERT_EQUAL(reference_representative(IMAGES, COUNT, 5), 5); /* frame unknown */
    CU_ASSERT_FALSE(reference_share_frame(&IMAGES[5], &IMAGES[5]));
}

int main(void) {
    static const UnitTest tests[] = {
        {"one treatment takes its PET", one_treatment_takes_its_pet},
        {"several treatments match timepoints", several_treatments_match_timepoints},
        {"a missing PET or treatment is named", missing_pet_or_treatment_is_named},
        {"the reference follows the order of the rules", reference_follows_the_order},
        {"without anatomy a CT or MR serves", without_anatomy_a_ct_or_mr_serves},
        {"one image stands for its frame", one_image_stands_for_its_frame},
    };
    return suite_run("register/reference", tests, sizeof tests / sizeof *tests);
}
