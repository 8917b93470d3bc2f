/* What a cohort goes through: decisions of all patients to cohort/ (docs/file-format.md). */
#ifndef YTTRIA_AGGREGATE_AGGREGATE_H
#define YTTRIA_AGGREGATE_AGGREGATE_H

#include "core/cli.h"
#include "core/config.h"

/* A batch: every patient of the sheet, with a decision or without, to <run>/cohort/,
 * <run>/dataset_description.json and <run>/status/aggregate.tsv. STATUS_SOME_FAILED if a
 * stratify.h5 is there but unusable: its patient has stratum 0 and the reason. */
Status aggregate_batch(const Config *config, const CliOptions *options, Error *error);

/* By hand: the given stratify.h5 files to `options->out`, the CSV files beside it. A file that
 * cannot be read or does not say whose it is stops the work. */
Status aggregate_by_hand(const Config *config, const CliOptions *options, Error *error);

#endif
