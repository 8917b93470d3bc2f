"""Reader contours: RTSTRUCT (closed planar contours) and SEG (binary multi-frame)."""
import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.pixel_data_handlers.numpy_handler import pack_bits

from contours import closed_contours
from dicom_writer import code, da, decimal, new_file, save, tm

RTSTRUCT_STORAGE = "1.2.840.10008.5.1.4.1.1.481.3"
SEG_STORAGE = "1.2.840.10008.5.1.4.1.1.66.4"
STUDY_COMPONENT = "1.2.840.10008.3.1.2.3.1"
SEGMENT_TYPES = {"liver": ("10200004", "Liver"), "vessel": ("29092000", "Vein"),
                 "lesion": ("4147007", "Mass")}


def _reference(sop_class, sop_instance):
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, sop_instance
    return item


def write_rtstruct(path, structures, grid, image, person, uids, when):
    """`structures` maps ROI names to signed-distance fields on `grid`; `image` is the series they
    are drawn on: (sop_class, series_uid, instances by k, frame_uid)."""
    sop_class, series_uid, instances, frame_uid = image
    ds = new_file(RTSTRUCT_STORAGE, uids("RTSTRUCT"), person, uids, when, ExplicitVRLittleEndian)
    ds.Modality, ds.SeriesInstanceUID, ds.SeriesNumber = "RTSTRUCT", uids("RTSTRUCT", "s"), "9"
    ds.Manufacturer, ds.OperatorsName = "Phantom Contouring", ""
    ds.StructureSetLabel, ds.StructureSetDate, ds.StructureSetTime = "LIVER", da(when), tm(when)
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = frame_uid, ""
    ds.ReferencedFrameOfReferenceSequence = _drawn_on(ds, sop_class, series_uid, instances,
                                                      frame_uid)
    ds.StructureSetROISequence, ds.ROIContourSequence = Sequence(), Sequence()
    ds.RTROIObservationsSequence = Sequence()
    for number, (name, field) in enumerate(structures.items(), 1):
        _add_roi(ds, number, name, frame_uid)
        ds.ROIContourSequence.append(_roi_contours(number, field, grid, sop_class, instances))
    save(ds, path)


def _drawn_on(ds, sop_class, series_uid, instances, frame_uid):
    series = Dataset()
    series.SeriesInstanceUID = series_uid
    series.ContourImageSequence = Sequence([_reference(sop_class, u) for u in instances])
    study = _reference(STUDY_COMPONENT, ds.StudyInstanceUID)
    study.RTReferencedSeriesSequence = Sequence([series])
    frame = Dataset()
    frame.FrameOfReferenceUID = frame_uid
    frame.RTReferencedStudySequence = Sequence([study])
    return Sequence([frame])


def _add_roi(ds, number, name, frame_uid):
    roi = Dataset()
    roi.ROINumber, roi.ReferencedFrameOfReferenceUID = str(number), frame_uid
    roi.ROIName, roi.ROIGenerationAlgorithm = name, "MANUAL"
    ds.StructureSetROISequence.append(roi)
    seen = Dataset()
    seen.ObservationNumber, seen.ReferencedROINumber = str(number), str(number)
    seen.RTROIInterpretedType, seen.ROIInterpreter = "", ""
    ds.RTROIObservationsSequence.append(seen)


def _roi_contours(number, field, grid, sop_class, instances):
    item = Dataset()
    item.ROIDisplayColor = [str((90 * number) % 256), "200", str((50 * number) % 256)]
    item.ContourSequence = Sequence()
    for k in range(grid.shape[0]):
        if field[k].min() >= 0:
            continue
        for loop in closed_contours(field[k]):
            ijk = np.column_stack([loop[:, 1], loop[:, 0], np.full(len(loop), float(k))])
            points = ijk @ grid.affine[:3, :3].T + grid.affine[:3, 3]
            contour = Dataset()
            contour.ContourImageSequence = Sequence([_reference(sop_class, instances[k])])
            contour.ContourGeometricType = "CLOSED_PLANAR"
            contour.NumberOfContourPoints = str(len(points))
            contour.ContourData = [f"{v:.3f}" for v in points.ravel()]
            item.ContourSequence.append(contour)
    item.ReferencedROINumber = str(number)
    return item


def write_seg(path, structures, grid, image, person, uids, when):
    """`structures` maps segment labels to (kind, boolean mask on `grid`). Only frames that hold
    something are written, as most programs do."""
    sop_class, series_uid, instances, frame_uid = image
    ds = new_file(SEG_STORAGE, uids("SEG"), person, uids, when, ExplicitVRLittleEndian)
    ds.Modality, ds.SeriesInstanceUID, ds.SeriesNumber = "SEG", uids("SEG", "s"), "9"
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = frame_uid, ""
    _seg_header(ds, when)
    ds.ReferencedSeriesSequence = Sequence([Dataset()])
    ds.ReferencedSeriesSequence[0].SeriesInstanceUID = series_uid
    ds.ReferencedSeriesSequence[0].ReferencedInstanceSequence = Sequence(
        [_reference(sop_class, u) for u in instances])
    ds.SegmentSequence = Sequence([_segment(n, label, kind) for n, (label, (kind, _))
                                   in enumerate(structures.items(), 1)])
    masks = [mask for _, mask in structures.values()]
    frames = [(s, k) for s, mask in enumerate(masks) for k in range(grid.shape[0])
              if mask[k].any()]
    _seg_geometry(ds, grid, uids)
    used = sorted({k for _, k in frames}, key=lambda k: _along(grid, k))
    rank = {k: n + 1 for n, k in enumerate(used)}
    ds.PerFrameFunctionalGroupsSequence = Sequence(
        [_seg_frame(grid, s, k, rank[k], sop_class, instances) for s, k in frames])
    ds.NumberOfFrames = str(len(frames))
    bits = pack_bits(np.stack([masks[s][k] for s, k in frames]).astype(np.uint8).ravel())
    ds.PixelData = bits + b"\0" * (len(bits) % 2)
    ds["PixelData"].VR = "OB"
    save(ds, path)


def _along(grid, k):
    normal = np.cross(grid.affine[:3, 0], grid.affine[:3, 1])
    return float(normal @ (grid.affine[:3, 2] * k))


def _seg_header(ds, when):
    ds.SeriesDate, ds.SeriesTime, ds.ContentDate, ds.ContentTime = (da(when), tm(when)) * 2
    ds.Manufacturer, ds.ManufacturerModelName = "Phantom Contouring", "Segmenter"
    ds.DeviceSerialNumber, ds.SoftwareVersions = "1", "1.0"
    ds.ImageType, ds.InstanceNumber = ["DERIVED", "PRIMARY"], "1"
    ds.ContentLabel, ds.ContentDescription, ds.ContentCreatorName = "LIVER", "", ""
    ds.SegmentationType, ds.LossyImageCompression = "BINARY", "00"
    ds.SegmentsOverlap = "YES"


def _segment(number, label, kind):
    value, meaning = SEGMENT_TYPES[kind]
    item = Dataset()
    item.SegmentNumber, item.SegmentLabel = number, label
    item.SegmentAlgorithmType = "MANUAL"
    category = code("49755003", "SCT", "Morphologically Abnormal Structure") \
        if kind == "lesion" else code("123037004", "SCT", "Anatomical Structure")
    item.SegmentedPropertyCategoryCodeSequence = Sequence([category])
    item.SegmentedPropertyTypeCodeSequence = Sequence([code(value, "SCT", meaning)])
    return item


def _seg_geometry(ds, grid, uids):
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = grid.shape[1:]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 1, 1, 0, 0
    measures, orientation, shared = Dataset(), Dataset(), Dataset()
    measures.SliceThickness = decimal(grid.spacing_mm[2])
    measures.SpacingBetweenSlices = decimal(grid.spacing_mm[2])
    measures.PixelSpacing = [decimal(grid.spacing_mm[1]), decimal(grid.spacing_mm[0])]
    directions = [grid.affine[:3, a] / grid.spacing_mm[a] for a in (0, 1)]
    orientation.ImageOrientationPatient = [decimal(v) for v in np.concatenate(directions)]
    shared.PixelMeasuresSequence = Sequence([measures])
    shared.PlaneOrientationSequence = Sequence([orientation])
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    organization = Dataset()
    organization.DimensionOrganizationUID = uids("SEG", "dimensions")
    ds.DimensionOrganizationSequence = Sequence([organization])
    ds.DimensionIndexSequence = Sequence()
    for pointer, group in ((0x0062000B, 0x0062000A), (0x00200032, 0x00209113)):
        index = Dataset()
        index.DimensionOrganizationUID = organization.DimensionOrganizationUID
        index.DimensionIndexPointer, index.FunctionalGroupPointer = pointer, group
        ds.DimensionIndexSequence.append(index)


def _seg_frame(grid, segment, k, rank, sop_class, instances):
    frame, content, position, which = Dataset(), Dataset(), Dataset(), Dataset()
    content.DimensionIndexValues = [segment + 1, rank]
    frame.FrameContentSequence = Sequence([content])
    position.ImagePositionPatient = [decimal(v) for v in
                                     grid.affine[:3, 2] * k + grid.affine[:3, 3]]
    frame.PlanePositionSequence = Sequence([position])
    which.ReferencedSegmentNumber = segment + 1
    frame.SegmentIdentificationSequence = Sequence([which])
    source = _reference(sop_class, instances[k])
    source.PurposeOfReferenceCodeSequence = Sequence(
        [code("121322", "DCM", "Source image for image processing operation")])
    derivation = Dataset()
    derivation.SourceImageSequence = Sequence([source])
    derivation.DerivationCodeSequence = Sequence([code("113076", "DCM", "Segmentation")])
    frame.DerivationImageSequence = Sequence([derivation])
    return frame
