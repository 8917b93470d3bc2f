/* Attributes are handed on by name, whatever they are; only progression and delay are looked at. */
#include "segment/patient_record.h"

#include "core/flags.h"

enum { WORD_SIZE = 32 };

static Status merge_flags(const Store *const inputs[3], const char *own_flags, Store *output,
                          Error *error) {
    Flags flags = {0};
    for (int n = 0; n < 3; n++) {
        char text[FLAGS_SIZE];
        if (store_get_text(inputs[n], "/", "flags", text, sizeof text, error) != STATUS_OK) {
            return error->status;
        }
        flags_add(&flags, text);
    }
    flags_add(&flags, own_flags);
    return store_set_text(output, "/", "flags", flags.text, error);
}

/* The readers' follow-up, where there is one: nothing of it is measured here. */
static Status copy_followup(const Store *convert, Store *output, Error *error) {
    Table *table = NULL;
    if (!store_has(convert, "/followup")) {
        return STATUS_OK;
    }
    Status status = store_read_table(convert, "/followup", &table, error);
    status = status == STATUS_OK ? store_write_table(output, "/followup", table, error) : status;
    table_free(table);
    return status;
}

Status patient_record_copy(const Store *convert, const Store *registered, const Store *dose,
                           const char *own_flags, Store *output, Error *error) {
    char progression[WORD_SIZE];
    double delay_h;
    Status status;
    if ((status = store_copy_attributes(convert, output, "/patient", error)) ||
        (status = store_get_text(convert, "/patient", "progression", progression,
                                 sizeof progression, error)) ||
        (status = store_get_number(dose, "/", "max_imaging_delay_h", &delay_h, error)) ||
        (status = store_set_text(output, "/", "progression", progression, error)) ||
        (status = store_set_number(output, "/", "imaging_delay_h", delay_h, error)) ||
        (status = copy_followup(convert, output, error))) {
        return status;
    }
    const Store *const inputs[3] = {convert, registered, dose};
    return merge_flags(inputs, own_flags, output, error);
}
