/* The clinical columns of patients.tsv (docs/input-sheets.md), as far as the patient has them. */
#include "stratify/clinical_facts.h"

#include <stdio.h>
#include <string.h>

enum { VALUE_SIZE = 256, COLUMNS_SIZE = 1024 };

static const struct {
    const char *name;
    ColumnKind kind;
} FACTS[] = {
    {"progression", COLUMN_TEXT},
    {"age", COLUMN_NUMBER},
    {"sex", COLUMN_TEXT},
    {"ecog", COLUMN_NUMBER},
    {"bilirubin_mg_dl", COLUMN_NUMBER},
    {"albumin_g_dl", COLUMN_NUMBER},
    {"alt_u_l", COLUMN_NUMBER},
    {"ast_u_l", COLUMN_NUMBER},
    {"weight_kg", COLUMN_NUMBER},
    {"height_cm", COLUMN_NUMBER},
    {"creatinine_mg_dl", COLUMN_NUMBER},
    {"platelets_1e9_l", COLUMN_NUMBER},
    {"ascites", COLUMN_TEXT},
    {"encephalopathy", COLUMN_TEXT},
    {"life_expectancy_months", COLUMN_NUMBER},
};

static Status copy_fact(const Store *source, Store *target, const char *name, ColumnKind kind,
                        Error *error) {
    if (kind == COLUMN_TEXT) {
        char text[VALUE_SIZE];
        Status status = store_get_text(source, "/patient", name, text, sizeof text, error);
        return status == STATUS_OK ? store_set_text(target, "/patient", name, text, error) : status;
    }
    double number;
    Status status = store_get_number(source, "/patient", name, &number, error);
    return status == STATUS_OK ? store_set_number(target, "/patient", name, number, error) : status;
}

Status clinical_facts_copy(const Store *source, Store *target, Error *error) {
    char columns[COLUMNS_SIZE] = "";
    Status status = STATUS_OK;
    for (size_t f = 0; f < sizeof FACTS / sizeof *FACTS && status == STATUS_OK; f++) {
        const char *name = FACTS[f].name;
        if (store_has_attribute(source, "/patient", name)) {
            size_t used = strlen(columns);
            snprintf(columns + used, sizeof columns - used, "%s%s", used > 0 ? "," : "", name);
            status = copy_fact(source, target, name, FACTS[f].kind, error);
        }
    }
    return status == STATUS_OK ? store_set_text(target, "/patient", "columns", columns, error)
                               : status;
}
