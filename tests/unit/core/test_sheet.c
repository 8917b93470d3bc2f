#include "core/sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

static const SheetColumn columns[] = {
    {"center", COLUMN_TEXT, COLUMN_FILLED, NULL, 1, 0, NULL, "center"},
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
    check_refused("center\tprogression\nnorth\tmaybe\n", "sheet.tsv:2: column 'progression'");
    check_refused("center\tprogression\nnorth\t\n", "'progression' is empty");
    check_refused("center\tprogression\nnorth\tno\textra\n", "3 cells where the header has 2");
    check_refused("center\tprogression\tage\nnorth\tno\told\n", "'old' is not a number");
    check_refused("center\tprogression\tage\nnorth\tno\t131\n", "131 is outside 0 to 130 year");
    check_refused("center\tprogression\tage\nnorth\tno\tinf\n", "'inf' is not a number");
    check_refused("", "is empty");
}

static void zero_bytes_and_missing_files_are_refused(void) {
    static const char text[] = "center\tprogression\nno\0rth\tno\n";
    Table *table;
    Error error = {0};
    CU_ASSERT_EQUAL(read_text(text, sizeof text - 1, &table, &error), STATUS_BAD_DATA);
    CU_ASSERT_EQUAL(sheet_read("/no/such.tsv", columns, 3, &table, &error), STATUS_NO_INPUT);
}

static void choices_are_whole_words(void) {
    check_refused("center\tprogression\nnorth\tye\n", "'ye' is not one of");
    check_refused("center\tprogression\nnorth\tyes|no\n", "is not one of");
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
        {"choices are whole words", choices_are_whole_words},
        {"CSV quotes what needs quotes", csv_quotes_what_needs_quotes},
    };
    return suite_run("sheet", tests, sizeof tests / sizeof *tests);
}
