/* Normalised mutual information of two images under a transform.
 *
 * (H(A) + H(B)) / H(A,B) over the samples that both images cover (Studholme, Hill, Hawkes,
 * Pattern Recognit 32:71, 1999): 1 independent, 2 identical; nearly unaffected by how much the
 * fields of view overlap. The joint histogram is that of Mattes et al., IEEE Trans Med Imaging
 * 22:120, 2003: the sampled image fills one bin, the other one spreads over four by a cubic
 * B-spline, so that the value is smooth in the transform. Samples are jittered off the grid:
 * regular ones make spurious optima where grids coincide (Tsao, IEEE Trans Med Imaging 22:1235,
 * 2003). Weights are integers: the sum is the same in any order, hence for any number of
 * threads. */
#ifndef YTTRIA_REGISTER_MUTUAL_INFORMATION_H
#define YTTRIA_REGISTER_MUTUAL_INFORMATION_H

#include "core/volume.h"

enum { MUTUAL_INFORMATION_MAX_BINS = 96 };

typedef struct MutualInformation MutualInformation;

typedef struct MutualInformationValue {
    double normalised; /* 1..2; 1 if no sample is covered */
    double coverage;   /* fraction of the samples that the other image covers, 0..1 */
} MutualInformationValue;

/* Draws samples `spacing_mm` apart (further apart if there were more than `max_samples`) from
 * `sampled`. Both images hold companded intensities, 0..1. At most `max_bins` bins per image,
 * fewer if samples are few (their cube root, at least 12). `other` is borrowed and must live as
 * long as the result. Free with mutual_information_free. */
Status mutual_information_create(const Volume *sampled, const Volume *other, double spacing_mm,
                                 size_t max_samples, int max_bins, MutualInformation **result,
                                 Error *error);
void mutual_information_free(MutualInformation *mi);

/* Only the samples of `whole` on the far side of a plane: normal . x > offset_mm. May be empty.
 * Free with mutual_information_free; borrows the same `other`. */
Status mutual_information_select(const MutualInformation *whole, const double normal[3],
                                 double offset_mm, MutualInformation **part, Error *error);

size_t mutual_information_sample_count(const MutualInformation *mi);

/* The value under `sampled_to_other`, a map of millimetres. Parallel unless called from within a
 * parallel region. */
MutualInformationValue mutual_information_at(const MutualInformation *mi,
                                             const Affine *sampled_to_other);

#endif
