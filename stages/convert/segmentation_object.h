/* DICOM Segmentation (SEG), BINARY and FRACTIONAL, into masks (PS3.3 A.51, C.8.20). */
#ifndef YTTRIA_CONVERT_SEGMENTATION_OBJECT_H
#define YTTRIA_CONVERT_SEGMENTATION_OBJECT_H

#include "convert/dicom_file.h"
#include "convert/frame_registry.h"
#include "convert/structure_list.h"
#include "core/flags.h"

/* Appends every segment that `map` wants to `list`. The grid is that of the image of the same frame
 * of reference on whose slices the frames lie voxel on voxel (the referenced series first), else
 * the one that the frames' positions span; frames that are missing are empty slices. FRACTIONAL
 * counts from half of the maximum value on and adds the flag `fractional_mask`; frames off their
 * slice by more than 1 % add `slice_gap_uneven`. STATUS_BAD_DATA if the frame of reference is none
 * of the patient's images', the segmentation is neither BINARY nor FRACTIONAL, frames lack
 * position or segment, are not parallel or evenly spaced, are truncated, or a segment is empty. */
Status segmentation_object_read(const DicomFile *file, StructureMap *map,
                                const PatientImage *images, size_t n_images, FrameRegistry *frames,
                                StructureList *list, Flags *flags, Error *error);

#endif
