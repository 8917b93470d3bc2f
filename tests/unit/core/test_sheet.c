#include "core/sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

static const SheetColumn columns[] = {
    {"center", COLUMN_TEXT, COLUMN_KEY, NULL, 1, 0, NULL, "center"},
    {"progression", COLUMN_TEXT, COLUMN_FILLED, "yes|no|unknown", 1, 0, NULL, "progression"},
    {"age", COLUMN_NUMBER, COLUMN_OPTIONAL, NULL, 0, 130, "year", "age"},
};

static void scratch_path(char path[256]) {
    snprintf(path, 256, "%s/sheet.tsv", scratch_folder());
}

static Status read_text(const char *content, size_t size, Table **table, Error *error) {
    char path[256];
    scratch_path(path);
    FILE *file = fopen(path, "wb");
    fwrite(content, 1, size, file);
    fclose(file);
    return sheet_read(path, columns, 3, table, error);
}

static void a_sheet_is_read(void) {
    static const char text[] = "\xef\xbb\xbf"
                               "center\tage\tprogression\r\nnorth\t61.5\tno\r\n\r\nsouth\tn/a\tyes";
    Table *table;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(read_text(text, sizeof text - 1, &table, &error), STATUS_OK);
    CU_ASSERT_EQUAL(table_row_count(table), 2);
    ASSERT_NEAR(table_number(table, 0, "age"), 61.5, 0);
    CU_ASSERT_TRUE(isnan(table_number(table, 1, "age")));
    CU_ASSERT_STRING_EQUAL(table_text(table, 1, "progression"), "yes");
    ASSERT_NEAR(table_number(table, 1, "line"), 4, 0);
    table_free(table);
}

static void check_refused(const char *text, const char *in_message) {
    Table *table;
    Error error = {0};
    CU_ASSERT_EQUAL(read_text(text, strlen(text), &table, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NULL(table);
    if (strstr(error.message, in_message) == NULL) {
        printf("expected '%s' in '%s'\n", in_message, error.message);
        CU_FAIL("message does not say what is wrong");
    }
}

static void wrong_sheets_are_refused_with_line_and_column(void) {
    check_refused("center\tprogresion\n", "sheet.tsv:1: unknown column 'progresion'");
    check_refused("center\n", "column 'progression' is missing");
    check_refused("center\tcenter\tprogression\n", "'center' is there twice");
    check_refused("", "is empty");
    check_refused("\n \t\n", "is empty");
    check_refused("center\tprogression\nnorth\tno\n \tno\n",
                  "sheet.tsv:3: column 'center' is empty");
    check_refused("progression\tcenter\nstray\n", "sheet.tsv:2: column 'center' is empty");
}

/* One row with `cells` after a good one: kept, and its problem is `expected`. */
static void check_problem(const char *header, const char *cells, const char *expected) {
    char text[512];
    Table *table;
    Error error = {0};
    snprintf(text, sizeof text, "%s\n%s\nsouth\tyes\t12\n", header, cells);
    CU_ASSERT_EQUAL_FATAL(read_text(text, strlen(text), &table, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(table_row_count(table), 2);
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "center"), "north");
    CU_ASSERT_STRING_EQUAL(table_text(table, 1, "problem"), "");
    ASSERT_NEAR(table_number(table, 1, "age"), 12, 0);
    const char *problem = table_text(table, 0, "problem");
    if (strncmp(problem, expected, strlen(expected)) != 0) {
        printf("expected '%s' in '%s'\n", expected, problem);
        CU_FAIL("the problem does not say what is wrong");
    }
    table_free(table);
}

static void a_bad_row_is_kept_with_its_first_problem(void) {
    static const char header[] = "center\tprogression\tage";
    check_problem(header, "north\tmaybe\told",
                  "sheet.tsv:2: column 'progression': 'maybe' is not one of yes|no|unknown");
    check_problem(header, "north\t\t1", "sheet.tsv:2: column 'progression' is empty");
    check_problem(header, "north\tno\t1\textra",
                  "sheet.tsv:2: 4 cells where the header has 3; separate cells by one tab");
    check_problem(header, "north", "sheet.tsv:2: 1 cells where the header has 3");
    check_problem(header, "north\tno\told", "sheet.tsv:2: column 'age': 'old' is not a number");
    check_problem(header, "north\tno\t61,5", "sheet.tsv:2: column 'age': '61,5' is not a number");
    check_problem(header, "north\tno\t131",
                  "sheet.tsv:2: column 'age': 131 is outside 0 to 130 year");
    check_problem(header, "north\tno\tinf", "sheet.tsv:2: column 'age': 'inf' is not a number");
    check_problem(header, "north\tye\t1", "sheet.tsv:2: column 'progression': 'ye' is not one of");
    check_problem(header, "north\tyes|no\t1",
                  "sheet.tsv:2: column 'progression': 'yes|no' is not one of");
}

static void bad_cells_are_missing(void) {
    static const char text[] = "center\tprogression\tage\nA\tno\told\nB\tno\t7\t\nC\tmaybe\t8\n";
    Table *table;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(read_text(text, sizeof text - 1, &table, &error), STATUS_OK);
    CU_ASSERT_TRUE(isnan(table_number(table, 0, "age")));
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "progression"), "no");
    CU_ASSERT_STRING_EQUAL(table_text(table, 1, "progression"), ""); /* who knows what is where */
    CU_ASSERT_TRUE(isnan(table_number(table, 1, "age")));
    CU_ASSERT_STRING_EQUAL(table_text(table, 2, "progression"), "");
    ASSERT_NEAR(table_number(table, 2, "age"), 8, 0);
    table_free(table);
}

static void blanks_do_not_matter(void) {
    static const char text[] = "\xef\xbb\xbf\n center\tprogression \tage\r\n"
                               "\t\t\r\n  \n north \t yes\t 61.5 \r\n\t\t\nsouth\tno\t \n";
    Table *table;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(read_text(text, sizeof text - 1, &table, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(table_row_count(table), 2);
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "center"), "north");
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "progression"), "yes");
    ASSERT_NEAR(table_number(table, 0, "age"), 61.5, 0);
    ASSERT_NEAR(table_number(table, 0, "line"), 5, 0);
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "problem"), "");
    CU_ASSERT_STRING_EQUAL(table_text(table, 1, "problem"), "");
    table_free(table);
}

/* RFC 3629, section 4. */
static void only_utf8_is_read(void) {
    static const char *const good[] = {"\xc3\xa9", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\xe9",
                                      "\xe9t",
                                      "\x80",
                                      "\xc0\x80",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff"};
    char text[128];
    for (size_t n = 0; n < sizeof good / sizeof *good; n++) {
        Table *table;
        Error error = {0};
        snprintf(text, sizeof text, "center\tprogression\n%s\tno\n", good[n]);
        CU_ASSERT_EQUAL_FATAL(read_text(text, strlen(text), &table, &error), STATUS_OK);
        CU_ASSERT_STRING_EQUAL(table_text(table, 0, "center"), good[n]);
        table_free(table);
    }
    for (size_t n = 0; n < sizeof bad / sizeof *bad; n++) {
        snprintf(text, sizeof text, "center\tprogression\n%s\tno\n", bad[n]);
        check_refused(text, "sheet.tsv:2: is not UTF-8");
    }
}

/* A message must stay UTF-8 however long the cell is. */
static void long_cells_are_cut_between_characters(void) {
    char text[512] = "center\tprogression\nnorth\tx";
    Table *table;
    Error error = {0};
    for (int n = 0; n < 100; n++) {
        strcat(text, "\xc3\xa9");
    }
    CU_ASSERT_EQUAL_FATAL(read_text(text, strlen(text), &table, &error), STATUS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(table_text(table, 0, "problem"), "\xc3\xa9' is not one of"));
    table_free(table);
}

static Status read_columns(const char *text, Table **table, Error *error) {
    static const char *const names[] = {"center", "age"};
    char path[256];
    scratch_path(path);
    FILE *file = fopen(path, "wb");
    fputs(text, file);
    fclose(file);
    return sheet_read_columns(path, names, 2, table, error);
}

static void chosen_columns_are_read_strictly(void) {
    Table *table;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(
        read_columns("center\tother\tage\n north\tx\told\n\t\t\n", &table, &error), STATUS_OK);
    CU_ASSERT_EQUAL(table_row_count(table), 1);
    CU_ASSERT_STRING_EQUAL(table_text(table, 0, "center"), "north");
    CU_ASSERT_FALSE(table_has_column(table, "problem"));
    table_free(table);
    CU_ASSERT_EQUAL(read_columns("center\tother\tage\nnorth\tx\n", &table, &error),
                    STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "sheet.tsv:2: 2 cells where the header has 3"));
}

static void zero_bytes_and_missing_files_are_refused(void) {
    static const char text[] = "center\tprogression\nno\0rth\tno\n";
    Table *table;
    Error error = {0};
    CU_ASSERT_EQUAL(read_text(text, sizeof text - 1, &table, &error), STATUS_BAD_DATA);
    CU_ASSERT_EQUAL(sheet_read("/no/such.tsv", columns, 3, &table, &error), STATUS_NO_INPUT);
}

static void csv_quotes_what_needs_quotes(void) {
    char path[256], text[256] = "";
    scratch_path(path);
    Table *table = table_new();
    Error error;
    size_t row;
    table_add_column(table, "reason", COLUMN_TEXT, NULL, "reason", &error);
    table_add_column(table, "davg_gy", COLUMN_NUMBER, "Gy", "dose", &error);
    table_add_row(table, &row, &error);
    table_set_text(table, row, "reason", "2 of 5, \"L2\"", &error);
    table_set_number(table, row, "davg_gy", 21.4, &error);
    table_add_row(table, &row, &error);
    CU_ASSERT_EQUAL(sheet_write(table, path, ',', &error), STATUS_OK);
    FILE *file = fopen(path, "r");
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    CU_ASSERT_STRING_EQUAL(text, "reason,davg_gy\n\"2 of 5, \"\"L2\"\"\",21.4\n,\n");
    table_free(table);
}

int main(void) {
    static const UnitTest tests[] = {
        {"a sheet is read", a_sheet_is_read},
        {"wrong sheets are refused", wrong_sheets_are_refused_with_line_and_column},
        {"zero bytes, missing files are refused", zero_bytes_and_missing_files_are_refused},
        {"a bad row is kept with its first problem", a_bad_row_is_kept_with_its_first_problem},
        {"bad cells are missing", bad_cells_are_missing},
        {"blanks do not matter", blanks_do_not_matter},
        {"only UTF-8 is read", only_utf8_is_read},
        {"long cells are cut between characters", long_cells_are_cut_between_characters},
        {"chosen columns are read strictly", chosen_columns_are_read_strictly},
        {"CSV quotes what needs quotes", csv_quotes_what_needs_quotes},
    };
    return suite_run("sheet", tests, sizeof tests / sizeof *tests);
}
