/* The store's attributes and single texts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/store_internal.h"

enum { TEXT_SIZE = 4096 };

bool store_has_attribute(const Store *store, const char *object, const char *name) {
    return store_has(store, object) &&
           H5Aexists_by_name(store->file, object, name, H5P_DEFAULT) > 0;
}

static Status set_attribute(Store *store, const char *object, const char *name, hid_t type,
                            const void *value, Error *error) {
    if (!store_has(store, object) && store_make_groups(store, object, true, error) != STATUS_OK) {
        return error->status;
    }
    if (store_has_attribute(store, object, name)) {
        H5Adelete_by_name(store->file, object, name, H5P_DEFAULT);
    }
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate_by_name(store->file, object, name, type, space, H5P_DEFAULT,
                                        H5P_DEFAULT, H5P_DEFAULT);
    int failed = attribute < 0 || H5Awrite(attribute, type, value) < 0;
    if (attribute >= 0) {
        H5Aclose(attribute);
    }
    H5Sclose(space);
    return failed ? store_failed(store, object, "an attribute cannot be written", error)
                  : STATUS_OK;
}

Status store_set_text(Store *store, const char *object, const char *name, const char *value,
                      Error *error) {
    hid_t type = store_text_type();
    Status status = set_attribute(store, object, name, type, &value, error);
    H5Tclose(type);
    return status;
}

Status store_set_number(Store *store, const char *object, const char *name, double value,
                        Error *error) {
    return set_attribute(store, object, name, H5T_NATIVE_DOUBLE, &value, error);
}

static Status missing(const Store *store, const char *object, const char *name, const char *what,
                      Error *error) {
    return error_set(error, STATUS_BAD_DATA, "%s: %s: attribute '%s' %s", store->path, object, name,
                     what);
}

/* Opens a scalar attribute of the given class. */
static Status open_attribute(const Store *store, const char *object, const char *name,
                             H5T_class_t wanted, hid_t *attribute, hid_t *type, Error *error) {
    if (!store_has_attribute(store, object, name)) {
        return missing(store, object, name, "is missing", error);
    }
    *attribute = H5Aopen_by_name(store->file, object, name, H5P_DEFAULT, H5P_DEFAULT);
    *type = H5Aget_type(*attribute);
    hid_t space = H5Aget_space(*attribute);
    H5T_class_t class = H5Tget_class(*type);
    bool number = class == H5T_INTEGER || class == H5T_FLOAT;
    bool fits = wanted == H5T_STRING ? class == H5T_STRING : number;
    bool single = H5Sget_simple_extent_npoints(space) == 1;
    H5Sclose(space);
    if (!fits || !single) {
        H5Tclose(*type);
        H5Aclose(*attribute);
        return missing(store, object, name,
                       wanted == H5T_STRING ? "is not one text" : "is not one number", error);
    }
    return STATUS_OK;
}

static Status read_text(hid_t attribute, hid_t type, char *value, size_t size) {
    if (H5Tis_variable_str(type)) {
        hid_t memory = store_text_type();
        char *text = NULL;
        herr_t failed = H5Aread(attribute, memory, &text);
        H5Tclose(memory);
        if (failed < 0 || text == NULL) {
            return STATUS_BAD_DATA;
        }
        snprintf(value, size, "%s", text);
        H5free_memory(text);
        return STATUS_OK;
    }
    size_t length = H5Tget_size(type);
    char *text = calloc(length + 1, 1);
    if (text == NULL || H5Aread(attribute, type, text) < 0) {
        free(text);
        return STATUS_BAD_DATA;
    }
    snprintf(value, size, "%s", text);
    free(text);
    return STATUS_OK;
}

Status store_get_text(const Store *store, const char *object, const char *name, char *value,
                      size_t size, Error *error) {
    hid_t attribute = H5I_INVALID_HID, type = H5I_INVALID_HID;
    if (open_attribute(store, object, name, H5T_STRING, &attribute, &type, error) != STATUS_OK) {
        return error->status;
    }
    Status status = read_text(attribute, type, value, size);
    H5Tclose(type);
    H5Aclose(attribute);
    return status == STATUS_OK ? STATUS_OK : missing(store, object, name, "cannot be read", error);
}

Status store_get_number(const Store *store, const char *object, const char *name, double *value,
                        Error *error) {
    hid_t attribute = H5I_INVALID_HID, type = H5I_INVALID_HID;
    if (open_attribute(store, object, name, H5T_FLOAT, &attribute, &type, error) != STATUS_OK) {
        return error->status;
    }
    herr_t failed = H5Aread(attribute, H5T_NATIVE_DOUBLE, value);
    H5Tclose(type);
    H5Aclose(attribute);
    return failed < 0 ? missing(store, object, name, "cannot be read", error) : STATUS_OK;
}

static Status list_attribute_names(const Store *store, hid_t id, char **names, size_t count,
                                   Error *error) {
    for (size_t n = 0; n < count; n++) {
        ssize_t length = H5Aget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, (hsize_t)n, NULL,
                                            0, H5P_DEFAULT);
        names[n] = length >= 0 ? malloc((size_t)length + 1) : NULL;
        if (names[n] == NULL) {
            return store_failed(store, "/", "attributes cannot be listed", error);
        }
        H5Aget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, (hsize_t)n, names[n],
                           (size_t)length + 1, H5P_DEFAULT);
    }
    return STATUS_OK;
}

Status store_list_attributes(const Store *store, const char *object, char ***names, size_t *count,
                             Error *error) {
    *names = NULL;
    *count = 0;
    if (!store_has(store, object)) {
        return STATUS_OK;
    }
    hid_t id = H5Oopen(store->file, object, H5P_DEFAULT);
    H5O_info_t info = {0};
    if (id < 0 || H5Oget_info2(id, &info, H5O_INFO_NUM_ATTRS) < 0) {
        return store_failed(store, object, "cannot be opened", error);
    }
    size_t attributes = (size_t)info.num_attrs;
    char **list = calloc(attributes > 0 ? attributes : 1, sizeof *list);
    Status status = list != NULL ? list_attribute_names(store, id, list, attributes, error)
                                 : error_no_memory(error, "attribute names");
    H5Oclose(id);
    if (status != STATUS_OK) {
        store_free_names(list, attributes);
        return status;
    }
    *names = list;
    *count = attributes;
    return STATUS_OK;
}

static Status copy_attribute(const Store *source, Store *target, const char *object,
                             const char *name, Error *error) {
    double number;
    if (store_get_number(source, object, name, &number, error) == STATUS_OK) {
        return store_set_number(target, object, name, number, error);
    }
    char text[TEXT_SIZE];
    Status status = store_get_text(source, object, name, text, sizeof text, error);
    return status == STATUS_OK ? store_set_text(target, object, name, text, error) : status;
}

Status store_copy_attributes(const Store *source, Store *target, const char *object, Error *error) {
    char **names;
    size_t count;
    Status status = store_list_attributes(source, object, &names, &count, error);
    for (size_t n = 0; status == STATUS_OK && n < count; n++) {
        status = copy_attribute(source, target, object, names[n], error);
    }
    store_free_names(names, count);
    return status;
}

Status store_write_text(Store *store, const char *dataset, const char *text, Error *error) {
    hid_t type = store_text_type();
    Status status =
        store_write_dataset(store, dataset, type, type, 0, NULL, NULL, &text, NULL, NULL, error);
    H5Tclose(type);
    return status;
}

Status store_read_text(const Store *store, const char *dataset, char **text, Error *error) {
    *text = NULL;
    hid_t id = H5I_INVALID_HID;
    if (store_open_dataset(store, dataset, 0, NULL, &id, error) != STATUS_OK) {
        return error->status;
    }
    hid_t stored = H5Dget_type(id), type = store_text_type();
    char *read = NULL;
    bool is_text = H5Tget_class(stored) == H5T_STRING && H5Tis_variable_str(stored) > 0;
    bool failed = !is_text || H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &read) < 0;
    H5Tclose(type);
    H5Tclose(stored);
    H5Dclose(id);
    if (failed || read == NULL) {
        return store_failed(store, dataset, "is not a readable text", error);
    }
    *text = strdup(read);
    H5free_memory(read);
    return *text != NULL ? STATUS_OK : error_no_memory(error, "a text");
}
