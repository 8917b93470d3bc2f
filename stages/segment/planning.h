/* What the planning models in use predict for a treatment, to stand beside what the PET measured.
 *
 * With A the activity administered less residual, L the lung shunt fraction, M masses (volume x
 * density) of tumour T and normal liver N, r the tumour-to-normal ratio of activity per mass, and
 * k the dose factor (Gy g / Bq):
 *
 * - MIRD, one compartment: D_liver = k A (1 - L) / (M_T + M_N). As printed: A[GBq] = D[Gy] m[kg] /
 *   (49.67 (1 - L)) (van Roekel, thesis, p. 30; a public code multiplies by 1 - L instead, which
 *   asks for less activity where more is lost).
 * - BSA, an empirical rule for resin spheres that prescribes an activity and knows no dose:
 *   A_BSA[GBq] = BSA - 0.2 + V_T / (V_T + V_N), BSA[m2] = 0.20247 h[m]^0.725 w[kg]^0.425 (Du Bois
 *   with metres; same source, the package insert was not seen; the volume printed as V_liver is
 *   that of the normal liver). Height comes in cm here. Doses are those A_BSA implies by MIRD.
 * - Partition: D_N = k A (1 - L) / (r M_T + M_N), D_T = r D_N (Ho 1996, Eur J Nucl Med 23:947,
 *   equation recalled; artery by artery in Kao 2014, doi 10.1007/s00270-013-0783-z, where R may
 * also be the ratio of the activities themselves: here r is per mass, never that).
 *
 * All take the whole liver as perfused: no structure says which lobe was treated. k is the one of
 * every dose method (dose.h5), not the 49.67 or 50 J/GBq of the sources. */
#ifndef YTTRIA_SEGMENT_PLANNING_H
#define YTTRIA_SEGMENT_PLANNING_H

#include <stddef.h>

enum { PLANNING_TEXT_SIZE = 160 };

typedef enum PlanningModel {
    PLANNING_MIRD,
    PLANNING_BSA,
    PLANNING_PARTITION,
    PLANNING_MODEL_COUNT
} PlanningModel;

/* Of the patient; NaN: unknown. */
typedef struct PlanningPatient {
    double dose_factor_gy_per_bq_g;
    double density_g_ml;         /* of liver and tumour */
    double tumour_ml, normal_ml; /* lesions in the liver, and the rest of it */
    double tumour_to_normal;     /* measured */
    double height_cm, weight_kg;
} PlanningPatient;

/* Of one treatment; NaN: unknown. */
typedef struct PlanningTreatment {
    double activity_gbq; /* administered less residual */
    double lung_shunt_fraction;
    double lung_gy; /* of that activity and shunt */
} PlanningTreatment;

/* NaN: the model does not say, or cannot because an input is unknown. */
typedef struct PlanningPrediction {
    double prescribed_gbq; /* BSA only, for the whole liver */
    double liver_gy, tumour_gy, normal_gy;
    double lung_gy;                   /* of the given activity; BSA: of the prescribed one */
    char unknown[PLANNING_TEXT_SIZE]; /* inputs of the model that are unknown, separated by ';' */
} PlanningPrediction;

/* "mird", "bsa", "partition". */
const char *planning_model_name(PlanningModel model);

/* Body surface, m2. */
double planning_body_surface_m2(double height_cm, double weight_kg);

PlanningPrediction planning_predict(PlanningModel model, const PlanningPatient *patient,
                                    const PlanningTreatment *treatment);

/* All treatments as one: activities and lung doses add up, shunts average by activity. What the
 * models predict for it is the sum of what they predict for each. */
PlanningTreatment planning_combine(const PlanningTreatment *treatments, size_t count);

#endif
