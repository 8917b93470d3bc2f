/* The driver, with a toy stage that reads one number and writes its double. */
#include "core/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/suite.h"

static const char *const inputs[] = {"convert", NULL};
static const char *const sections[] = {"dose", NULL};

static Status double_the_number(const PatientJob *job, Error *error) {
    double value;
    if (store_get_number(job->inputs[0], "/patient", "value", &value, error) != STATUS_OK) {
        return error->status;
    }
    return store_set_number(job->output, "/", "result", 2 * value, error);
}

static const Stage stage = {.name = "dose",
                            .summary = "doubles",
                            .example = "yttria-dose",
                            .inputs = inputs,
                            .config_sections = sections,
                            .process = double_the_number};

/* As a library that does not like its input. */
static Status abort_on_negative(const PatientJob *job, Error *error) {
    double value = 0;
    if (store_get_number(job->inputs[0], "/patient", "value", &value, error) == STATUS_OK &&
        value < 0) {
        abort();
    }
    return double_the_number(job, error);
}

static const Stage aborting_stage = {.name = "dose",
                                     .summary = "aborts",
                                     .example = "yttria-dose",
                                     .inputs = inputs,
                                     .config_sections = sections,
                                     .process = abort_on_negative};

static void scratch_path(const char *name, char path[320]) {
    snprintf(path, 320, "%s/%s", scratch_folder(), name);
}

static void write_text_file(const char *name, const char *content) {
    char path[320];
    scratch_path(name, path);
    FILE *file = fopen(path, "w");
    fputs(content, file);
    fclose(file);
}

/* A convert.h5 of one patient; without a value the stage will fail on it. */
static void write_input(const char *patient, const char *says_patient, const double *value) {
    char name[64], path[320];
    snprintf(name, sizeof name, "run/north/%s/convert.h5", patient);
    scratch_path(name, path);
    Store *store;
    Error error;
    CU_ASSERT_EQUAL_FATAL(store_create(path, &store, &error), STATUS_OK);
    store_set_text(store, "/", "yttria_stage", "convert", &error);
    store_set_text(store, "/", "center", "north", &error);
    store_set_text(store, "/", "patient", says_patient, &error);
    if (value != NULL) {
        store_set_number(store, "/patient", "value", *value, &error);
    }
    CU_ASSERT_EQUAL(store_commit(store, &error), STATUS_OK);
}

static int run_stage(const Stage *which, const char *extra) {
    char config[320], batch[320], folder[320];
    scratch_path("trial.yaml", config);
    scratch_path("batch.tsv", batch);
    scratch_path("run", folder);
    char *argv[] = {"yttria-dose", "--config",    config,  "--batch",     batch, "--run",
                    folder,        "--log-level", "error", (char *)extra, NULL};
    return stage_main(which, extra != NULL ? 10 : 9, argv);
}

static int run(const char *extra) {
    return run_stage(&stage, extra);
}

static void read_status(char text[2048]) {
    char path[320];
    scratch_path("run/status/dose.tsv", path);
    FILE *file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    text[fread(text, 1, 2047, file)] = '\0';
    fclose(file);
}

static bool result_exists(const char *patient) {
    char name[64], path[320];
    snprintf(name, sizeof name, "run/north/%s/dose.h5", patient);
    scratch_path(name, path);
    return access(path, F_OK) == 0;
}

static void prepare(void) {
    double one = 1, two = 2;
    write_text_file("trial.yaml", "cohort: {patients: p, treatments: t, images: i}\nrun: run\n");
    write_text_file("batch.tsv", "center\tpatient\tprogression\nnorth\tN01\tno\nnorth\tN02\tno\n"
                                 "north\tN03\tno\nnorth\tN04\tno\n");
    write_input("N01", "N01", &one);
    write_input("N02", "N02", NULL); /* fails */
    write_input("N04", "N01", &two); /* another patient's file; N03 has none */
}

static void one_failure_stops_one_patient(void) {
    char status[2048];
    prepare();
    CU_ASSERT_EQUAL(run(NULL), STATUS_SOME_FAILED);
    read_status(status);
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "center\tpatient\tstatus\treason\tseconds\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "north\tN01\tdone\t\t"));
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "north\tN02\tfailed\t"));
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "north\tN03\tskipped\tno convert.h5"));
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "this is another file"));
    CU_ASSERT_TRUE(result_exists("N01"));
    CU_ASSERT_FALSE(result_exists("N02"));
    CU_ASSERT_FALSE(result_exists("N03"));
    CU_ASSERT_FALSE(result_exists("N04"));
}

static void only_what_changed_is_done_again(void) {
    char status[2048];
    double five = 5;
    prepare();
    run(NULL);
    run(NULL);
    read_status(status);
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "north\tN01\tcurrent\t"));
    write_input("N01", "N01", &five);
    run(NULL);
    read_status(status);
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "north\tN01\tdone\t"));
    run("--force");
    read_status(status);
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "north\tN01\tdone\t"));
}

static void a_configuration_that_is_used_counts(void) {
    char status[2048];
    prepare();
    run(NULL);
    write_text_file("trial.yaml", "cohort: {patients: p, treatments: t, images: i}\nrun: run\n"
                                  "stratification: {threshold_gy: 40}\n");
    run(NULL);
    read_status(status);
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "north\tN01\tcurrent\t"));
    write_text_file("trial.yaml", "cohort: {patients: p, treatments: t, images: i}\nrun: run\n"
                                  "dose: {density_g_ml: 1.04}\n");
    run(NULL);
    read_status(status);
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "north\tN01\tdone\t"));
}

static void a_stale_result_of_a_failed_patient_goes(void) {
    double one = 1;
    prepare();
    write_input("N02", "N02", &one);
    run(NULL);
    CU_ASSERT_TRUE(result_exists("N02"));
    write_input("N02", "N02", NULL);
    CU_ASSERT_EQUAL(run(NULL), STATUS_SOME_FAILED);
    CU_ASSERT_FALSE(result_exists("N02"));
}

static void a_truncated_input_or_result_is_noticed(void) {
    char path[320], status[2048];
    prepare();
    run(NULL);
    scratch_path("run/north/N01/dose.h5", path);
    CU_ASSERT_EQUAL(truncate(path, 700), 0);
    run(NULL);
    read_status(status);
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "north\tN01\tdone\t"));
    scratch_path("run/north/N01/convert.h5", path);
    CU_ASSERT_EQUAL(truncate(path, 700), 0);
    run(NULL);
    read_status(status);
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "north\tN01\tfailed\t"));
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "truncated"));
}

static void a_patient_listed_twice_fails_alone(void) {
    char status[2048];
    double one = 1;
    prepare();
    run(NULL);
    write_input("N02", "N02", &one);
    write_text_file("batch.tsv", "center\tpatient\nnorth\tN01\nnorth\tN02\nnorth\tN01\n");
    CU_ASSERT_EQUAL(run(NULL), STATUS_SOME_FAILED);
    read_status(status);
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "north\tN01\tfailed\tbatch.tsv: listed twice, in lines "
                                          "2 and 4; "));
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "north\tN02\tdone\t"));
    CU_ASSERT_FALSE(result_exists("N01"));
}

static void a_patient_on_whom_a_library_aborts_fails_alone(void) {
    char status[2048], command[400];
    double one = 1, minus = -1;
    prepare();
    write_input("N02", "N02", &minus);
    write_input("N03", "N03", &one);
    CU_ASSERT_EQUAL(run_stage(&aborting_stage, "--force"), STATUS_SOME_FAILED);
    read_status(status);
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "north\tN01\tdone\t"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(status, "north\tN02\tfailed\tthe work on this patient was ended by: Aborted"));
    CU_ASSERT_PTR_NOT_NULL(strstr(status, "north\tN03\tdone\t"));
    CU_ASSERT_FALSE(result_exists("N02"));
    snprintf(command, sizeof command, "test -z \"$(find %s -name '*.part')\"", scratch_folder());
    CU_ASSERT_EQUAL(system(command), 0);
}

static void a_dry_run_writes_nothing(void) {
    char path[320];
    prepare();
    run(NULL);
    scratch_path("run/north/N01/dose.h5", path);
    unlink(path);
    CU_ASSERT_EQUAL(run("--dry-run"), STATUS_OK);
    CU_ASSERT_FALSE(result_exists("N01"));
}

static void one_patient_by_hand(void) {
    char config[320], in[320], out[320];
    prepare();
    scratch_path("trial.yaml", config);
    scratch_path("run/north/N01/convert.h5", in);
    scratch_path("by-hand.h5", out);
    char *argv[] = {"yttria-dose", "--config", config,        "--in",  in,
                    "--out",       out,        "--log-level", "error", NULL};
    CU_ASSERT_EQUAL(stage_main(&stage, 9, argv), STATUS_OK);
    Store *store;
    Error error;
    double result = 0;
    CU_ASSERT_EQUAL_FATAL(store_open(out, &store, &error), STATUS_OK);
    CU_ASSERT_EQUAL(store_get_number(store, "/", "result", &result, &error), STATUS_OK);
    ASSERT_NEAR(result, 2, 0);
    CU_ASSERT_TRUE(store_has(store, "/provenance/inputs"));
    store_close(store);
}

static void foreign_files_are_not_overwritten(void) {
    char config[320], in[320], out[320];
    prepare();
    scratch_path("trial.yaml", config);
    scratch_path("run/north/N02/convert.h5", in); /* its patient would fail */
    scratch_path("notes.txt", out);
    write_text_file("notes.txt", "precious");
    char *argv[] = {"yttria-dose", "--config", config, "--in", in, "--out", out, NULL};
    CU_ASSERT_EQUAL(stage_main(&stage, 7, argv), STATUS_CANNOT_CREATE);
    CU_ASSERT_EQUAL(access(out, F_OK), 0);
    argv[6] = in;
    CU_ASSERT_EQUAL(stage_main(&stage, 7, argv), STATUS_CANNOT_CREATE);
    CU_ASSERT_EQUAL(access(in, F_OK), 0);
}

static void wrong_command_lines_are_told(void) {
    freopen("/dev/null", "w", stderr);
    char *none[] = {"yttria-dose", NULL};
    CU_ASSERT_EQUAL(stage_main(&stage, 1, none), STATUS_USAGE);
    char *unknown[] = {"yttria-dose", "--speed", NULL};
    CU_ASSERT_EQUAL(stage_main(&stage, 2, unknown), STATUS_USAGE);
    char *no_config[] = {"yttria-dose", "--config", "/no/trial.yaml", "--batch", "/no.tsv", NULL};
    CU_ASSERT_EQUAL(stage_main(&stage, 5, no_config), STATUS_NO_INPUT);
    write_text_file("batch.tsv", "center\tpatient\nnorth\t../N01\n");
    CU_ASSERT_EQUAL(run(NULL), STATUS_BAD_DATA);
}

int main(void) {
    static const UnitTest tests[] = {
        {"one failure stops one patient", one_failure_stops_one_patient},
        {"only what changed is done again", only_what_changed_is_done_again},
        {"a configuration that is used counts", a_configuration_that_is_used_counts},
        {"a stale result of a failed patient goes", a_stale_result_of_a_failed_patient_goes},
        {"a truncated input or result is noticed", a_truncated_input_or_result_is_noticed},
        {"a patient listed twice fails alone", a_patient_listed_twice_fails_alone},
        {"a library's abort fails one patient", a_patient_on_whom_a_library_aborts_fails_alone},
        {"a dry run writes nothing", a_dry_run_writes_nothing},
        {"one patient by hand", one_patient_by_hand},
        {"foreign files are not overwritten", foreign_files_are_not_overwritten},
        {"wrong command lines are told", wrong_command_lines_are_told},
    };
    freopen("/dev/null", "w", stderr); /* the patients that fail on purpose */
    return suite_run("stage", tests, sizeof tests / sizeof *tests);
}
