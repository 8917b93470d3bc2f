/* Tables of sensitivity (sensitivity_file.h): found by breakpoints, stability and scenarios, laid
 * out here as the contract wants them. */
#include "stratify/sensitivity_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "stratify/decision_file.h"
#include "stratify/scenarios.h"
#include "stratify/stability.h"
#include "stratify/sweep.h"

enum { COLUMN_NAME_SIZE = 64 };

typedef struct ColumnSpec {
    const char *name, *units; /* units NULL: text */
    const char *long_name;
} ColumnSpec;

static Status add_columns(Table *table, const ColumnSpec *columns, size_t n_columns, Error *error) {
    Status status = table != NULL ? STATUS_OK : error_no_memory(error, "a table of sensitivity");
    for (size_t c = 0; c < n_columns && status == STATUS_OK; c++) {
        status = table_add_column(table, columns[c].name,
                                  columns[c].units == NULL ? COLUMN_TEXT : COLUMN_NUMBER,
                                  columns[c].units, columns[c].long_name, error);
    }
    return status;
}

/* Text or number, as the column is. */
typedef struct Cell {
    const char *text;
    double number;
} Cell;

/* A row, its cells as the columns stand. */
static Status add_cells(Table *table, const Cell *cells, Error *error) {
    size_t row;
    Status status = table_add_row(table, &row, error);
    for (size_t c = 0; c < table_column_count(table) && status == STATUS_OK; c++) {
        const char *name = table_column_name(table, c);
        status = table_column_kind(table, c) == COLUMN_TEXT
                     ? table_set_text(table, row, name, cells[c].text, error)
                     : table_set_number(table, row, name, cells[c].number, error);
    }
    return status;
}

static Status write_sweep(Store *output, const BreakpointList *thresholds, const SweepConfig *sweep,
                          Error *error) {
    size_t n_points = sweep_count(sweep);
    if (n_points == 0) {
        return error_set(error, STATUS_CONFIG,
                         "sweep.threshold_gy: from %g to %g by %g holds no threshold, or more "
                         "than %d; correct the three numbers",
                         sweep->from_gy, sweep->to_gy, sweep->step_gy, (int)SWEEP_MAX_THRESHOLDS);
    }
    SweepPoint *points = calloc(n_points, sizeof *points);
    if (points == NULL) {
        return error_no_memory(error, "the sweep");
    }
    sweep_view(thresholds, sweep, points);
    Status status = decision_file_write_sweep(output, points, n_points, error);
    free(points);
    return status;
}

static Status add_breakpoints(Table *table, BreakpointSetting setting, const BreakpointList *list,
                              Error *error) {
    const char *name = breakpoints_setting_name(setting);
    Status status = STATUS_OK;
    for (size_t i = 0; i < list->n && status == STATUS_OK; i++) {
        const Breakpoint *point = &list->points[i];
        const Cell cells[] = {{.text = name},
                              {.number = point->value},
                              {.number = point->at.stratum},
                              {.number = point->above.stratum}};
        if (breakpoints_changes_stratum(list, i)) {
            status = add_cells(table, cells, error);
        }
    }
    return status;
}

/* Also the sweep, which is a view of the threshold's breakpoints. */
static Status write_breakpoints(Store *output, const LesionFile *file, const Config *config,
                                const StrataRules *rules, Error *error) {
    static const ColumnSpec columns[] = {
        {"parameter", NULL, "setting that varies, all else as configured; in units of its own"},
        {"value", "1", "where the stratum changes; the first of a setting is its lower end"},
        {"stratum_at", "1", "stratum at the value"},
        {"stratum_above", "1", "stratum above it, up to the next value"}};
    Table *table = table_new();
    Status status = add_columns(table, columns, sizeof columns / sizeof *columns, error);
    for (int s = 0; s < BREAKPOINT_SETTING_COUNT && status == STATUS_OK; s++) {
        BreakpointList list;
        status = breakpoints_find(&file->patient, &config->stratification, rules,
                                  (BreakpointSetting)s, &list, error);
        if (status == STATUS_OK) {
            status = add_breakpoints(table, (BreakpointSetting)s, &list, error);
        }
        if (status == STATUS_OK && s == BREAKPOINT_THRESHOLD) {
            status = write_sweep(output, &list, &config->sweep, error);
        }
        breakpoints_free(&list);
    }
    if (status == STATUS_OK) {
        status = store_write_table(output, "/breakpoints", table, error);
    }
    table_free(table);
    return status;
}

static double stratum_or_nan(int stratum) {
    return stratum == STABILITY_NONE ? NAN : (double)stratum;
}

static Status write_stability(Store *output, const LesionFile *file, const Config *config,
                              const StrataRules *rules, Error *error) {
    static const ColumnSpec columns[] = {
        {"parameter", NULL, "quantity that changes, alone; in units of its own"},
        {"lower_change", "1", "largest change downwards that keeps the stratum, but for ties"},
        {"lower_stratum", "1", "stratum beyond it"},
        {"upper_change", "1", "the same upwards"},
        {"upper_stratum", "1", "stratum beyond it"}};
    Stability stability[STABILITY_QUANTITY_COUNT];
    Table *table = table_new();
    Status status = add_columns(table, columns, sizeof columns / sizeof *columns, error);
    if (status == STATUS_OK) {
        status = stability_find(&file->patient, &config->stratification, rules, stability, error);
    }
    for (int q = 0; q < STABILITY_QUANTITY_COUNT && status == STATUS_OK; q++) {
        const Cell cells[] = {{.text = stability_quantity_name((StabilityQuantity)q)},
                              {.number = stability[q].lower_change},
                              {.number = stratum_or_nan(stability[q].lower_stratum)},
                              {.number = stability[q].upper_change},
                              {.number = stratum_or_nan(stability[q].upper_stratum)}};
        status = add_cells(table, cells, error);
    }
    if (status == STATUS_OK) {
        status = store_write_table(output, "/stability", table, error);
    }
    table_free(table);
    return status;
}

/* `values` of a column of numbers into its place; false if it is not there. */
static bool take_column(const Table *table, const char *name, double *values) {
    if (!table_has_column(table, name)) {
        return false;
    }
    for (size_t i = 0; i < table_row_count(table); i++) {
        values[i] = table_number(table, i, name);
    }
    return true;
}

enum { DOSE_COLUMNS = DOSE_METHOD_COUNT + 2 };

/* Borrows from `values`, room for DOSE_COLUMNS columns. */
static ScenarioDoses take_doses(const LesionFile *file, double *values) {
    ScenarioDoses doses = {.recovery = NULL};
    size_t n = file->patient.n_lesions;
    for (int m = 0; m < DOSE_METHOD_COUNT; m++, values += n) {
        char name[COLUMN_NAME_SIZE];
        snprintf(name, sizeof name, "davg_%s_gy", dose_method_name(m));
        doses.davg_gy[m] = take_column(file->table, name, values) ? values : NULL;
    }
    doses.recovery = take_column(file->table, "recovery_coefficient", values) ? values : NULL;
    values += n;
    doses.surroundings_gy =
        take_column(file->table, "davg_surroundings_gy", values) ? values : NULL;
    return doses;
}

static Status write_outcomes(Store *output, const ScenarioConfig *scenarios,
                             const ScenarioOutcome *outcomes, size_t count, Error *error) {
    static const ColumnSpec columns[] = {
        {"dose_method", NULL, "map that gives the average dose"},
        {"partial_volume", NULL, "none, or recovered: corrected by the recovery coefficient"},
        {"calibration_percent", "percent", "change of all doses"},
        {"diameter", NULL, "diameter that counts: 3d or axial"},
        {"threshold_gy", "Gy", "dose below which a lesion is underdosed"},
        {"ablation_max_diameter_mm", "mm", "size limit for ablation"},
        {"vessel_min_diameter_mm", "mm", "diameter above which a vessel counts"},
        {"stratum", "1", "stratum in this scenario"},
        {"n_underdosed", "1", "underdosed lesions in this scenario"}};
    Table *table = table_new();
    Status status = add_columns(table, columns, sizeof columns / sizeof *columns, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        Scenario at;
        scenarios_get(scenarios, i, &at);
        const Cell cells[] = {{.text = dose_method_name(at.dose_method)},
                              {.text = scenarios_partial_volume_name(at.partial_volume)},
                              {.number = at.calibration_percent},
                              {.text = scenarios_diameter_name(at.diameter)},
                              {.number = at.threshold_gy},
                              {.number = at.ablation_max_diameter_mm},
                              {.number = at.vessel_min_diameter_mm},
                              {.number = outcomes[i].stratum},
                              {.number = outcomes[i].n_underdosed}};
        status = add_cells(table, cells, error);
    }
    if (status == STATUS_OK) {
        status = store_write_table(output, "/scenarios", table, error);
    }
    table_free(table);
    return status;
}

static Status write_scenarios(Store *output, const LesionFile *file, const Config *config,
                              const StrataRules *rules, Error *error) {
    size_t count = 0, n = file->patient.n_lesions;
    double *values = NULL;
    ScenarioOutcome *outcomes = NULL;
    Status status = scenarios_count(&config->scenarios, &count, error);
    if (status != STATUS_OK) {
        goto done;
    }
    values = malloc(DOSE_COLUMNS * (n + 1) * sizeof *values);
    outcomes = malloc(count * sizeof *outcomes);
    if (values == NULL || outcomes == NULL) {
        status = error_no_memory(error, "the scenarios");
        goto done;
    }
    const ScenarioDoses doses = take_doses(file, values);
    status = scenarios_evaluate(&file->patient, &doses, &config->stratification, rules,
                                &config->scenarios, outcomes, error);
    if (status == STATUS_OK) {
        status = write_outcomes(output, &config->scenarios, outcomes, count, error);
    }
done:
    free(values);
    free(outcomes);
    return status;
}

Status sensitivity_file_write(Store *output, const LesionFile *file, const Config *config,
                              const StrataRules *rules, Error *error) {
    Status status = write_breakpoints(output, file, config, rules, error);
    if (status == STATUS_OK) {
        status = write_stability(output, file, config, rules, error);
    }
    return status == STATUS_OK ? write_scenarios(output, file, config, rules, error) : status;
}
