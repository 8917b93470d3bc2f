/* Facts, answers, file (annotations_file.h). */
#include "stratify/annotations_file.h"

#include "stratify/annotation_facts.h"
#include "stratify/annotations.h"

Status annotations_file_write(Store *output, const Store *segment, const LesionFile *file,
                              const Config *config, const StrataVerdict *verdicts,
                              const SbrtFindings *sbrt, Error *error) {
    AnnotationFacts facts;
    Annotations annotations = {0};
    Status status;
    if ((status = annotation_facts_gather(segment, file, config, verdicts, sbrt, &facts, error)) ||
        (status = annotations_ask(config->rules_path, &facts.tables.facts, &annotations, error)) ||
        (status = store_write_table(output, "/annotations", annotations.table, error))) {
        goto done;
    }
    status = store_set_text(output, "/", "modalities", annotations.modalities, error);
done:
    annotations_free(&annotations);
    annotation_facts_free(&facts);
    return status;
}
