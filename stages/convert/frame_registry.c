/* See frame_registry.h. */
#include "convert/frame_registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FRAMES = 64, UID_SIZE = 80, LABEL_SIZE = 8 };

struct FrameRegistry {
    int count;
    char uid[MAX_FRAMES][UID_SIZE];
    char label[MAX_FRAMES][LABEL_SIZE];
};

FrameRegistry *frame_registry_new(void) {
    return calloc(1, sizeof(FrameRegistry));
}

void frame_registry_free(FrameRegistry *registry) {
    free(registry);
}

const char *frame_registry_label(FrameRegistry *registry, const char *uid) {
    if (uid[0] == '\0') {
        return "none";
    }
    for (int i = 0; i < registry->count; i++) {
        if (strcmp(registry->uid[i], uid) == 0) {
            return registry->label[i];
        }
    }
    if (registry->count == MAX_FRAMES) {
        return "none";
    }
    int i = registry->count++;
    snprintf(registry->uid[i], UID_SIZE, "%s", uid);
    snprintf(registry->label[i], LABEL_SIZE, "F%d", (unsigned char)(i + 1));
    return registry->label[i];
}
