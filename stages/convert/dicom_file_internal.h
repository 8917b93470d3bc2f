// What dicom_file.cpp and dicom_pixels.cpp share: the open file.
#ifndef YTTRIA_CONVERT_DICOM_FILE_INTERNAL_H
#define YTTRIA_CONVERT_DICOM_FILE_INTERNAL_H

#include <gdcmReader.h>
#include <gdcmSequenceOfItems.h>

#include <map>
#include <string>

#include "convert/dicom_file.h"
#include "convert/dicom_structure.h"

using Sequence = gdcm::SmartPointer<gdcm::SequenceOfItems>;

struct DicomFile {
    std::string path;
    DicomPixelData pixels;
    gdcm::Reader reader;
    // Sequences by element, parsed once: GDCM would parse those of defined length at every access.
    mutable std::map<const gdcm::DataElement *, Sequence> sequences;
};

#endif
