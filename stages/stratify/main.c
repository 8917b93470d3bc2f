/* yttria-stratify: from the lesion table to the protocol's stratum, with its reasons. */
#include "core/stage.h"
#include "stratify/stratify.h"

int main(int argc, char **argv) {
    static const char *const inputs[] = {"segment", NULL};
    static const char *const sections[] = {
        "rules", "stratification", "sweep",    "scenarios", "probability",
        "sbrt",  "ablation",       "response", "dose",      NULL};
    static const Stage stage = {
        .name = "stratify",
        .summary =
            "Assigns the protocol's stratum to each patient, says why, how sure that is, how "
            "it depends on every limit, and what other rule sets say.",
        .example = "yttria-stratify --config configs/trial.yaml --batch configs/patients.tsv "
                   "--run results/trial",
        .inputs = inputs,
        .config_sections = sections,
        .process = stratify_process,
    };
    return stage_main(&stage, argc, argv);
}
