/* The fourth sheet: what became of the lesions, as measured by readers at follow-up. */
#ifndef YTTRIA_CONVERT_FOLLOWUP_H
#define YTTRIA_CONVERT_FOLLOWUP_H

#include "convert/sheets.h"
#include "core/store.h"

/* Writes a patient's rows of followup.tsv as the table /followup of `output` (docs/file-format.md),
 * with the days from the first of `treatments` (table of convert.h5) to each row's date; whole
 * days of the center's calendar. No rows: no table. STATUS_BAD_DATA naming the row if its date is
 * no date. What the rows say of lesions is checked where the lesions are known: stratify. */
Status followup_write(const Sheets *sheets, const char *center, const char *patient,
                      const Table *treatments, Store *output, Error *error);

#endif
