/* The whole and the normal liver of small blocks of voxels, counted by hand. */
#include "segment/liver.h"
#include "tests/unit/segment/block_patient.h"

#include <math.h>
#include <string.h>

enum { SIDE = 12 };

static const double ML = BLOCK_VOXEL_ML;
static const SegmentationConfig config = {
    .part_fraction = 0.2, .min_coverage = 0.99, .min_registration_quality = 0.25};

/* Doses of 10 Gy at i = 0 of the reference's lattice and 1 Gy more with every voxel along i, far
 * beyond the reference on all sides; BED three times that, activity a hundred times. */
static Liver measure(BlockPatient *patient) {
    const long origin[3] = {0, 0, 0};
    Grid reference = block_grid(origin, (size_t[3]){SIDE, SIDE, SIDE});
    Volume bed = block_map(30, 3, NULL, 0);
    SegmentDoseMaps maps;
    block_dose_maps(block_map(10, 1, NULL, 0), block_map(1000, 100, NULL, 0), &maps);
    StructureList list = {patient->structures, patient->count};
    Liver liver;
    Error error = {0};
    CU_ASSERT_EQUAL(liver_measure(&list, &reference, &maps, &bed, &config, &liver, &error),
                    STATUS_OK);
    volume_free(&bed);
    segment_dose_maps_free(&maps);
    block_patient_free(patient);
    return liver;
}

/* Volumes in voxels; float weights limit the means. */
static void check(const Liver *liver, double whole, double whole_gy, double normal,
                  double normal_gy) {
    CU_ASSERT(liver->is_segmented);
    ASSERT_NEAR(liver->volume_ml, whole * ML, 1e-9);
    ASSERT_NEAR(liver->mean_gy, whole_gy, 1e-4);
    ASSERT_NEAR(liver->normal.volume_ml, normal * ML, 1e-9);
    ASSERT_NEAR(liver->normal.mean_gy, normal_gy, 1e-4);
    ASSERT_NEAR(liver->normal.bed_gy, 3 * normal_gy, 3e-4);
    ASSERT_NEAR(liver->normal.activity_bq_ml, 100 * normal_gy, 1e-2);
    ASSERT_NEAR(liver->tumour.volume_ml, (whole - normal) * ML, 1e-9);
    if (whole > normal) {
        double tumour_gy = (whole * whole_gy - normal * normal_gy) / (whole - normal);
        /* a difference of large numbers: the error of both means, times whole / tumour */
        ASSERT_NEAR(liver->tumour.mean_gy, tumour_gy, 1e-4 * whole / (whole - normal));
        ASSERT_NEAR(liver->tumour.activity_bq_ml, 100 * liver->tumour.mean_gy, 1e-2);
    }
}

static const Block organ = {{2, 2, 2}, {9, 9, 9}}, lesion = {{3, 4, 4}, {5, 6, 6}};

static void contours_and_labels_give_the_same(void) {
    BlockPatient inclusive = {0}, exclusive = {0};
    block_add(&inclusive, "liver", organ, NULL);
    block_add(&inclusive, "lesion", lesion, NULL);
    block_add(&exclusive, "liver", organ, &lesion);
    block_add(&exclusive, "lesion", lesion, NULL);
    Liver a = measure(&inclusive), b = measure(&exclusive);
    /* 512 voxels around i = 5.5, less 27 around i = 4. */
    double normal_gy = (512 * 15.5 - 27 * 14) / (512 - 27);
    check(&a, 512, 15.5, 512 - 27, normal_gy);
    check(&b, 512, 15.5, 512 - 27, normal_gy);
    CU_ASSERT(a.volume_ml == b.volume_ml && a.mean_gy == b.mean_gy);
    CU_ASSERT(a.normal.volume_ml == b.normal.volume_ml && a.normal.mean_gy == b.normal.mean_gy);
}

static void the_livers_own_space_is_kept(void) {
    BlockPatient patient = {0};
    Structure *liver = block_add(&patient, "liver", organ, &lesion);
    Structure *hole = block_add(&patient, "lesion", lesion, NULL);
    liver->to_reference.m[0][3] = hole->to_reference.m[0][3] = 0.7;
    Liver measured = measure(&patient);
    /* Two of the five parts of every voxel reach the next dose voxel; brought to the reference's
     * lattice first, the masks would snap back by 0.7 mm. */
    check(&measured, 512, 15.9, 512 - 27, (512 * 15.9 - 27 * 14.4) / (512 - 27));
}

static void lobes_beyond_the_reference_are_whole(void) {
    const Block right = {{-4, 0, 0}, {5, 13, 5}}, left = {{6, 0, 0}, {15, 13, 5}};
    BlockPatient patient = {0};
    block_add(&patient, "liver", right, NULL);
    block_add(&patient, "liver", left, NULL);
    block_add(&patient, "lesion", (Block){{14, 12, 0}, {15, 13, 1}}, NULL); /* wholly beyond */
    Liver liver = measure(&patient);
    check(&liver, 1680, 15.5, 1680 - 8, (1680 * 15.5 - 8 * 24.5) / (1680 - 8));
}

static void a_lesion_on_the_rim_is_counted(void) {
    BlockPatient patient = {0};
    block_add(&patient, "liver", organ, NULL);
    /* Outside the liver's cropped box: face to face, and by a corner only; below 0 too. */
    block_add(&patient, "lesion", (Block){{10, 4, 4}, {11, 5, 5}}, NULL);
    block_add(&patient, "lesion", (Block){{-1, -1, -1}, {1, 1, 1}}, NULL);
    Liver liver = measure(&patient);
    check(&liver, 512 + 8 + 27, (512 * 15.5 + 8 * 20.5 + 27 * 10) / (512 + 8 + 27), 512, 15.5);
}

static void a_lesion_elsewhere_is_not(void) {
    BlockPatient patient = {0};
    block_add(&patient, "liver", organ, NULL);
    block_add(&patient, "lesion", (Block){{11, 4, 4}, {12, 5, 5}}, NULL); /* one voxel between */
    block_add(&patient, "lesion", (Block){{5000, 4, 4}, {5001, 5, 5}},
              NULL); /* too far for one box */
    Liver liver = measure(&patient);
    check(&liver, 512, 15.5, 512, 15.5);
}

static void a_finer_lesion_comes_to_the_livers_grid(void) {
    BlockPatient patient = {0};
    block_add(&patient, "liver", organ, &lesion);
    /* The lesion's 27 voxels as 216 of 1 mm, from 5 mm along i and 7 mm along j and k. */
    Structure *fine = block_add(&patient, "lesion", (Block){{0, 0, 0}, {5, 5, 5}}, NULL);
    const double first_mm[3] = {5.5, 7.5, 7.5};
    for (int axis = 0; axis < 3; axis++) {
        fine->mask.grid.affine.m[axis][axis] = 1;
        fine->mask.grid.affine.m[axis][3] = first_mm[axis];
    }
    Liver liver = measure(&patient);
    check(&liver, 512, 15.5, 512 - 27, (512 * 15.5 - 27 * 14) / (512 - 27));
}

static void nothing_left_has_no_mean(void) {
    BlockPatient patient = {0};
    block_add(&patient, "liver", lesion, NULL);
    block_add(&patient, "lesion", organ, NULL);
    Liver liver = measure(&patient);
    ASSERT_NEAR(liver.volume_ml, 512 * ML, 1e-9);
    ASSERT_NEAR(liver.normal.volume_ml, 0, 0);
    CU_ASSERT(isnan(liver.normal.mean_gy));
}

/* The dose grid ends with voxel 29, half way: what lies within is measured, the rest is not taken
 * for it. */
static void half_a_liver_has_no_mean(void) {
    const Block tumour = {{22, 4, 4}, {24, 6, 6}};
    BlockPatient patient = {0};
    block_add(&patient, "liver", (Block){{20, 2, 2}, {39, 9, 9}}, NULL);
    block_add(&patient, "lesion", tumour, NULL);
    Liver liver = measure(&patient);
    ASSERT_NEAR(liver.volume_ml, 1280 * ML, 1e-9);
    ASSERT_NEAR(liver.coverage, 0.5, 1e-6);
    ASSERT_NEAR(liver.normal.coverage, (640 - 27) / (1280 - 27.0), 1e-6);
    ASSERT_NEAR(liver.tumour.coverage, 1, 1e-6);
    CU_ASSERT(isnan(liver.mean_gy) && isnan(liver.normal.mean_gy));
    CU_ASSERT(isnan(liver.normal.bed_gy) && isnan(liver.normal.activity_bq_ml));
    ASSERT_NEAR(liver.tumour.mean_gy, 33, 1e-4);
    CU_ASSERT_STRING_EQUAL(liver.flags.text, "liver_outside_dose");
}

/* A tumour out of view takes nothing from a liver that is in it, but for 8 of 20480 voxels. */
static void a_part_out_of_view_is_unknown(void) {
    BlockPatient patient = {0};
    block_add(&patient, "liver", (Block){{-9, -9, -9}, {29, 10, 10}}, NULL);
    block_add(&patient, "lesion", (Block){{30, 4, 4}, {31, 5, 5}}, NULL);
    Liver liver = measure(&patient);
    ASSERT_NEAR(liver.tumour.coverage, 0, 1e-6);
    CU_ASSERT(isnan(liver.tumour.mean_gy));
    ASSERT_NEAR(liver.normal.mean_gy, 20, 1e-4);
    ASSERT_NEAR(liver.mean_gy, 20, 1e-4);
    CU_ASSERT_STRING_EQUAL(liver.flags.text, "liver_outside_dose");
}

static void expect_misplaced(const Liver *liver) {
    CU_ASSERT_STRING_EQUAL(liver->flags.text, "liver_misplaced");
    CU_ASSERT(isnan(liver->mean_gy) && isnan(liver->coverage));
    const LiverPart *const parts[] = {&liver->normal, &liver->tumour};
    for (int p = 0; p < 2; p++) {
        CU_ASSERT(isnan(parts[p]->mean_gy) && isnan(parts[p]->bed_gy));
        CU_ASSERT(isnan(parts[p]->activity_bq_ml) && isnan(parts[p]->coverage));
    }
    ASSERT_NEAR(liver->volume_ml, 512 * ML, 1e-9); /* needs no registration */
}

/* One voxel off, by a registration of quality 0.1. */
static void misplace(Structure *structure) {
    structure->registration_quality = 0.1;
    structure->to_reference.m[0][3] += 2;
}

static void a_misplaced_liver_is_unknown(void) {
    BlockPatient by_liver = {0}, by_lesion = {0};
    misplace(block_add(&by_liver, "liver", organ, NULL));
    block_add(&by_liver, "lesion", lesion, NULL);
    Liver liver = measure(&by_liver);
    expect_misplaced(&liver);
    block_add(&by_lesion, "liver", organ, NULL);
    misplace(block_add(&by_lesion, "lesion", lesion, NULL));
    liver = measure(&by_lesion);
    expect_misplaced(&liver);
}

static void a_misplaced_lesion_elsewhere_does_not_matter(void) {
    BlockPatient patient = {0};
    block_add(&patient, "liver", organ, NULL);
    misplace(block_add(&patient, "lesion", (Block){{11, 4, 4}, {12, 5, 5}}, NULL));
    Liver liver = measure(&patient);
    check(&liver, 512, 15.5, 512, 15.5);
    ASSERT_NEAR(liver.coverage, 1, 1e-6);
    CU_ASSERT(isnan(liver.tumour.coverage)); /* there is none */
    CU_ASSERT_STRING_EQUAL(liver.flags.text, "");
}

static void no_liver_is_not_segmented(void) {
    BlockPatient patient = {0};
    block_add(&patient, "lesion", lesion, NULL);
    Liver liver = measure(&patient);
    CU_ASSERT(!liver.is_segmented);
}

int main(void) {
    static const UnitTest tests[] = {
        {"contours that hold the lesions and labels without them give the same numbers",
         contours_and_labels_give_the_same},
        {"one liver is measured voxel by voxel in its own space", the_livers_own_space_is_kept},
        {"lobes beyond the reference are whole", lobes_beyond_the_reference_are_whole},
        {"a lesion on the rim is counted", a_lesion_on_the_rim_is_counted},
        {"a lesion elsewhere is not", a_lesion_elsewhere_is_not},
        {"a finer lesion comes to the liver's grid", a_finer_lesion_comes_to_the_livers_grid},
        {"where lesions leave nothing the normal liver has no mean", nothing_left_has_no_mean},
        {"half a liver in view has no mean", half_a_liver_has_no_mean},
        {"a part out of view is unknown, the rest is not", a_part_out_of_view_is_unknown},
        {"a misplaced liver is unknown and flagged", a_misplaced_liver_is_unknown},
        {"a misplaced lesion elsewhere does not matter",
         a_misplaced_lesion_elsewhere_does_not_matter},
        {"without a liver nothing is measured", no_liver_is_not_segmented},
    };
    return suite_run("segment/liver", tests, sizeof tests / sizeof *tests);
}
