/* Are the stated probabilities calibrated? 500 simulated patients whose true doses, diameters and
 * vessel distances are known: of the strata stated with probability p a share p must be true.
 * Reliability by bins and Brier score (Brier, Mon Weather Rev 1950;78:1), tested by Spiegelhalter's
 * statistic (Stat Med 1986;5:421). Claims that are wrong must fail the same test. */
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "tests/unit/stratify/probability_fixture.h"

enum { PATIENTS = 500, SAMPLES = 2000, BINS = 10 };

/* Forecasts of yes or no, and what came. */
typedef struct Reliability {
    double n[BINS], stated[BINS], observed[BINS], variance[BINS];
    double brier, excess, excess_variance; /* Spiegelhalter: sum of (o - p)(1 - 2p) */
} Reliability;

static void add(Reliability *r, double p, bool is_true) {
    int bin = (int)fmin(p * BINS, BINS - 1);
    double o = is_true ? 1.0 : 0.0;
    r->n[bin] += 1;
    r->stated[bin] += p;
    r->observed[bin] += o;
    r->variance[bin] += p * (1 - p);
    r->brier += (p - o) * (p - o);
    r->excess += (o - p) * (1 - 2 * p);
    r->excess_variance += (1 - 2 * p) * (1 - 2 * p) * p * (1 - p);
}

/* Eleven comparisons at 3.3 deviations: good forecasts fail once in a hundred. The half is the step
 * of a count. */
static bool is_calibrated(const Reliability *r) {
    bool is_good = fabs(r->excess) <= 3.3 * sqrt(r->excess_variance);
    for (int b = 0; b < BINS; b++) {
        is_good =
            is_good && fabs(r->observed[b] - r->stated[b]) <= 3.3 * sqrt(r->variance[b]) + 0.5;
    }
    return is_good;
}

static void print(const char *title, const Reliability *r) {
    double n = 0.0;
    printf("%s\n  stated   true  number  deviations\n", title);
    for (int b = 0; b < BINS; b++) {
        n += r->n[b];
        if (r->n[b] > 0) {
            printf("  %6.3f %6.3f  %6.0f  %+10.1f\n", r->stated[b] / r->n[b],
                   r->observed[b] / r->n[b], r->n[b],
                   (r->observed[b] - r->stated[b]) / sqrt(r->variance[b] + 1e-12));
        }
    }
    printf("  Brier score %.4f, Spiegelhalter's z %+.2f\n", r->brier / n,
           r->excess / sqrt(r->excess_variance));
}

/* The truth: broad around all limits, so that the measured value alone tells where it lies. */
static Uncertain draw_truth(gsl_rng *rng) {
    Uncertain truth = {.n = 1 + gsl_rng_uniform_int(rng, 8)};
    double centre_gy = gsl_ran_flat(rng, 20.0, 60.0);
    for (size_t i = 0; i < truth.n; i++) {
        truth.davg_gy[i] = fabs(centre_gy + gsl_ran_flat(rng, -20.0, 20.0));
        truth.diameter_mm[i] = gsl_ran_flat(rng, 15.0, 45.0);
        truth.distance_mm[i] = gsl_ran_flat(rng, 0.0, 12.0);
    }
    return truth;
}

/* A measurement of it: the scanner's factor, then the errors of each lesion. */
static Uncertain measure(gsl_rng *rng, const Uncertain *truth) {
    Uncertain u = {.n = truth->n,
                   .calibration = gsl_ran_flat(rng, 0.05, 0.15),
                   .u_diameter_mm = gsl_ran_flat(rng, 1.0, 2.5),
                   .u_distance_mm = gsl_ran_flat(rng, 0.7, 2.0)};
    double factor = exp(gsl_ran_gaussian(rng, sqrt(log(1 + u.calibration * u.calibration))));
    for (size_t i = 0; i < u.n; i++) {
        u.own_gy[i] = gsl_ran_flat(rng, 1.0, 5.0);
        u.davg_gy[i] = factor * truth->davg_gy[i] + gsl_ran_gaussian(rng, u.own_gy[i]);
        u.diameter_mm[i] = truth->diameter_mm[i] + gsl_ran_gaussian(rng, u.u_diameter_mm);
        u.distance_mm[i] =
            fmax(0.0, truth->distance_mm[i] + gsl_ran_gaussian(rng, u.u_distance_mm));
    }
    return u;
}

/* States other uncertainties than those of the errors that were made. */
static void scale_uncertainties(Uncertain *u, double scale) {
    u->calibration *= scale;
    u->u_diameter_mm *= scale;
    u->u_distance_mm *= scale;
    for (size_t i = 0; i < u->n; i++) {
        u->own_gy[i] *= scale;
    }
}

static int stratum_of(const Uncertain *u) {
    return strata_stratum(&u->patient, &PROTOCOL, fixture_rules(), NULL);
}

/* Forecasts: each stratum of each patient (within a patient they exclude each other, which only
 * lowers the variance of a bin's count); the assigned one; P(underdosed) and P(amenable) of the
 * first lesion, since lesions of one patient share an error. */
typedef struct Forecasts {
    Reliability strata, assigned, underdosed, amenable;
    double right; /* assigned strata that are true */
} Forecasts;

static void forecast(double scale, Forecasts *f) {
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    *f = (Forecasts){.right = 0.0};
    for (int patient = 0; patient < PATIENTS; patient++) {
        Uncertain truth = draw_truth(rng), u = measure(rng, &truth);
        fixture_lay_out(&truth, SAMPLES, 1);
        scale_uncertainties(&u, scale);
        fixture_lay_out(&u, SAMPLES, (uint64_t)patient);
        Sampled sampled = fixture_sample(&u);
        int is = stratum_of(&truth), assigned = stratum_of(&u);
        for (int s = 1; s <= RULE_MAX_STRATUM; s++) {
            add(&f->strata, sampled.strata[s], s == is);
        }
        add(&f->assigned, sampled.strata[assigned], assigned == is);
        add(&f->underdosed, sampled.lesions[0].underdosed,
            truth.davg_gy[0] < PROTOCOL.threshold_gy);
        add(&f->amenable, sampled.lesions[0].amenable,
            truth.diameter_mm[0] < PROTOCOL.ablation_max_diameter_mm &&
                truth.distance_mm[0] > PROTOCOL.contact_tolerance_mm);
        f->right += assigned == is;
    }
    gsl_rng_free(rng);
}

static void test_calibrated(void) {
    Forecasts f;
    forecast(1.0, &f);
    print("strata, all of every patient", &f.strata);
    print("assigned stratum", &f.assigned);
    print("lesion underdosed", &f.underdosed);
    print("lesion amenable", &f.amenable);
    printf("assigned stratum true in %.1f %% of %d patients\n", 100 * f.right / PATIENTS, PATIENTS);
    CU_ASSERT(is_calibrated(&f.strata));
    CU_ASSERT(is_calibrated(&f.assigned));
    CU_ASSERT(is_calibrated(&f.underdosed));
    CU_ASSERT(is_calibrated(&f.amenable));
}

/* Half and twice the true uncertainties. */
static void test_wrong_claims(void) {
    Forecasts f;
    forecast(0.5, &f);
    print("uncertainties halved: strata", &f.strata);
    CU_ASSERT_FALSE(is_calibrated(&f.strata));
    CU_ASSERT_FALSE(is_calibrated(&f.assigned));
    CU_ASSERT_FALSE(is_calibrated(&f.underdosed));
    CU_ASSERT_FALSE(is_calibrated(&f.amenable));
    forecast(2.0, &f);
    print("uncertainties doubled: strata", &f.strata);
    CU_ASSERT_FALSE(is_calibrated(&f.strata));
}

int main(void) {
    const UnitTest tests[] = {
        {"stated probabilities are calibrated", test_calibrated},
        {"wrong uncertainties are found out", test_wrong_claims},
    };
    return suite_run("probability_calibration", tests, sizeof tests / sizeof *tests);
}
