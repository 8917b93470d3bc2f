/* Distances from blocks of voxels to bile ducts, stomach and bowel, and what is not known. */
#include "segment/organ_distance.h"

#include <math.h>

#include "tests/unit/segment/block_patient.h"

static const SegmentationConfig config = {.min_registration_quality = 0.25};
static const Block first = {{0, 0, 0}, {3, 3, 3}}, second = {{20, 0, 0}, {23, 3, 3}};

static Error error;

/* Two lesions and up to two organs. */
static void measure(BlockPatient *patient, Lesion lesions[2]) {
    const long origin[3] = {-5, -5, -5};
    Grid reference = block_grid(origin, (size_t[3]){40, 20, 20});
    StructureList list = {patient->structures, patient->count};
    memset(lesions, 0, 2 * sizeof *lesions);
    CU_ASSERT_EQUAL_FATAL(organ_distance_measure(&list, &reference, &config, lesions, 2, &error),
                          STATUS_OK);
    block_patient_free(patient);
}

static BlockPatient two_lesions(void) {
    BlockPatient patient = {0};
    block_add(&patient, "lesion", first, NULL);
    block_add(&patient, "lesion", second, NULL);
    return patient;
}

/* Faces 5 voxels of 2 mm apart, centre to centre 6 voxels; both surfaces a quarter voxel out. */
static void the_nearest_part_of_the_bowel_counts(void) {
    BlockPatient patient = two_lesions();
    Lesion lesions[2];
    block_add(&patient, "stomach", (Block){{9, 0, 0}, {10, 3, 3}}, NULL);
    block_add(&patient, "colon", (Block){{26, 0, 0}, {27, 3, 3}}, NULL);
    measure(&patient, lesions);
    ASSERT_NEAR(lesions[0].bowel_distance_mm, 6 * 2 - 1, 1e-9);
    ASSERT_NEAR(lesions[1].bowel_distance_mm, 3 * 2 - 1, 1e-9);
    CU_ASSERT(isnan(lesions[0].bile_duct_distance_mm) && isnan(lesions[1].bile_duct_distance_mm));
    CU_ASSERT_STRING_EQUAL(lesions[0].flags.text, "");
}

static void touching_and_overlapping_is_zero(void) {
    BlockPatient patient = two_lesions();
    Lesion lesions[2];
    block_add(&patient, "bile_duct", (Block){{3, 3, 3}, {3, 3, 8}}, NULL);
    block_add(&patient, "bowel", (Block){{24, 4, 4}, {26, 6, 6}}, NULL); /* by a corner */
    measure(&patient, lesions);
    ASSERT_NEAR(lesions[0].bile_duct_distance_mm, 0, 0);
    ASSERT_NEAR(lesions[1].bile_duct_distance_mm, 17 * 2 - 1, 1e-9); /* i from 3 to 20 */
    ASSERT_NEAR(lesions[1].bowel_distance_mm, 0, 0);
}

static void what_is_not_segmented_is_unknown_not_far(void) {
    BlockPatient patient = two_lesions();
    Lesion lesions[2];
    block_add(&patient, "kidney", first, NULL);
    measure(&patient, lesions);
    for (int n = 0; n < 2; n++) {
        CU_ASSERT(isnan(lesions[n].bile_duct_distance_mm));
        CU_ASSERT(isnan(lesions[n].bowel_distance_mm));
    }
}

/* The misplaced part may be the nearest, so nothing is known; in whatever order they come. */
static void a_misplaced_part_leaves_the_distance_unknown(void) {
    for (int misplaced = 0; misplaced < 2; misplaced++) {
        BlockPatient patient = two_lesions();
        Lesion lesions[2];
        Structure *organs[2];
        organs[0] = block_add(&patient, "stomach", (Block){{9, 0, 0}, {10, 3, 3}}, NULL);
        organs[1] = block_add(&patient, "colon", (Block){{26, 0, 0}, {27, 3, 3}}, NULL);
        organs[misplaced]->to_reference.m[0][3] = 1;
        organs[misplaced]->registration_quality = 0.2;
        measure(&patient, lesions);
        CU_ASSERT(isnan(lesions[0].bowel_distance_mm) && isnan(lesions[1].bowel_distance_mm));
        CU_ASSERT_STRING_EQUAL(lesions[0].flags.text, "organs_misplaced");
    }
}

static const char *bowel_of(const char *const roles[]) {
    Structure structures[4] = {0};
    size_t count = 0;
    for (; count < 4 && roles[count] != NULL; count++) {
        snprintf(structures[count].role, sizeof structures[count].role, "%s", roles[count]);
    }
    const StructureList list = {structures, count};
    return organ_distance_bowel(&list);
}

static void the_bowel_is_whole_with_all_its_parts(void) {
    static const char *const whole[] = {"stomach", "bowel", NULL},
                             *const parts[] = {"colon", "duodenum", "small_bowel", "stomach"},
                             *const no_stomach[] = {"bowel", "colon", "duodenum", "small_bowel"},
                             *const no_colon[] = {"stomach", "duodenum", "small_bowel", NULL},
                             *const none[] = {"liver", NULL};
    CU_ASSERT_STRING_EQUAL(bowel_of(whole), "segmented");
    CU_ASSERT_STRING_EQUAL(bowel_of(parts), "segmented");
    CU_ASSERT_STRING_EQUAL(bowel_of(no_stomach), "partial");
    CU_ASSERT_STRING_EQUAL(bowel_of(no_colon), "partial");
    CU_ASSERT_STRING_EQUAL(bowel_of(none), "none");
}

int main(void) {
    static const UnitTest tests[] = {
        {"the nearest part of stomach and bowel counts", the_nearest_part_of_the_bowel_counts},
        {"organs that touch or overlap are at zero", touching_and_overlapping_is_zero},
        {"what is not segmented is unknown, not far", what_is_not_segmented_is_unknown_not_far},
        {"a misplaced part leaves the distance unknown",
         a_misplaced_part_leaves_the_distance_unknown},
        {"the bowel is whole with all its parts", the_bowel_is_whole_with_all_its_parts},
    };
    return suite_run("segment/organ_distance", tests, sizeof tests / sizeof *tests);
}
