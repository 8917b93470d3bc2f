/* What segment does for one patient: structures, their geometry and their doses, as a table. */
#ifndef YTTRIA_SEGMENT_SEGMENT_H
#define YTTRIA_SEGMENT_SEGMENT_H

#include "core/stage.h"

/* Reads convert.h5, register.h5 and dose.h5 (in that order), writes segment.h5 as
 * docs/file-format.md has it. A patient without a lesion gets an empty table, which stratify
 * reports as not evaluable.
 *
 * Each mask stays on its own grid for volume, diameters and dose; only distances between
 * structures need a common one, the reference's. Memory, in bytes per voxel: 2 for the reference's
 * label map and for each cropped mask, 4 for a dose map and its weights, and up to 12 for the box
 * around vessels and lesion. A patient of 512 x 512 x 300 voxels stays below 2 GB. */
Status segment_process(const PatientJob *job, Error *error);

#endif
