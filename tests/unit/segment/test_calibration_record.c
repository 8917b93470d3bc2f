/* Ratio and region of calibration of no, one and several treatments. */
#include "segment/calibration_record.h"

#include <math.h>
#include <stdio.h>

#include "tests/unit/suite.h"

enum { MAX_ROWS = 3 };

static Error error;

#define OK(call) CU_ASSERT_EQUAL_FATAL((call), STATUS_OK)

typedef struct Treatment {
    double ratio;
    const char *region;
} Treatment;

static void write_treatments(Store *store, const Treatment *treatments, size_t count) {
    Table *table = table_new();
    OK(table_add_column(table, "activity_ratio", COLUMN_NUMBER, "1", "ratio", &error));
    OK(table_add_column(table, "calibration_region", COLUMN_TEXT, NULL, "region", &error));
    for (size_t n = 0; n < count; n++) {
        size_t row;
        OK(table_add_row(table, &row, &error));
        OK(table_set_number(table, row, "activity_ratio", treatments[n].ratio, &error));
        OK(table_set_text(table, row, "calibration_region", treatments[n].region, &error));
    }
    OK(store_write_table(store, "/treatments", table, &error));
    table_free(table);
}

static Store *reopen(Store *store, const char *path) {
    OK(store_commit(store, &error));
    OK(store_open(path, &store, &error));
    return store;
}

static void expect(const Treatment *treatments, size_t count, double ratio, const char *region) {
    char dose_path[256], path[256], text[32];
    double number;
    Store *dose, *output;
    snprintf(dose_path, sizeof dose_path, "%s/dose.h5", scratch_folder());
    snprintf(path, sizeof path, "%s/segment.h5", scratch_folder());
    OK(store_create(dose_path, &dose, &error));
    OK(store_set_text(dose, "/", "pet", "pet_post", &error));
    if (treatments != NULL) {
        write_treatments(dose, treatments, count);
    }
    dose = reopen(dose, dose_path);
    OK(store_create(path, &output, &error));
    OK(calibration_record_write(dose, output, &error));
    output = reopen(output, path);
    OK(store_get_number(output, "/", "activity_ratio", &number, &error));
    OK(store_get_text(output, "/", "calibration_region", text, sizeof text, &error));
    CU_ASSERT(isnan(ratio) ? isnan(number) : number == ratio);
    CU_ASSERT_STRING_EQUAL(text, region);
    store_close(output);
    store_close(dose);
}

static void the_farthest_from_one_stands_for_all(void) {
    const Treatment treatments[MAX_ROWS] = {{1.1, "liver"}, {0.7, "liver"}, {1.2, "liver"}};
    expect(treatments, 1, 1.1, "liver");
    expect(treatments, 3, 0.7, "liver");
}

static void an_unknown_ratio_does_not_hide_a_known_one(void) {
    const Treatment treatments[MAX_ROWS] = {{NAN, "liver"}, {0.9, "liver"}, {NAN, "liver"}};
    expect(treatments, 3, 0.9, "liver");
    expect(treatments, 1, NAN, "liver");
}

static void regions_that_differ_are_mixed(void) {
    const Treatment treatments[MAX_ROWS] = {{1, "liver"}, {1, "field_of_view"}, {1, "liver"}};
    expect(treatments + 1, 1, 1, "field_of_view");
    expect(treatments, 2, 1, "mixed");
    expect(treatments, 3, 1, "mixed");
}

static void no_treatment_is_unknown(void) {
    const Treatment none[1] = {{1, "liver"}};
    expect(NULL, 0, NAN, "unknown");
    expect(none, 0, NAN, "unknown");
}

int main(void) {
    static const UnitTest tests[] = {
        {"the ratio farthest from 1 stands for all", the_farthest_from_one_stands_for_all},
        {"an unknown ratio does not hide a known one", an_unknown_ratio_does_not_hide_a_known_one},
        {"regions that differ are mixed", regions_that_differ_are_mixed},
        {"without treatments both are unknown", no_treatment_is_unknown},
    };
    return suite_run("segment/calibration_record", tests, sizeof tests / sizeof *tests);
}
