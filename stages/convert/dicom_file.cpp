// DICOM elements through GDCM 3; see dicom_file.h. With dicom_pixels.cpp the project's only C++.
//
// No exception leaves this file: every entry point catches. GDCM's own messages are switched off,
// because they print element values.
#include "convert/dicom_file_internal.h"

#include <gdcmDicts.h>
#include <gdcmGlobal.h>
#include <gdcmTrace.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

extern "C" {
#include "convert/shown_path.h"
#include "convert/utf8_text.h"
}

namespace {

const gdcm::DataElement *find_in(const gdcm::DataSet &set, const gdcm::Tag &tag) {
    return set.FindDataElement(tag) ? &set.GetDataElement(tag) : nullptr;
}

gdcm::SequenceOfItems *sequence_of(const DicomFile *file, const gdcm::DataElement *element) {
    auto known = file->sequences.find(element);
    if (known == file->sequences.end()) {
        known = file->sequences.emplace(element, element->GetValueAsSQ()).first;
    }
    return known->second.GetPointer();
}

// Follows "0054,0016[0]/0018,1074"; nullptr if a step is missing or the path is malformed.
const gdcm::DataElement *find(const DicomFile *file, const char *path) {
    const gdcm::DataSet *set = &file->reader.GetFile().GetDataSet();
    for (const char *step = path;;) {
        unsigned group = 0, number = 0;
        int used = 0;
        if (std::sscanf(step, "%4x,%4x%n", &group, &number, &used) != 2) {
            return nullptr;
        }
        step += used;
        const gdcm::Tag tag(static_cast<uint16_t>(group), static_cast<uint16_t>(number));
        const gdcm::DataElement *element =
            find_in(group == 2 ? file->reader.GetFile().GetHeader() : *set, tag);
        if (element == nullptr || *step == '\0') {
            return element;
        }
        unsigned item = 0;
        if (std::sscanf(step, "[%u]/%n", &item, &used) != 1) {
            return nullptr;
        }
        step += used;
        const gdcm::SequenceOfItems *sequence = sequence_of(file, element);
        if (sequence == nullptr || item >= sequence->GetNumberOfItems()) {
            return nullptr;
        }
        set = &sequence->GetItem(item + 1).GetNestedDataSet();
    }
}

// The representation written in the file, else the dictionary's.
gdcm::VR::VRType representation_of(const DicomFile *file, const gdcm::DataElement &element) {
    gdcm::VR vr = element.GetVR();
    if (vr == gdcm::VR::INVALID || vr == gdcm::VR::UN) {
        vr = gdcm::Global::GetInstance().GetDicts().GetDictEntry(element.GetTag()).GetVR();
    }
    if (vr == gdcm::VR::US_SS || vr == gdcm::VR::US_SS_OW) {
        double is_signed = 0;
        dicom_numbers(file, "0028,0103", &is_signed, 1);
        return is_signed != 0 ? gdcm::VR::SS : gdcm::VR::US;
    }
    return vr;
}

// HDF5 and the structure map are UTF-8; what is not is read as Latin-1 (ISO_IR 100).
std::string to_utf8(const std::string &text) {
    if (utf8_is_valid(text.data(), text.size())) {
        return text;
    }
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            out += c;
        } else {
            out += static_cast<char>(0xC0 | (byte >> 6));
            out += static_cast<char>(0x80 | (byte & 0x3F));
        }
    }
    return out;
}

template <typename T>
size_t binary_numbers(const gdcm::ByteValue &bytes, double *values, size_t max) {
    const size_t count = bytes.GetLength() / sizeof(T);
    for (size_t n = 0; n < count && n < max; n++) {
        T value;
        std::memcpy(&value, bytes.GetPointer() + n * sizeof(T), sizeof(T));
        values[n] = static_cast<double>(value);
    }
    return count;
}

size_t decimal_numbers(const gdcm::ByteValue &bytes, double *values, size_t max) {
    const std::string text(bytes.GetPointer(), bytes.GetLength());
    size_t count = 0;
    for (const char *at = text.c_str();;) {
        char *end = nullptr;
        const double value = std::strtod(at, &end);
        end += std::strspn(end, " ");
        if (end == at || (*end != '\\' && *end != '\0') || !std::isfinite(value)) {
            return 0;
        }
        if (count < max) {
            values[count] = value;
        }
        count++;
        if (*end == '\0') {
            return count;
        }
        at = end + 1;
    }
}

size_t numbers_of(gdcm::VR::VRType vr, const gdcm::ByteValue &bytes, double *values, size_t max) {
    switch (vr) {
    case gdcm::VR::DS:
    case gdcm::VR::IS:
        return decimal_numbers(bytes, values, max);
    case gdcm::VR::US:
    case gdcm::VR::AT:
        return binary_numbers<uint16_t>(bytes, values, max);
    case gdcm::VR::SS:
        return binary_numbers<int16_t>(bytes, values, max);
    case gdcm::VR::UL:
        return binary_numbers<uint32_t>(bytes, values, max);
    case gdcm::VR::SL:
        return binary_numbers<int32_t>(bytes, values, max);
    case gdcm::VR::FL:
        return binary_numbers<float>(bytes, values, max);
    case gdcm::VR::FD:
        return binary_numbers<double>(bytes, values, max);
    default:
        return 0;
    }
}

} // namespace

extern "C" {

bool dicom_is_dicom(const char *path) {
    unsigned char start[132] = {0};
    std::FILE *stream = std::fopen(path, "rb");
    if (stream == nullptr) {
        return false;
    }
    const size_t count = std::fread(start, 1, sizeof start, stream);
    std::fclose(stream);
    if (count == sizeof start && std::memcmp(start + 128, "DICM", 4) == 0) {
        return true;
    }
    // Without a preamble: group 0002 or 0008, either byte order, a low element number, and then
    // a value representation (two capitals) or a short length.
    const bool little = (start[0] == 2 || start[0] == 8) && start[1] == 0 && start[3] == 0;
    const bool big = start[0] == 0 && (start[1] == 2 || start[1] == 8) && start[2] == 0;
    const bool has_vr = start[4] >= 'A' && start[4] <= 'Z' && start[5] >= 'A' && start[5] <= 'Z';
    const bool has_length = start[5] == 0 && start[6] == 0 && start[7] == 0;
    return count >= 16 && (little || big) && (has_vr || has_length);
}

Status dicom_open(const char *path, DicomFile **file, Error *error) {
    char name[SHOWN_PATH_SIZE];
    *file = nullptr;
    DicomPixelData pixels;
    const Status status = dicom_structure_check(path, &pixels, error);
    if (status != STATUS_OK) {
        return status;
    }
    DicomFile *opened = nullptr;
    try {
        gdcm::Trace::DebugOff();
        gdcm::Trace::WarningOff();
        gdcm::Trace::ErrorOff();
        opened = new DicomFile;
        opened->path = path;
        opened->pixels = pixels;
        opened->reader.SetFileName(path);
        // A tag that is to be skipped stops the reading in front of its value.
        const gdcm::Tag pixel_data(0x7fe0, 0x0010);
        const bool is_read = opened->reader.ReadUpToTag(pixel_data, {pixel_data});
        if (is_read && !opened->reader.GetFile().GetDataSet().IsEmpty()) {
            *file = opened;
            return STATUS_OK;
        }
    } catch (const std::bad_alloc &) {
        delete opened;
        return error_no_memory(error, "a DICOM header");
    } catch (...) {
    }
    delete opened;
    return error_set(error, STATUS_BAD_DATA,
                     "%s: is not DICOM, or is truncated or damaged in its header; copy the file "
                     "again from the scanner or archive",
                     shown_path(path, name));
}

void dicom_close(DicomFile *file) {
    delete file;
}

bool dicom_has(const DicomFile *file, const char *element) {
    try {
        return find(file, element) != nullptr;
    } catch (...) {
        return false;
    }
}

bool dicom_text(const DicomFile *file, const char *element, char *text, size_t size) {
    text[0] = '\0';
    try {
        const gdcm::DataElement *found = find(file, element);
        const gdcm::ByteValue *bytes = found == nullptr ? nullptr : found->GetByteValue();
        if (bytes == nullptr) {
            return false;
        }
        std::string value(bytes->GetPointer(), bytes->GetLength());
        value = value.substr(0, value.find('\0'));
        const size_t first = value.find_first_not_of(' ');
        if (first == std::string::npos) {
            return false;
        }
        value = to_utf8(value.substr(first, value.find_last_not_of(' ') - first + 1));
        value.resize(utf8_cut(value.c_str(), size - 1));
        std::snprintf(text, size, "%s", value.c_str());
        return true;
    } catch (...) {
        return false;
    }
}

size_t dicom_numbers(const DicomFile *file, const char *element, double *values, size_t max) {
    try {
        const gdcm::DataElement *found = find(file, element);
        const gdcm::ByteValue *bytes = found == nullptr ? nullptr : found->GetByteValue();
        return bytes == nullptr ? 0
                                : numbers_of(representation_of(file, *found), *bytes, values, max);
    } catch (...) {
        return 0;
    }
}

size_t dicom_sequence_length(const DicomFile *file, const char *element) {
    try {
        const gdcm::DataElement *found = find(file, element);
        const gdcm::SequenceOfItems *items = found == nullptr ? nullptr : sequence_of(file, found);
        return items == nullptr ? 0 : static_cast<size_t>(items->GetNumberOfItems());
    } catch (...) {
        return 0;
    }
}
}
