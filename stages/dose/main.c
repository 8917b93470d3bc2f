/* yttria-dose: absorbed dose maps in Gy from the PET of every treatment. */
#include "core/stage.h"
#include "dose/dose.h"

int main(int argc, char **argv) {
    static const char *const inputs[] = {"convert", "register", NULL};
    static const char *const sections[] = {"nuclide", "scanners", "calibration", "dose", NULL};
    const Stage stage = {
        .name = "dose",
        .summary = "Computes absorbed dose maps in Gy from the PET of every treatment.",
        .example = "yttria-dose --config trial.yaml --in convert.h5 --in register.h5 --out dose.h5",
        .inputs = inputs,
        .config_sections = sections,
        .process = dose_process,
    };
    return stage_main(&stage, argc, argv);
}
