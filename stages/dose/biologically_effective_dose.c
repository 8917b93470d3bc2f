/* Voxel by voxel: nothing here knows its neighbours. */
#include "dose/biologically_effective_dose.h"

#include <math.h>

/* What each map is made of. */
typedef struct Recipe {
    const RadiobiologyConfig *tissue;
    const char *section; /* of the configuration */
    bool is_eqd2;
} Recipe;

double biologically_effective_dose_gy(double dose_gy, const RadiobiologyConfig *tissue,
                                      double half_life_h) {
    double unrepaired = tissue->repair_half_time_h / (tissue->repair_half_time_h + half_life_h);
    double quadratic_gy =
        fmax(dose_gy, 0.0) * unrepaired; /* fmax of a NaN is 0, the factor stays */
    return dose_gy * (1.0 + quadratic_gy / tissue->alpha_beta_gy);
}

double equieffective_dose_2gy(double bed_gy, const RadiobiologyConfig *tissue) {
    return bed_gy / (1.0 + 2.0 / tissue->alpha_beta_gy);
}

static Status find_recipe(int derived_map, const DoseConfig *config, Recipe *recipe, Error *error) {
    switch (derived_map) {
    case DERIVED_BED_TUMOUR:
    case DERIVED_EQD2_TUMOUR:
        *recipe = (Recipe){&config->tumour, "tumour", derived_map == DERIVED_EQD2_TUMOUR};
        break;
    case DERIVED_BED_NORMAL_LIVER:
    case DERIVED_EQD2_NORMAL_LIVER:
        *recipe = (Recipe){&config->normal_liver, "normal_liver",
                           derived_map == DERIVED_EQD2_NORMAL_LIVER};
        break;
    default:
        return error_set(error, STATUS_INTERNAL, "there is no derived map %d", derived_map);
    }
    const RadiobiologyConfig *tissue = recipe->tissue;
    if (!(tissue->alpha_beta_gy > 0.0 && tissue->repair_half_time_h > 0.0)) {
        return error_set(error, STATUS_CONFIG,
                         "dose.%s: alpha_beta_gy is %g and repair_half_time_h is %g, both must be "
                         "more than 0",
                         recipe->section, tissue->alpha_beta_gy, tissue->repair_half_time_h);
    }
    return STATUS_OK;
}

Status derived_map_compute(const Volume *dose, int derived_map, const DoseConfig *config,
                           double half_life_h, Volume *result, Error *error) {
    Recipe recipe;
    *result = (Volume){0};
    if (find_recipe(derived_map, config, &recipe, error) != STATUS_OK) {
        return error->status;
    }
    if (!(half_life_h > 0.0)) {
        return error_set(error, STATUS_CONFIG,
                         "the nuclide's half_life_h is %g, wanted more than 0", half_life_h);
    }
    if (volume_create(&dose->grid, result, error) != STATUS_OK) {
        return error->status;
    }
    const size_t slice = dose->grid.size[0] * dose->grid.size[1];
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < dose->grid.size[2]; k++) {
        for (size_t n = k * slice; n < (k + 1) * slice; n++) {
            double bed =
                biologically_effective_dose_gy(dose->voxels[n], recipe.tissue, half_life_h);
            result->voxels[n] =
                (float)(recipe.is_eqd2 ? equieffective_dose_2gy(bed, recipe.tissue) : bed);
        }
    }
    return STATUS_OK;
}
