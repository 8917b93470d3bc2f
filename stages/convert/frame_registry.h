/* Frames of reference without their UIDs: the first UID of a patient becomes F1, the next F2, ...
 *
 * Images and structures with the same label share one space. */
#ifndef YTTRIA_CONVERT_FRAME_REGISTRY_H
#define YTTRIA_CONVERT_FRAME_REGISTRY_H

typedef struct FrameRegistry FrameRegistry;

/* An empty registry, one per patient; NULL when out of memory. Free with frame_registry_free. */
FrameRegistry *frame_registry_new(void);
void frame_registry_free(FrameRegistry *registry);

/* The label of `uid`, numbered in order of first appearance; "none" for an empty UID, or if
 * memory or the room for frames (64 per patient) runs out. Owned by the registry. */
const char *frame_registry_label(FrameRegistry *registry, const char *uid);

#endif
