/* Sums and variances of the tally by hand, and what its limits do. */
#include "dose/energy_tally.h"

#include <math.h>

#include "tests/unit/suite.h"

static EnergyTally tally;

static EnergySums make_sums(size_t voxels, double histories) {
    EnergySums sums;
    Error error = {0};
    CU_ASSERT_EQUAL_FATAL(energy_sums_create(voxels, histories, 2.3, &sums, &error), STATUS_OK);
    return sums;
}

/* Two blocks; voxel 1 gets 0.5 + 0.25 and 1.0 in the groups of the first, -0.5 in the second. */
static void test_by_hand(void) {
    EnergySums sums = make_sums(3, 1000);
    energy_tally_start(&tally, &sums);
    energy_tally_begin_history(&tally, 0, 2.0, 1.0);
    energy_tally_add(&tally, 1, 0.5);
    energy_tally_add(&tally, 2, 1.5);
    energy_tally_add(&tally, 1, 0.25);
    energy_tally_begin_history(&tally, 1, 1.0, 1.0);
    energy_tally_add(&tally, 1, 1.0);
    energy_tally_flush(&tally);
    energy_tally_begin_history(&tally, 1, 0.75, -1.0);
    energy_tally_add(&tally, 1, 0.5);
    energy_tally_add_escaped(&tally, 0.25);
    energy_tally_flush(&tally);
    const double unit = sums.energy_unit_mev, square = sums.square_unit_mev2;
    const double tolerance = 1e-9; /* of rounding to 2^-46 MeV and 2^-41 MeV2 */
    ASSERT_NEAR((double)sums.energy[1] * unit, 1.25, tolerance);
    ASSERT_NEAR((double)sums.energy[2] * unit, 1.5, tolerance);
    ASSERT_NEAR((double)sums.variance[1] * square, 0.0625 + 0.25, tolerance);
    ASSERT_NEAR((double)sums.variance[2] * square, 2.25, tolerance);
    ASSERT_NEAR((double)sums.additive[1] * square, 0.75 * 2.0 + 1.0 + 0.5 * 0.75, tolerance);
    ASSERT_NEAR((double)sums.emitted * unit, 3.75, tolerance);
    ASSERT_NEAR((double)sums.escaped * unit, 0.25, tolerance);
    CU_ASSERT_EQUAL(sums.energy[0], 0);
    energy_sums_free(&sums);
}

/* More voxels than a block holds: no energy is lost, twice over. */
static void test_too_many_voxels(void) {
    enum { VOXELS = 3 * ENERGY_TALLY_VOXELS + 5 };
    EnergySums sums = make_sums(VOXELS, 1e8);
    energy_tally_start(&tally, &sums);
    for (int block = 0; block < 2; block++) {
        energy_tally_begin_history(&tally, 0, 1.0, 1.0);
        for (size_t n = 0; n < VOXELS; n++) {
            energy_tally_add(&tally, n, 0.001);
        }
        energy_tally_flush(&tally);
    }
    int wrong = 0;
    for (size_t n = 0; n < VOXELS; n++) {
        wrong += fabs((double)sums.energy[n] * sums.energy_unit_mev - 0.002) > 1e-9;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    energy_sums_free(&sums);
}

/* All energy of 1e11 histories in one voxel, and the largest differences, stay below 2^62. */
static void test_no_overflow(void) {
    for (double histories = 1e3; histories <= 1e11; histories *= 10.0) {
        EnergySums sums = make_sums(1, histories);
        CU_ASSERT(histories * 2.3 / sums.energy_unit_mev <= 0x1p62);
        CU_ASSERT(histories * 2.3 / sums.energy_unit_mev >= 0x1p60);
        double block = ENERGY_TALLY_BLOCK * 2.3;
        CU_ASSERT(histories / ENERGY_TALLY_BLOCK * block * block / sums.square_unit_mev2 <= 0x1p62);
        energy_sums_free(&sums);
    }
}

int main(void) {
    static const UnitTest tests[] = {
        {"sums and variances are those by hand", test_by_hand},
        {"a block of too many voxels loses nothing", test_too_many_voxels},
        {"sums have room", test_no_overflow},
    };
    return suite_run("energy_tally", tests, sizeof tests / sizeof *tests);
}
