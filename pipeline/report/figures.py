"""The pictures of a patient's page: planes through lesions, and registrations to check."""
import dataclasses

import numpy as np

import planes

PAD_MM = 25.0
MAX_PLANE_PIXELS = 260       # along the longer side of a plane, if the sizes below allow
# The box is a whole number of BOX_STEP_MM, a multiple of every size of pixel: planes of any two
# sizes then cover exactly the same rectangle, and dose lies on anatomy without shift or stretch.
BOX_STEP_MM = 5.0
PIXELS_MM = (1.0, 1.25, 2.5, 5.0)
DOSE_PIXEL_MM = 2.5
COMPARISON_PIXEL_MM = 1.25   # at least, of the registrations
MAX_LESIONS = 5              # with planes of their own; the table lists all
MAX_IMAGES = 4               # registrations shown
TILE_MM = 24.0               # squares of the checkerboard
LIVER, VESSEL, FIRST_LESION = 1, 2, 10


@dataclasses.dataclass
class Picture:
    """One plane: image layers and contours (class, path), in pixels of the view box."""
    name: str
    letters: str
    width: int
    height: int
    bar_px: float            # 5 cm
    anatomy: str
    overlay: str = ""
    contours: tuple = ()
    alt: str = ""


class PatientSpace:
    """The reference image, labels and dose of a patient around what is labelled."""

    def __init__(self, record, max_dose_gy, threshold_gy):
        self.max_dose_gy, self.threshold_gy = max_dose_gy, threshold_gy
        register = record.attributes("register")
        self.reference = register.get("reference", "")
        anatomy = record.find("convert", f"images/{self.reference}/voxels")
        if anatomy is None:
            raise LookupError("the reference image is not there")
        image = record.attributes("convert", f"images/{self.reference}")
        self.modality = image.get("modality", "")
        labels = record.find("segment", "labels")
        self.label_affine = np.asarray(
            (anatomy if labels is None else labels).attrs["affine"], float).reshape(4, 4)
        self.labels = None if labels is None else labels[()]
        box = None if labels is None else planes.labelled_box(self.labels, self.label_affine)
        self.low, high = (_whole_box(anatomy) if box is None
                          else (box[0] - PAD_MM, box[1] + PAD_MM))
        size = np.maximum(np.ceil((high - self.low) / BOX_STEP_MM), 1) * BOX_STEP_MM
        self.high = self.low + size
        self.pixel_mm = next((pixel for pixel in PIXELS_MM
                              if size.max() <= pixel * MAX_PLANE_PIXELS), PIXELS_MM[-1])
        self.anatomy = planes.Sampler(anatomy, self.low, self.high)
        self.limits = planes.window(self.anatomy.voxels, self.modality)
        self.label_sampler = labels is not None and planes.Sampler(labels, self.low, self.high)
        self.dose = self._dose_sampler(record, register.get("pet", ""))

    def _dose_sampler(self, record, pet):
        method = record.attributes("segment").get("dose_method", "kernel")
        dose = record.find("dose", f"dose/{method}")
        to_pet = record.find("register", f"transforms/{pet}")
        if dose is None:
            return None
        return planes.Sampler(dose, self.low, self.high,
                              np.eye(4) if to_pet is None else np.asarray(to_pet[()], float))

    def plane(self, view, center, pixel_mm=None):
        return planes.Plane(view, center, self.low, self.high, pixel_mm or self.pixel_mm)

    def masks(self, focus):
        """(class, voxels as 0 and 1) of what is outlined; `focus` is a lesion's label or None."""
        labels = self.label_sampler.voxels
        lesions = labels >= FIRST_LESION
        chosen = (("liver", labels > 0), ("vessel", labels == VESSEL),
                  ("lesion", lesions if focus is None else lesions & (labels != focus)),
                  ("focus", labels == focus))
        return [(name, mask.astype(np.float32)) for name, mask in chosen if mask.any()]

    def picture(self, view, center, masks, subject):
        plane = self.plane(view, center)
        grey = planes.grey(self.anatomy.at(plane.points), self.limits)
        contours = [(name, planes.contour_path(
            self.label_sampler.at(plane.points, 0.0, mask), 0.5)) for name, mask in masks]
        overlay = ""
        if self.dose:
            coarse = self.plane(view, center, DOSE_PIXEL_MM)
            values = self.dose.at(coarse.points, 0.0)
            overlay = planes.overlay_image(values, self.max_dose_gy)
            contours.append(("isodose", planes.contour_path(
                values, self.threshold_gy, DOSE_PIXEL_MM / plane.pixel_mm)))
        return Picture(plane.name, plane.letters, plane.width, plane.height,
                       50 / plane.pixel_mm, planes.grey_image(grey), overlay,
                       tuple(item for item in contours if item[1]),
                       f"{plane.name} plane through {subject}: anatomy, absorbed dose and outlines")


def _whole_box(dataset):
    affine = np.asarray(dataset.attrs["affine"], float).reshape(4, 4)
    k, j, i = dataset.shape
    corners = planes.transform(affine, np.array(
        [[a, b, c] for a in (0, i - 1) for b in (0, j - 1) for c in (0, k - 1)], float))
    return corners.min(0), corners.max(0)


def lesion_pictures(space, lesions):
    """{lesion: pictures} of the most important ones: underdosed first, then lowest dose."""
    if space.labels is None:
        return {}
    ranked = sorted(enumerate(lesions), key=lambda item: (
        item[1].get("underdosed") != "yes", item[1].get("davg_gy", 0.0)))
    pictures = {}
    for index, lesion in ranked[:MAX_LESIONS]:
        mask = space.labels == FIRST_LESION + index
        if mask.any():
            center = planes.center_inside(mask, space.label_affine)
            masks = space.masks(FIRST_LESION + index)
            name = str(lesion["lesion"])
            pictures[name] = [space.picture(view, center, masks, f"lesion {name}")
                              for view in planes.VIEWS]
    return pictures


def overview_pictures(space):
    """Planes through the middle, for a patient without lesions."""
    center = (space.low + space.high) / 2
    masks = [] if space.labels is None else space.masks(None)
    return [space.picture(view, center, masks, "the middle") for view in planes.VIEWS]


def registration_pictures(space, record, images):
    """{image: pictures}: a checkerboard with the reference, or a PET over it with the liver."""
    center = (space.low + space.high) / 2
    pictures = {}
    for image in images[:MAX_IMAGES]:
        dataset = record.find("register", f"images/{image}/voxels")
        if dataset is None:
            continue
        attributes = record.attributes("convert", f"images/{image}")
        moved = planes.Sampler(dataset, space.low, space.high)
        pictures[image] = [_compare(space, view, center, moved, image, attributes)
                           for view in planes.VIEWS[:2]]
    return pictures


def _compare(space, view, center, moved, name, attributes):
    plane = space.plane(view, center, max(COMPARISON_PIXEL_MM, space.pixel_mm))
    values = moved.at(plane.points)
    levels = planes.grey(space.anatomy.at(plane.points), space.limits)
    overlay, how = "", "in alternating squares with"
    if attributes.get("role") == "pet":
        how = "over"
        # The root makes the liver visible beside lesions that took up many times more.
        overlay = planes.overlay_image(np.sqrt(np.maximum(values, 0)),
                                       max(float(np.nanmax(moved.voxels)), 1e-9) ** 0.5)
    else:
        limits = planes.window(moved.voxels, attributes.get("modality", ""))
        tile = max(2, round(TILE_MM / plane.pixel_mm))
        row, column = np.indices(levels.shape) // tile
        levels = np.where((row + column) % 2 == 0, levels, planes.grey(values, limits))
    masks = ([mask for mask in space.masks(None) if mask[0] == "liver"]
             if space.label_sampler else [])
    contours = tuple((kind, planes.contour_path(
        space.label_sampler.at(plane.points, 0.0, mask), 0.5)) for kind, mask in masks)
    return Picture(plane.name, plane.letters, plane.width, plane.height, 50 / plane.pixel_mm,
                   planes.grey_image(levels), overlay, contours,
                   f"{plane.name} plane: {name} {how} the reference image {space.reference}")
