/* yttria-convert: DICOM and NIfTI images, structures and clinical tables into one HDF5 a patient.
 */
#include "convert/convert.h"

int main(int argc, char **argv) {
    static const char *const inputs[] = {NULL};
    static const char *const sections[] = {"nuclide", NULL};
    static const Stage stage = {
        .name = "convert",
        .summary = "Reads the archive that the three sheets name and writes one de-identified "
                   "HDF5 file per patient.",
        .example = "yttria-convert --config trial.yaml --batch patients.tsv --run results/trial",
        .inputs = inputs,
        .config_sections = sections,
        .process = convert_patient,
        .begin = convert_begin,
        .digest_sources = convert_digest_sources,
        .end = convert_end,
    };
    return stage_main(&stage, argc, argv);
}
