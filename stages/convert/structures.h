/* A mask row of images.tsv: RTSTRUCT, SEG or NIfTI labels into /structures of convert.h5. */
#ifndef YTTRIA_CONVERT_STRUCTURES_H
#define YTTRIA_CONVERT_STRUCTURES_H

#include "convert/frame_registry.h"
#include "convert/patient_image.h"
#include "core/flags.h"
#include "core/store.h"

/* Imports `path`, one RTSTRUCT, SEG or NIfTI file or a folder of such files (in the order of their
 * names; other files in a folder are passed over), into `output` as docs/file-format.md says.
 * `structure_map` is the sheet's column, NULL or "" without (see structure_map.h). `images` are all
 * the patient's converted images; structures must lie in the space of one of them.
 *
 * Lesions without a label become L1, L2, ... in the order met. A structure whose name is already
 * in `output` gets the suffix _2, _3, ...; for a lesion the label does too, with the flag
 * `lesion_label_repeated`. `frames` labels the frame of reference.
 *
 * Without a structure_map a warning names the regions whose names did not say what they are.
 *
 * STATUS_NO_INPUT if there is no such file, STATUS_BAD_DATA for all that readers refuse; the
 * message names the file. */
Status structures_import(const char *path, const char *structure_map, const PatientImage *images,
                         size_t n_images, FrameRegistry *frames, Store *output, Flags *flags,
                         Error *error);

#endif
