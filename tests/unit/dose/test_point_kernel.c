/* Reading point kernels: fractions, stated totals, and files that are wrong. */
#include "dose/point_kernel.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

static Status load_text(const char *text, PointKernel *kernel, Error *error) {
    char path[256];
    snprintf(path, sizeof path, "%s/kernel.csv", scratch_folder());
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    return point_kernel_load(path, kernel, error);
}

static void test_fractions(void) {
    PointKernel kernel;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(load_text("# two shells\nr_in_mm,r_out_mm,E_MeV_per_decay,sigma\n"
                                    "0,1,0.3,0.1\n1,3,0.1,0.1\n",
                                    &kernel, &error),
                          STATUS_OK);
    ASSERT_NEAR(kernel.total_mev, 0.4, 1e-15);
    ASSERT_NEAR(point_kernel_fraction_within(&kernel, 0.5), 0.375, 1e-12);
    ASSERT_NEAR(point_kernel_fraction_within(&kernel, 2.0), 0.875, 1e-12);
    ASSERT_NEAR(point_kernel_fraction_within(&kernel, 9.0), 1.0, 1e-12);
    point_kernel_free(&kernel);
}

/* Energy beyond the last shell counts as tail. */
static void test_stated_total(void) {
    PointKernel kernel;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(load_text("# total absorbed 0.5 MeV/decay\n"
                                    "r_in_mm,r_out_mm,E_MeV_per_decay\n0,1,0.3\n1,3,0.1\n",
                                    &kernel, &error),
                          STATUS_OK);
    ASSERT_NEAR(point_kernel_fraction_within(&kernel, 9.0), 0.8, 1e-12);
    point_kernel_free(&kernel);
}

static void test_wrong_files(void) {
    static const struct {
        const char *text, *complaint;
    } wrong[] = {
        {"0,1,0.3\n", "kernel.csv:1: expected the header"},
        {"r_in_mm,r_out_mm,E_MeV_per_decay\n0,1,0.3\n1.5,3,0.1\n", "kernel.csv:3: shell 1.5"},
        {"r_in_mm,r_out_mm,E_MeV_per_decay\n0.5,1,0.3\n", "does not join"},
        {"r_in_mm,r_out_mm,E_MeV_per_decay\n0,0,0.3\n", "does not join"},
        {"r_in_mm,r_out_mm,E_MeV_per_decay\n0,1,-0.3\n", "wanted >= 0"},
        {"r_in_mm,r_out_mm,E_MeV_per_decay\n0,1,nan\n", "wanted >= 0"},
        {"r_in_mm,r_out_mm,E_MeV_per_decay\n0,1,much\n", "three numbers"},
        {"r_in_mm,r_out_mm,E_MeV_per_decay\n0,1,0\n", "no energy"},
        {"r_in_mm,r_out_mm,E_MeV_per_decay\n", "no energy"},
        {"", "no energy"},
        {"# total absorbed 0.2 MeV/decay\nr_in_mm,r_out_mm,E_MeV_per_decay\n0,1,0.3\n",
         "more than the total"},
    };
    for (size_t n = 0; n < sizeof wrong / sizeof *wrong; n++) {
        PointKernel kernel;
        Error error = {0};
        CU_ASSERT_EQUAL(load_text(wrong[n].text, &kernel, &error), STATUS_CONFIG);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, wrong[n].complaint));
    }
    PointKernel kernel;
    Error error = {0};
    CU_ASSERT_EQUAL(point_kernel_load("/nowhere/kernel.csv", &kernel, &error), STATUS_CONFIG);
}

int main(void) {
    static const UnitTest tests[] = {
        {"fractions refer to the sum of the shells", test_fractions},
        {"fractions refer to the stated total", test_stated_total},
        {"wrong files are refused by line", test_wrong_files},
    };
    return suite_run("point kernel", tests, sizeof tests / sizeof *tests);
}
