/* yttria-register: every image of a patient onto the reference. */
#include "core/stage.h"
#include "register/register.h"

int main(int argc, char **argv) {
    static const char *const inputs[] = {"convert", NULL};
    static const char *const sections[] = {"registration", NULL};
    const Stage stage = {
        .name = "register",
        .summary = "Brings every image of a patient onto the reference: transforms, resampled "
                   "images, and how good they are.",
        .example = "yttria-register --config trial.yaml --in convert.h5 --out register.h5",
        .inputs = inputs,
        .config_sections = sections,
        .process = register_process,
    };
    return stage_main(&stage, argc, argv);
}
