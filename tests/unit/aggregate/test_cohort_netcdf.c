/* cohort.nc read back with the NetCDF library: layout, values, the same bytes twice, empty
 * cohorts. tests/integration/test_cohort_netcdf.py opens one in xarray. */
#include "aggregate/cohort_netcdf.h"

#include <math.h>
#include <netcdf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/digest.h"
#include "tests/unit/aggregate/decision_fixture.h"
#include "tests/unit/suite.h"

static const double THRESHOLDS[] = {20.0, 30.0, 40.0};
static const CohortDescription DESCRIPTION = {.title = "A cohort",
                                              .source = "yttria-aggregate test",
                                              .configuration = "threshold_gy: 30\n",
                                              .inputs_digest = "0123"};

/* Patients N1 (stratum 2, one lesion), N2 (no decision), N3 (stratum 2, two lesions). */
static void fill(Cohort *cohort) {
    Error error;
    fixture_must(cohort_create(THRESHOLDS, 3, cohort, &error), &error);
    for (size_t n_lesions = 1; n_lesions <= 2; n_lesions++) {
        const char *patient = n_lesions == 1 ? "N1" : "N3";
        Store *store = decision_fixture_open(&(Decision){.stratum = 2.0, .n_lesions = n_lesions});
        fixture_must(cohort_add_decided(cohort, store, "north", patient, &error), &error);
        store_close(store);
        if (n_lesions == 1) {
            fixture_must(cohort_add_undecided(cohort, "north", "N2", "late", &error), &error);
        }
    }
}

static void write_cohort(const Cohort *cohort, const char *name, char *path, size_t size) {
    Error error;
    snprintf(path, size, "%s/%s", scratch_folder(), name);
    fixture_must(cohort_netcdf_write(cohort, &DESCRIPTION, path, &error), &error);
}

static size_t dimension_size(int file, const char *name) {
    int dimension;
    size_t size = 0;
    CU_ASSERT_EQUAL_FATAL(nc_inq_dimid(file, name, &dimension), NC_NOERR);
    CU_ASSERT_EQUAL(nc_inq_dimlen(file, dimension, &size), NC_NOERR);
    return size;
}

static void read_ints(int file, const char *name, int *values) {
    int variable;
    CU_ASSERT_EQUAL_FATAL(nc_inq_varid(file, name, &variable), NC_NOERR);
    CU_ASSERT_EQUAL(nc_get_var_int(file, variable, values), NC_NOERR);
}

static void test_layout(void) {
    Cohort cohort;
    char path[256], *ids[3];
    int file, variable, strata[3], at[9], index[3], counts[18];
    double weights[3];
    fill(&cohort);
    write_cohort(&cohort, "layout.nc", path, sizeof path);
    cohort_free(&cohort);
    CU_ASSERT_EQUAL_FATAL(nc_open(path, NC_NOWRITE, &file), NC_NOERR);
    CU_ASSERT_EQUAL(dimension_size(file, "patient"), 3);
    CU_ASSERT_EQUAL(dimension_size(file, "lesion"), 3);
    CU_ASSERT_EQUAL(dimension_size(file, "threshold"), 3);
    CU_ASSERT_EQUAL(dimension_size(file, "stratum_class"), 6);
    read_ints(file, "stratum", strata);
    read_ints(file, "stratum_at_threshold", at);
    read_ints(file, "patient_index", index);
    read_ints(file, "stratum_count", counts);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(strata[i], i == 1 ? 0 : 2);
        CU_ASSERT_EQUAL(index[i], i == 0 ? 0 : 2);
        CU_ASSERT_EQUAL(counts[6 * i + 0], 1);
        CU_ASSERT_EQUAL(counts[6 * i + 2], 2);
        CU_ASSERT_EQUAL(counts[6 * i + 5], 0);
        CU_ASSERT_EQUAL(at[3 * i + 2], i == 1 ? 0 : 2);
    }
    CU_ASSERT_EQUAL(nc_inq_varid(file, "patient_id", &variable), NC_NOERR);
    CU_ASSERT_EQUAL(nc_get_var_string(file, variable, ids), NC_NOERR);
    CU_ASSERT_STRING_EQUAL(ids[1], "N2");
    nc_free_string(3, ids);
    CU_ASSERT_EQUAL(nc_inq_varid(file, "weight_kg", &variable), NC_NOERR);
    CU_ASSERT_EQUAL(nc_get_var_double(file, variable, weights), NC_NOERR);
    CU_ASSERT_EQUAL(weights[2], 70.5);
    CU_ASSERT(isnan(weights[1]));
    nc_close(file);
}

static void test_same_bytes(void) {
    Cohort cohort;
    Error error;
    char path[256], first[DIGEST_TEXT_SIZE], second[DIGEST_TEXT_SIZE];
    fill(&cohort);
    write_cohort(&cohort, "same.nc", path, sizeof path);
    fixture_must(digest_path(path, first, &error), &error);
    usleep(1100000); /* HDF5's time stamps, were there any, count seconds */
    write_cohort(&cohort, "same.nc", path, sizeof path);
    fixture_must(digest_path(path, second, &error), &error);
    CU_ASSERT_STRING_EQUAL(first, second);
    cohort_free(&cohort);
}

static void test_current(void) {
    Cohort cohort;
    char path[256];
    fill(&cohort);
    write_cohort(&cohort, "current.nc", path, sizeof path);
    cohort_free(&cohort);
    CU_ASSERT(cohort_netcdf_is_current(path, "0123"));
    CU_ASSERT_FALSE(cohort_netcdf_is_current(path, "0124"));
    CU_ASSERT_FALSE(cohort_netcdf_is_current(path, "01"));
    CU_ASSERT_EQUAL(truncate(path, 300), 0);
    CU_ASSERT_FALSE(cohort_netcdf_is_current(path, "0123"));
    remove(path);
    CU_ASSERT_FALSE(cohort_netcdf_is_current(path, "0123"));
}

static void test_nobody_decided(void) {
    Cohort cohort;
    Error error;
    char path[256];
    int file, stratum;
    fixture_must(cohort_create(NULL, 0, &cohort, &error), &error);
    fixture_must(cohort_add_undecided(&cohort, "north", "N1", "late", &error), &error);
    write_cohort(&cohort, "nobody.nc", path, sizeof path);
    cohort_free(&cohort);
    CU_ASSERT_EQUAL_FATAL(nc_open(path, NC_NOWRITE, &file), NC_NOERR);
    CU_ASSERT_EQUAL(dimension_size(file, "lesion"), 0);
    CU_ASSERT_EQUAL(dimension_size(file, "threshold"), 0);
    read_ints(file, "stratum", &stratum);
    CU_ASSERT_EQUAL(stratum, 0);
    nc_close(file);
}

static void test_cannot_create(void) {
    Cohort cohort;
    Error error = {.message = ""};
    fill(&cohort);
    CU_ASSERT_EQUAL(cohort_netcdf_write(&cohort, &DESCRIPTION, "/proc/none/cohort.nc", &error),
                    STATUS_CANNOT_CREATE);
    cohort_free(&cohort);
}

int main(void) {
    static const UnitTest tests[] = {
        {"the layout is as documented", test_layout},
        {"the same cohort gives the same bytes", test_same_bytes},
        {"a file is current if whole and made from these inputs", test_current},
        {"a cohort without any decision is a valid file", test_nobody_decided},
        {"a place that cannot be written to is an error", test_cannot_create},
    };
    return suite_run("cohort_netcdf", tests, sizeof tests / sizeof *tests);
}
