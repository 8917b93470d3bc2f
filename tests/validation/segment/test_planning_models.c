/* The planning models where they are exactly right: a phantom that obeys their assumptions. A
 * tumour and a liver of uniform activity, a lung that holds the shunted part, and a dose map by
 * local deposition: what the partition model predicts from activity, masses, T:N and shunt is then
 * what is measured, to the rounding of float voxels. Volumes, densities, units and the dose factor
 * all have to agree for that. Body surface: Du Bois D, Du Bois EF, Arch Intern Med 1916;17:863. */
#include "segment/organs.h"

#include <math.h>

#include "segment/planning.h"
#include "tests/unit/segment/block_patient.h"

static Error error;

#define OK(call) CU_ASSERT_EQUAL_FATAL((call), STATUS_OK)

static const double K_GY_PER_BQ_G = 49.73e-6, SOFT_G_ML = 1.06, LUNG_G_ML = 0.3;
static const double NORMAL_BQ_ML = 4e5, RATIO = 4.5, LUNG_BQ_ML = 1e5;
static const Block liver_box = {{-8, -8, -8}, {11, 9, 10}}, lung_box = {{-8, -8, 14}, {11, 9, 25}};

/* A ball of 5.3 voxels in the liver, where no voxel centre lies on its surface. */
static bool is_tumour(const long index[3]) {
    double r2 = 0;
    for (int axis = 0; axis < 3; axis++) {
        r2 += (double)(index[axis] * index[axis]);
    }
    return r2 < 5.3 * 5.3;
}

/* The blocks' structures, the lesion rounded. */
static void draw(BlockPatient *patient) {
    block_add(patient, "liver", liver_box, NULL);
    block_add(patient, "lung", lung_box, NULL);
    Structure *lesion = block_add(patient, "lesion", (Block){{-6, -6, -6}, {6, 6, 6}}, NULL);
    for (long n = 0; n < 13 * 13 * 13; n++) {
        const long index[3] = {n % 13 - 6, n / 13 % 13 - 6, n / 169 - 6};
        lesion->mask.labels[n] = is_tumour(index);
    }
}

/* Activity by its tissue, and its local deposition as the dose stage computes it with one density.
 * `*total_gbq` is all there is, `*lung_gbq` what is in the lung. */
static void fill(Volume *activity, Volume *dose, double *total_gbq, double *lung_gbq) {
    *activity = block_map(0, 0, NULL, 0);
    *dose = block_map(0, 0, NULL, 0);
    double total = 0, lung = 0;
    for (long n = 0; n < BLOCK_DOSE_SIDE * BLOCK_DOSE_SIDE * BLOCK_DOSE_SIDE; n++) {
        const long index[3] = {n % BLOCK_DOSE_SIDE + BLOCK_DOSE_FIRST,
                               n / BLOCK_DOSE_SIDE % BLOCK_DOSE_SIDE + BLOCK_DOSE_FIRST,
                               n / BLOCK_DOSE_SIDE / BLOCK_DOSE_SIDE + BLOCK_DOSE_FIRST};
        bool is_lung = block_holds(&lung_box, index);
        double bq_ml = block_holds(&liver_box, index) ? NORMAL_BQ_ML : is_lung ? LUNG_BQ_ML : 0;
        bq_ml *= is_tumour(index) ? RATIO : 1;
        activity->voxels[n] = (float)bq_ml;
        dose->voxels[n] = (float)(K_GY_PER_BQ_G * bq_ml / SOFT_G_ML);
        total += bq_ml * BLOCK_VOXEL_ML * 1e-9;
        lung += is_lung ? bq_ml * BLOCK_VOXEL_ML * 1e-9 : 0;
    }
    *total_gbq = total;
    *lung_gbq = lung;
}

static Store *write_treatment(const char *name, const char *const columns[], const double *values,
                              size_t count) {
    char path[256];
    Store *store;
    size_t row;
    snprintf(path, sizeof path, "%s/%s.h5", scratch_folder(), name);
    OK(store_create(path, &store, &error));
    Table *table = table_new();
    OK(table_add_column(table, "treatment", COLUMN_TEXT, NULL, "treatment", &error));
    OK(table_add_row(table, &row, &error));
    OK(table_set_text(table, row, "treatment", "T1", &error));
    for (size_t c = 0; c < count; c++) {
        OK(table_add_column(table, columns[c], COLUMN_NUMBER, "1", columns[c], &error));
        OK(table_set_number(table, row, columns[c], values[c], &error));
    }
    OK(store_write_table(store, "/treatments", table, &error));
    OK(store_set_number(store, "/", "dose_factor_gy_per_bq_g", K_GY_PER_BQ_G, &error));
    OK(store_set_number(store, "/", "density_g_ml", SOFT_G_ML, &error));
    table_free(table);
    OK(store_commit(store, &error));
    OK(store_open(path, &store, &error));
    return store;
}

/* /planning of the phantom. */
static Table *plan(void) {
    static const char *const given[] = {"activity_gbq", "residual_gbq", "lung_shunt_fraction"};
    static const char *const computed[] = {"lung_dose_gy"};
    const SegmentationConfig config = {
        .dose_method = DOSE_LOCAL_DEPOSITION, .part_fraction = 0.2, .lung_density_g_ml = LUNG_G_ML};
    BlockPatient patient = {0};
    Volume activity, dose;
    double total_gbq, lung_gbq;
    SegmentDoseMaps maps;
    Organs organs;
    Store *output;
    Table *table;
    char path[256];
    draw(&patient);
    fill(&activity, &dose, &total_gbq, &lung_gbq);
    block_dose_maps(dose, activity, &maps);
    double lung_g = 20 * 18 * 12 * BLOCK_VOXEL_ML * LUNG_G_ML;
    Store *convert = write_treatment("convert", given,
                                     (double[]){total_gbq + 0.1, 0.1, lung_gbq / total_gbq}, 3);
    Store *from_dose =
        write_treatment("dose", computed, (double[]){K_GY_PER_BQ_G * lung_gbq * 1e9 / lung_g}, 1);
    StructureList list = {patient.structures, patient.count};
    snprintf(path, sizeof path, "%s/segment.h5", scratch_folder());
    OK(store_create(path, &output, &error));
    OK(organs_process(&list, &maps.chosen->grid, &maps, &config, convert, from_dose, output,
                      &organs, &error));
    OK(store_commit(output, &error));
    OK(store_open(path, &output, &error));
    OK(store_read_table(output, "/planning", &table, &error));
    store_close(output);
    store_close(convert);
    store_close(from_dose);
    segment_dose_maps_free(&maps);
    block_patient_free(&patient);
    return table;
}

static void models_predict_a_phantom_that_obeys_them(void) {
    static const char *const ratios[] = {"liver_ratio", "tumour_ratio", "normal_ratio",
                                         "lung_ratio"};
    Table *table = plan();
    size_t mird = 3, partition = 5; /* of all treatments */
    CU_ASSERT_EQUAL_FATAL(table_row_count(table), 6);
    CU_ASSERT_STRING_EQUAL(table_text(table, partition, "model"), "partition");
    CU_ASSERT_STRING_EQUAL(table_text(table, partition, "unknown"), "");
    for (size_t r = 0; r < 4; r++) {
        /* float voxels and weights: 6e-8 each, their means better */
        ASSERT_NEAR(table_number(table, partition, ratios[r]), 1, 1e-6);
    }
    ASSERT_NEAR(table_number(table, mird, "liver_ratio"), 1, 1e-6);
    ASSERT_NEAR(table_number(table, partition, "normal_gy"),
                K_GY_PER_BQ_G * NORMAL_BQ_ML / SOFT_G_ML, 1e-4);
    ASSERT_NEAR(table_number(table, partition, "tumour_gy"),
                RATIO * K_GY_PER_BQ_G * NORMAL_BQ_ML / SOFT_G_ML, 1e-4);
    ASSERT_NEAR(table_number(table, partition, "lung_gy"), K_GY_PER_BQ_G * LUNG_BQ_ML / LUNG_G_ML,
                1e-6);
    table_free(table);
}

/* The formula as Du Bois printed it, with centimetres: 71.84 cm2. */
static void body_surface_is_that_of_du_bois(void) {
    for (double height_cm = 140; height_cm <= 200; height_cm += 10) {
        for (double weight_kg = 40; weight_kg <= 140; weight_kg += 20) {
            double printed = 71.84e-4 * pow(weight_kg, 0.425) * pow(height_cm, 0.725);
            /* 71.84 x 100^0.725 = 0.202472 m2, printed 0.20247 */
            ASSERT_NEAR(planning_body_surface_m2(height_cm, weight_kg) / printed, 1, 2e-5);
        }
    }
    ASSERT_NEAR(planning_body_surface_m2(170, 70), 1.81, 0.005); /* nomogram */
}

int main(void) {
    static const UnitTest tests[] = {
        {"models predict a phantom that obeys them", models_predict_a_phantom_that_obeys_them},
        {"the body surface is that of Du Bois", body_surface_is_that_of_du_bois},
    };
    return suite_run("segment/planning_models (validation)", tests, sizeof tests / sizeof *tests);
}
