/* yttria-segment: size, dose and vessels of every lesion, as tables. */
#include "core/stage.h"
#include "segment/segment.h"

int main(int argc, char **argv) {
    static const char *const inputs[] = {"convert", "register", "dose", NULL};
    static const char *const sections[] = {"nuclide", "segmentation", NULL};
    const Stage stage = {
        .name = "segment",
        .summary = "Measures liver, lesions and vessels: geometry, doses, distances.",
        .example = "yttria-segment --config trial.yaml --in convert.h5 --in register.h5 "
                   "--in dose.h5 --out segment.h5",
        .inputs = inputs,
        .config_sections = sections,
        .process = segment_process,
    };
    return stage_main(&stage, argc, argv);
}
