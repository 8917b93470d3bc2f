// Pixels of a DICOM file as stored (DICOM PS3.5 section 8); see dicom_file.h.
//
// Uncompressed pixels are read straight from the file, at the place that dicom_structure_check
// found: GDCM pads truncated ones and mistakes the byte order of 32-bit ones. Compressed and
// deflated ones are decoded by GDCM.
#include "convert/dicom_file_internal.h"

#include <gdcmImageReader.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <utility>
#include <vector>

extern "C" {
#include "convert/shown_path.h"
}

namespace {

const size_t max_samples = size_t(1) << 30;

Status pixel_error(const DicomFile *file, Error *error, const std::string &what) {
    char name[SHOWN_PATH_SIZE];
    return error_set(error, STATUS_BAD_DATA, "%s: %s", shown_path(file->path.c_str(), name),
                     what.c_str());
}

// Size and sample layout, checked before anything is allocated for them.
Status check_pixel_header(const DicomFile *file, size_t size[3], unsigned *bits, Error *error) {
    double rows = 0, columns = 0, frames = 1, samples = 1, allocated = 0;
    dicom_numbers(file, "0028,0010", &rows, 1);
    dicom_numbers(file, "0028,0011", &columns, 1);
    dicom_numbers(file, "0028,0008", &frames, 1);
    dicom_numbers(file, "0028,0002", &samples, 1);
    dicom_numbers(file, "0028,0100", &allocated, 1);
    if (!(rows >= 1 && columns >= 1 && frames >= 1)) {
        return pixel_error(file, error,
                           "Rows (0028,0010), Columns (0028,0011) or Number of Frames (0028,0008) "
                           "is missing or below 1; export the object again");
    }
    if (samples != 1) {
        return pixel_error(file, error,
                           "Samples per Pixel (0028,0002) is not 1: a colour image cannot be "
                           "measured; point images.tsv at the original series");
    }
    if (rows * columns * frames > static_cast<double>(max_samples)) {
        return pixel_error(file, error, "more than 2^30 pixels; the header is damaged");
    }
    if (allocated != 1 && allocated != 8 && allocated != 16 && allocated != 32) {
        return pixel_error(file, error, "Bits Allocated (0028,0100) is not 1, 8, 16 or 32");
    }
    size[0] = static_cast<size_t>(columns);
    size[1] = static_cast<size_t>(rows);
    size[2] = static_cast<size_t>(frames);
    *bits = static_cast<unsigned>(allocated);
    return STATUS_OK;
}

// Uncompressed pixels, straight from the file.
Status read_native(const DicomFile *file, size_t count, unsigned bits, int32_t *values,
                   Error *error) {
    const DicomPixelData &pixels = file->pixels;
    const size_t wanted = (count * bits + 7) / 8;
    if (pixels.length < wanted) {
        return pixel_error(file, error,
                           "Pixel Data (7fe0,0010) has " + std::to_string(pixels.length) +
                               " bytes, the header wants " + std::to_string(wanted) +
                               "; export the object again");
    }
    std::vector<unsigned char> bytes(pixels.length);
    std::FILE *stream = std::fopen(file->path.c_str(), "rb");
    const bool is_read = stream != nullptr &&
                         std::fseek(stream, static_cast<long>(pixels.offset), SEEK_SET) == 0 &&
                         std::fread(bytes.data(), 1, bytes.size(), stream) == bytes.size();
    if (stream != nullptr) {
        std::fclose(stream);
    }
    if (!is_read) {
        return pixel_error(file, error, "Pixel Data (7fe0,0010) cannot be read");
    }
    if (pixels.is_big_endian && pixels.is_word_stream && bits <= 8) {
        for (size_t n = 0; n + 1 < bytes.size(); n += 2) {
            std::swap(bytes[n], bytes[n + 1]);
        }
    }
    const size_t width = bits / 8;
    for (size_t n = 0; n < count; n++) {
        uint32_t value = 0;
        if (bits == 1) {
            value = (bytes[n / 8] >> (n % 8)) & 1u;
        }
        for (size_t b = 0; b < width; b++) {
            const size_t place = pixels.is_big_endian ? width - 1 - b : b;
            value |= static_cast<uint32_t>(bytes[n * width + b]) << (8 * place);
        }
        values[n] = static_cast<int32_t>(value);
    }
    return STATUS_OK;
}

// The stored value is the low Bits Stored bits (PS3.5 section 8.1.1); compressed streams and old
// overlays leave other things above them.
Status keep_stored_bits(const DicomFile *file, unsigned bits, size_t count, int32_t *values,
                        Error *error) {
    double stored = bits, is_signed = 0;
    dicom_numbers(file, "0028,0101", &stored, 1);
    dicom_numbers(file, "0028,0103", &is_signed, 1);
    if (!(stored >= 1 && stored <= bits)) {
        return pixel_error(file, error,
                           "Bits Stored (0028,0101) is not between 1 and Bits "
                           "Allocated (0028,0100); export the object again");
    }
    const unsigned above = 32 - static_cast<unsigned>(stored);
    for (size_t n = 0; n < count; n++) {
        const uint32_t shifted = static_cast<uint32_t>(values[n]) << above;
        values[n] = is_signed != 0 ? static_cast<int32_t>(shifted) >> above
                                   : static_cast<int32_t>(shifted >> above);
        if (is_signed == 0 && values[n] < 0) {
            return pixel_error(file, error, "a 32-bit pixel value is beyond 2^31 - 1");
        }
    }
    return STATUS_OK;
}

template <typename T> void widen(const std::vector<char> &buffer, size_t count, int32_t *values) {
    const T *stored = reinterpret_cast<const T *>(buffer.data());
    for (size_t n = 0; n < count; n++) {
        values[n] = static_cast<int32_t>(stored[n]);
    }
}

Status decode(const DicomFile *file, const gdcm::Image &image, size_t count, int32_t *values,
              Error *error) {
    const gdcm::PixelFormat &format = image.GetPixelFormat();
    if (image.GetBufferLength() != count * format.GetPixelSize() || format.GetPixelSize() == 0) {
        return pixel_error(file, error,
                           "Pixel Data (7fe0,0010) does not have the size that the "
                           "header wants; export the object again");
    }
    std::vector<char> buffer(image.GetBufferLength());
    if (!image.GetBuffer(buffer.data())) {
        return pixel_error(file, error,
                           "Pixel Data (7fe0,0010) cannot be decompressed; the file is truncated "
                           "or damaged: copy it again, uncompressed if possible");
    }
    switch (format.GetScalarType()) {
    case gdcm::PixelFormat::UINT8:
        widen<uint8_t>(buffer, count, values);
        return STATUS_OK;
    case gdcm::PixelFormat::INT8:
        widen<int8_t>(buffer, count, values);
        return STATUS_OK;
    case gdcm::PixelFormat::UINT12:
    case gdcm::PixelFormat::UINT16:
        widen<uint16_t>(buffer, count, values);
        return STATUS_OK;
    case gdcm::PixelFormat::INT12:
    case gdcm::PixelFormat::INT16:
        widen<int16_t>(buffer, count, values);
        return STATUS_OK;
    case gdcm::PixelFormat::INT32:
        widen<int32_t>(buffer, count, values);
        return STATUS_OK;
    case gdcm::PixelFormat::UINT32:
        widen<uint32_t>(buffer, count, values);
        return STATUS_OK;
    default:
        return pixel_error(file, error,
                           std::string("pixel type ") + format.GetScalarTypeAsString() +
                               " cannot be read; export the object with 8, 16 or 32 "
                               "bits per pixel");
    }
}

// Compressed pixels, or a deflated file.
Status read_compressed(const DicomFile *file, size_t count, int32_t *values, Error *error) {
    char modality[17];
    dicom_text(file, "0008,0060", modality, sizeof modality);
    if (std::strcmp(modality, "RTDOSE") == 0) { // GDCM aborts on some of them
        return pixel_error(file, error, "a compressed RTDOSE cannot be read");
    }
    gdcm::ImageReader reader;
    reader.SetFileName(file->path.c_str());
    if (!reader.Read()) {
        return pixel_error(file, error,
                           "no image can be decoded from it; it holds none, or is "
                           "damaged or of an unsupported kind: check images.tsv");
    }
    return decode(file, reader.GetImage(), count, values, error);
}

Status read_pixels(const DicomFile *file, const size_t size[3], unsigned bits, int32_t *values,
                   Error *error) {
    const size_t count = size[0] * size[1] * size[2];
    Status status = STATUS_OK;
    if (file->pixels.offset != 0 && !file->pixels.is_compressed) {
        status = read_native(file, count, bits, values, error);
    } else {
        status = read_compressed(file, count, values, error);
    }
    return status == STATUS_OK ? keep_stored_bits(file, bits, count, values, error) : status;
}

} // namespace

extern "C" {

Status dicom_read_pixels(const DicomFile *file, size_t size[3], int32_t **values, Error *error) {
    *values = nullptr;
    unsigned bits = 0;
    int32_t *stored = nullptr;
    Status status = STATUS_OK;
    try {
        status = check_pixel_header(file, size, &bits, error);
        if (status != STATUS_OK) {
            return status;
        }
        stored = static_cast<int32_t *>(std::malloc(size[0] * size[1] * size[2] * sizeof *stored));
        status = stored == nullptr ? error_no_memory(error, "DICOM pixels")
                                   : read_pixels(file, size, bits, stored, error);
    } catch (const std::bad_alloc &) {
        status = error_no_memory(error, "DICOM pixels");
    } catch (...) {
        status = pixel_error(file, error, "the pixels cannot be read; the file is damaged");
    }
    if (status != STATUS_OK) {
        std::free(stored);
        return status;
    }
    *values = stored;
    return STATUS_OK;
}
}
