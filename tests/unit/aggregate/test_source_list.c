/* Which patients a cohort has, in which order, and why some have no decision. */
#include "aggregate/source_list.h"

#include <stdio.h>
#include <string.h>

#include "aggregate/earlier_failure.h"
#include "core/atomic_file.h"
#include "tests/unit/aggregate/decision_fixture.h"
#include "tests/unit/suite.h"

static void write_text(const char *name, const char *text) {
    char path[256];
    Error error;
    snprintf(path, sizeof path, "%s/%s", scratch_folder(), name);
    fixture_must(atomic_file_write(path, text, &error), &error);
}

static void write_decision(const char *name, double stratum, const char *patient) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", scratch_folder(), name);
    decision_fixture_write(&(Decision){.stratum = stratum, .patient = patient}, path);
}

static Status list_of(BatchPatient *patients, size_t n, SourceList *list, Error *error) {
    const Batch batch = {.patients = patients, .count = n};
    return source_list_from_batch(&batch, scratch_folder(), list, error);
}

static void test_order_and_reasons(void) {
    static char north[] = "north", south[] = "south", n1[] = "N1", n10[] = "N10", n2[] = "N2";
    BatchPatient patients[] = {{.center = south, .patient = n1},
                               {.center = north, .patient = n2},
                               {.center = north, .patient = n10},
                               {.center = north, .patient = n1}};
    SourceList list;
    Error error;
    write_decision("north/N1/stratify.h5", 2.0, "N1");
    write_decision("north/N2/stratify.h5", 2.0, "N2"); /* of an earlier run */
    write_text("status/segment.tsv", "center\tpatient\tstatus\treason\tseconds\n"
                                     "north\tN1\tdone\t\t1\n"
                                     "north\tN2\tfailed\tempty lesion L1\t1\n");
    write_text("status/stratify.tsv", "center\tpatient\tstatus\treason\tseconds\n"
                                      "north\tN2\tskipped\tno segment.h5\t1\n");
    fixture_must(list_of(patients, 4, &list, &error), &error);
    CU_ASSERT_EQUAL_FATAL(list.count, 4);
    CU_ASSERT_STRING_EQUAL(list.sources[0].patient, "N1");
    CU_ASSERT_STRING_EQUAL(list.sources[1].patient, "N10");
    CU_ASSERT_STRING_EQUAL(list.sources[2].patient, "N2");
    CU_ASSERT_STRING_EQUAL(list.sources[3].center, "south");
    CU_ASSERT_PTR_NULL(list.sources[0].missing);
    CU_ASSERT_STRING_EQUAL(list.sources[1].missing, "no stratify.h5: run stratify first");
    CU_ASSERT_STRING_EQUAL(list.sources[2].missing, "failed in segment: empty lesion L1");
    source_list_free(&list);
}

static void digest_of(BatchPatient *patients, size_t n, const char *configuration,
                      char digest[DIGEST_TEXT_SIZE]) {
    SourceList list;
    Error error;
    fixture_must(list_of(patients, n, &list, &error), &error);
    fixture_must(source_list_digest(&list, configuration, digest, &error), &error);
    source_list_free(&list);
}

static void test_digest(void) {
    static char center[] = "digest", a[] = "A", b[] = "B";
    BatchPatient patients[] = {{.center = center, .patient = a}, {.center = center, .patient = b}},
                 turned[] = {{.center = center, .patient = b}, {.center = center, .patient = a}};
    char first[DIGEST_TEXT_SIZE], other[DIGEST_TEXT_SIZE];
    write_decision("digest/A/stratify.h5", 2.0, "A");
    digest_of(patients, 2, "x", first);
    digest_of(turned, 2, "x", other);
    CU_ASSERT_STRING_EQUAL(first, other); /* the order of the sheet does not matter */
    digest_of(patients, 1, "x", other);
    CU_ASSERT_STRING_NOT_EQUAL(first, other);
    digest_of(patients, 2, "y", other);
    CU_ASSERT_STRING_NOT_EQUAL(first, other);
    write_decision("digest/A/stratify.h5", 3.0, "A");
    digest_of(patients, 2, "x", other);
    CU_ASSERT_STRING_NOT_EQUAL(first, other);
}

static void test_files(void) {
    char one[256], two[256];
    SourceList list;
    Error error = {.message = ""};
    snprintf(one, sizeof one, "%s/one.h5", scratch_folder());
    snprintf(two, sizeof two, "%s/two.h5", scratch_folder());
    write_decision("one.h5", 1.0, "N9");
    write_decision("two.h5", 1.0, "N3");
    const char *const paths[] = {one, two};
    fixture_must(source_list_from_files(paths, 2, &list, &error), &error);
    CU_ASSERT_STRING_EQUAL(list.sources[0].patient, "N3");
    source_list_free(&list);

    write_decision("two.h5", 1.0, "N9");
    CU_ASSERT_EQUAL(source_list_from_files(paths, 2, &list, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "patient N9 of center north is there twice"));
    source_list_free(&list);

    remove(two);
    CU_ASSERT_EQUAL(source_list_from_files(paths, 2, &list, &error), STATUS_NO_INPUT);
    source_list_free(&list);
}

static void test_damaged_status_table(void) {
    EarlierFailures failures;
    Error error;
    char folder[256];
    snprintf(folder, sizeof folder, "%s/damaged", scratch_folder());
    write_text("damaged/status/dose.tsv", "center\tpatient\nnorth\tN1\n");
    CU_ASSERT_EQUAL(earlier_failures_read(folder, &failures, &error), STATUS_BAD_DATA);
    earlier_failures_free(&failures);
}

int main(void) {
    static const UnitTest tests[] = {
        {"patients are sorted, a failure counts more than an old file", test_order_and_reasons},
        {"the digest sees every change and no order", test_digest},
        {"files say themselves whose they are", test_files},
        {"a damaged status table is an error, not an absent one", test_damaged_status_table},
    };
    return suite_run("source_list", tests, sizeof tests / sizeof *tests);
}
