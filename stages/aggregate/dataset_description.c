/* dataset_description.json (dataset_description.h); BIDS 1.8.0, "Dataset description", derivatives:
 * GeneratedBy is required, SourceDatasets may say a version instead of an address. */
#include "aggregate/dataset_description.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/atomic_file.h"
#include "core/digest.h"
#include "core/provenance.h"

static cJSON *describe(const char *name, const char *inputs_digest) {
    char version[DIGEST_TEXT_SIZE + 16];
    snprintf(version, sizeof version, "sha256:%s", inputs_digest);
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "Name", name);
    cJSON_AddStringToObject(root, "BIDSVersion", "1.8.0");
    cJSON_AddStringToObject(root, "DatasetType", "derivative");
    cJSON *program = cJSON_CreateObject();
    cJSON_AddStringToObject(program, "Name", "Yttria");
    cJSON_AddStringToObject(program, "Version", provenance_version());
    cJSON_AddItemToArray(cJSON_AddArrayToObject(root, "GeneratedBy"), program);
    cJSON *source = cJSON_CreateObject();
    cJSON_AddStringToObject(source, "Version", version);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(root, "SourceDatasets"), source);
    return root;
}

Status dataset_description_write(const char *path, const char *name, const char *inputs_digest,
                                 Error *error) {
    cJSON *root = describe(name, inputs_digest);
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    if (text == NULL) {
        return error_no_memory(error, "dataset_description.json");
    }
    char *with_newline = NULL;
    if (asprintf(&with_newline, "%s\n", text) < 0) {
        with_newline = NULL;
    }
    cJSON_free(text);
    Status status = with_newline != NULL ? atomic_file_write(path, with_newline, error)
                                         : error_no_memory(error, "dataset_description.json");
    free(with_newline);
    return status;
}
