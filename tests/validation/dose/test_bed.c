/* BED against the definition from which Dale's closed form follows, integrated numerically, and
 * against the formula that another program evaluates. */
#include "dose/biologically_effective_dose.h"

#include <math.h>

#include "tests/unit/suite.h"

/* Lea-Catcheside factor G = 2/D^2 int R(t) int_0^t R(t') exp(-mu (t - t')) dt' dt of a dose rate
 * R = R0 exp(-lambda t): the inner integral y obeys y' = R - mu y, solved by Heun's method. Over 40
 * half-lives all but 1e-12 of the dose is given. */
static double integrate_protraction(double half_life_h, double repair_half_time_h) {
    enum { STEPS = 400000 };
    double lambda = log(2) / half_life_h, mu = log(2) / repair_half_time_h;
    double step = 40.0 * half_life_h / STEPS, y = 0.0, sum = 0.0, dose = 0.0;
    for (int n = 0; n < STEPS; n++) {
        double rate = exp(-lambda * n * step), next_rate = exp(-lambda * (n + 1) * step);
        double slope = rate - mu * y;
        double next_y = y + 0.5 * step * (slope + next_rate - mu * (y + step * slope));
        sum += 0.5 * step * (rate * y + next_rate * next_y);
        dose += 0.5 * step * (rate + next_rate);
        y = next_y;
    }
    return 2.0 * sum / (dose * dose);
}

/* BED = D (1 + G D / (alpha/beta)). Heun's method with steps of 23 s against repair in 1.5 h and
 * decay in 6 h or more: errors of (mu h)^2, below 1e-5. */
static void test_definition(void) {
    static const struct {
        double half_life_h;
        RadiobiologyConfig tissue;
    } cases[] = {{64.042, {10.0, 1.5}},
                 {64.042, {2.75, 2.5}},
                 {64.042, {2.75, 48.0}},
                 {6.0, {10.0, 1.5}},
                 {161.5, {4.0, 0.5}}};
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        const RadiobiologyConfig *tissue = &cases[n].tissue;
        double g = integrate_protraction(cases[n].half_life_h, tissue->repair_half_time_h);
        for (double dose = 5.0; dose < 1000.0; dose *= 3.0) {
            double expected = dose * (1.0 + g * dose / tissue->alpha_beta_gy);
            double bed = biologically_effective_dose_gy(dose, tissue, cases[n].half_life_h);
            ASSERT_NEAR(bed / expected, 1.0, 2e-5);
        }
    }
}

/* EQDX = D (alpha/beta + T_rep / (T_rep + T_phys) D) / (alpha/beta + X), as in EUBEDCalculator.py
 * of MIRDcalculation (GitHub mghro/MIRDCalculation); X = 2. */
static void test_eqdx(void) {
    static const RadiobiologyConfig tissues[] = {{2.75, 2.5}, {4.0, 2.5}, {10.0, 1.5}};
    for (size_t n = 0; n < 3; n++) {
        double ab = tissues[n].alpha_beta_gy, repair = tissues[n].repair_half_time_h;
        for (double dose = 0.5; dose < 2000.0; dose *= 2.0) {
            double expected = dose * (ab + repair / (repair + 64.042) * dose) / (ab + 2.0);
            double bed = biologically_effective_dose_gy(dose, &tissues[n], 64.042);
            ASSERT_NEAR(equieffective_dose_2gy(bed, &tissues[n]) / expected, 1.0, 1e-14);
        }
    }
}

int main(void) {
    static const UnitTest tests[] = {
        {"closed form agrees with the integral over repair and decay", test_definition},
        {"EQD2 agrees with MIRDcalculation's EQDX", test_eqdx},
    };
    return suite_run("BED", tests, sizeof tests / sizeof *tests);
}
