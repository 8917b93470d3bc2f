/* A nuclide file is a small settings file; its kernel counts for the digest. */
#include "core/nuclide.h"

#include <math.h>
#include <string.h>

#include "core/settings.h"

static const double JOULE_PER_MEV = 1.602176634e-13; /* SI, exact */
static const double GRAM_PER_KILOGRAM = 1000.0;

_Static_assert((int)NUCLIDE_TEXT_SIZE == (int)SETTINGS_TEXT_SIZE, "settings fill the name");
_Static_assert((int)NUCLIDE_PATH_SIZE == (int)SETTINGS_PATH_SIZE, "settings fill the path");

#define KEY(name, kind, member, default_value, min, max)                                           \
    { name, kind, offsetof(Nuclide, member), default_value, min, max, NULL }

static const SettingKey nuclide_keys[] = {
    KEY("name", SETTING_TEXT, name, NULL, 0, 0),
    KEY("half_life_h", SETTING_NUMBER, half_life_h, NULL, 1e-3, 1e6),
    KEY("mean_energy_mev", SETTING_NUMBER, mean_energy_mev, NULL, 1e-6, 20),
    KEY("positron_yield", SETTING_NUMBER, positron_yield, NULL, 0, 1),
    KEY("kernel.file", SETTING_PATH, kernel_path, "", 0, 0),
    KEY("kernel.density_g_ml", SETTING_NUMBER, kernel_density_g_ml, "1.0", 0.01, 30),
};
enum { N_NUCLIDE_KEYS = sizeof nuclide_keys / sizeof *nuclide_keys };

Status nuclide_load(const char *path, Nuclide *nuclide, Error *error) {
    memset(nuclide, 0, sizeof *nuclide);
    char parts[2 * DIGEST_TEXT_SIZE] = "";
    if (settings_read(path, nuclide_keys, N_NUCLIDE_KEYS, nuclide, error) != STATUS_OK ||
        digest_path(path, parts, error) != STATUS_OK) {
        return error->status;
    }
    if (nuclide->kernel_path[0] != '\0' &&
        digest_path(nuclide->kernel_path, parts + strlen(parts), error) != STATUS_OK) {
        return error_add_context(error, "kernel of %s", path);
    }
    return digest_bytes(parts, strlen(parts), nuclide->digest, error);
}

double nuclide_decay_constant_per_s(const Nuclide *nuclide) {
    return M_LN2 / (nuclide->half_life_h * 3600.0);
}

double nuclide_dose_factor_gy_per_bq_g(const Nuclide *nuclide) {
    return GRAM_PER_KILOGRAM * nuclide->mean_energy_mev * JOULE_PER_MEV /
           nuclide_decay_constant_per_s(nuclide);
}
