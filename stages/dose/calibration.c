/* See calibration.h. Two ways to absolute activity, both computed: their ratio is a quality figure
 * of scanner, sheet and vial together, whichever way is used. */
#include "dose/calibration.h"

#include <math.h>

static const char positron_fraction[] = "positron_fraction (0018,1076)";

/* A difference too large to correct unasked, and a method that would not notice. */
static Status refuse_difference(const CalibrationConfig *config, const Nuclide *nuclide,
                                double fraction, Error *error) {
    return error_set(error, STATUS_BAD_DATA,
                     "%s is %.4g, %s has %.4g positrons per decay, and "
                     "calibration.max_positron_fraction_difference allows %.3g: find out whether "
                     "the scanner divided by it, then set calibration.positron_fraction to correct "
                     "(it did) or ignore (the image is right as it is), or set calibration.method "
                     "to administered_activity, where it cancels",
                     positron_fraction, fraction, nuclide->name, nuclide->positron_yield,
                     config->max_positron_fraction_difference);
}

static Status check_fraction(const Nuclide *nuclide, double fraction, Error *error) {
    if (!(fraction > 0.0 && fraction <= 1.0)) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s is %g, wanted a number from 0 to 1: correct the image's header or "
                         "JSON, or set calibration.positron_fraction to ignore if the image is "
                         "right as it is",
                         positron_fraction, fraction);
    }
    if (!(nuclide->positron_yield > 0.0)) {
        return error_set(error, STATUS_BAD_DATA,
                         "%s is %g, and the configured nuclide %s has no positrons: correct "
                         "positron_yield in the nuclide's file, or set "
                         "calibration.positron_fraction to ignore",
                         positron_fraction, fraction, nuclide->name);
    }
    return STATUS_OK;
}

Status calibration_positron_factor(const CalibrationConfig *config, const Nuclide *nuclide,
                                   double fraction, double *factor, Flags *flags, Error *error) {
    *factor = 1.0;
    if (isnan(fraction)) {
        return STATUS_OK;
    }
    if (fraction == 0.0) {
        flags_add(flags, "positron_fraction_zero");
        return STATUS_OK;
    }
    bool is_ignored = config->positron_fraction == POSITRON_FRACTION_IGNORE;
    if (!is_ignored && check_fraction(nuclide, fraction, error) != STATUS_OK) {
        return error->status;
    }
    double stated = fraction / nuclide->positron_yield;
    bool differs = !(fabs(stated - 1.0) <= config->max_positron_fraction_difference);
    bool is_corrected =
        !is_ignored && (!differs || config->positron_fraction == POSITRON_FRACTION_CORRECT);
    if (is_corrected) {
        *factor = stated;
        return STATUS_OK;
    }
    if (!is_ignored && config->method == CALIBRATION_ABSOLUTE) {
        return refuse_difference(config, nuclide, fraction, error);
    }
    if (differs) {
        flags_add(flags, "positron_fraction_differs");
    }
    return STATUS_OK;
}

const char *calibration_region_name(const Calibration *calibration) {
    return calibration->is_in_liver ? "liver" : "field_of_view";
}

static Status check_activity(const CalibrationConfig *config, const RegionActivity *activity,
                             const Calibration *calibration, double net_gbq, Error *error) {
    if (!(activity->field_of_view_gbq > 0.0)) {
        return error_set(error, STATUS_BAD_DATA,
                         "the PET holds %.4g GBq in its field of view: an image without activity "
                         "has no dose; check that it is the PET after treatment",
                         activity->field_of_view_gbq);
    }
    if (config->method == CALIBRATION_ABSOLUTE) {
        return STATUS_OK;
    }
    if (isnan(net_gbq)) {
        return error_set(error, STATUS_BAD_DATA,
                         "activity_gbq is missing, which calibration.method "
                         "administered_activity needs: fill it in the treatments sheet, or use "
                         "calibration.method absolute");
    }
    if (calibration->is_in_liver && !(activity->liver_gbq > 0.0)) {
        return error_set(error, STATUS_BAD_DATA,
                         "the PET holds %.4g GBq in the imported liver, which cannot be scaled to "
                         "the administered activity: check the liver's mask and registration, or "
                         "set calibration.region to field_of_view",
                         activity->liver_gbq);
    }
    return STATUS_OK;
}

static double known_or(double value, double otherwise) {
    return isnan(value) ? otherwise : value;
}

Status calibration_choose(const CalibrationConfig *config, const Scanner *scanner,
                          const RegionActivity *activity, double net_gbq, Calibration *calibration,
                          Flags *flags, Error *error) {
    bool is_absolute = config->method == CALIBRATION_ABSOLUTE;
    double own_factor = scanner != NULL ? scanner->calibration_factor : NAN;
    double own_uncertainty =
        scanner != NULL && is_absolute ? scanner->calibration_uncertainty : NAN;
    *calibration = (Calibration){
        .absolute_factor = known_or(own_factor, config->factor),
        .uncertainty = known_or(own_uncertainty, config->uncertainty),
        .is_in_liver =
            config->region == CALIBRATION_LIVER_OR_FIELD_OF_VIEW && !isnan(activity->liver_gbq),
    };
    Status status = check_activity(config, activity, calibration, net_gbq, error);
    if (status != STATUS_OK) {
        return status;
    }
    double region_gbq =
        calibration->is_in_liver ? activity->liver_gbq : activity->field_of_view_gbq;
    calibration->factor = is_absolute ? calibration->absolute_factor : net_gbq / region_gbq;
    calibration->ratio = region_gbq * calibration->absolute_factor / net_gbq;
    if (fabs(calibration->ratio - 1.0) > config->ratio_tolerance) {
        flags_add(flags, "activity_ratio");
    }
    return STATUS_OK;
}
