/* DICOM RT Structure Set: closed planar contours into masks on the image they were drawn on
 * (PS3.3 C.8.8.5, C.8.8.6). */
#ifndef YTTRIA_CONVERT_RTSTRUCT_H
#define YTTRIA_CONVERT_RTSTRUCT_H

#include "convert/dicom_file.h"
#include "convert/structure_list.h"
#include "core/flags.h"

/* Appends every region that `map` wants to `list`. A region is drawn on the image whose series the
 * file references, if its contours lie in that image's slices; else on the image of the same frame
 * of reference in whose slices they lie best. STATUS_BAD_DATA if its frame of reference is none of
 * the patient's, if its contours are not closed and planar, lie in no image's slices or more than
 * a voxel beyond its field of view (the message says by how much), have too many or non-finite
 * points, or enclose no voxel. Adds the flag `contours_sparse` if contours leave out slices
 * throughout. */
Status rtstruct_read(const DicomFile *file, StructureMap *map, const PatientImage *images,
                     size_t n_images, StructureList *list, Flags *flags, Error *error);

#endif
