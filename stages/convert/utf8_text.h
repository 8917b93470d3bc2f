/* Text of foreign files that goes into messages, sheets and HDF5, all of which are UTF-8. */
#ifndef YTTRIA_CONVERT_UTF8_TEXT_H
#define YTTRIA_CONVERT_UTF8_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* True if the bytes are well-formed UTF-8. */
bool utf8_is_valid(const char *text, size_t length);

/* How many bytes of `text` to keep so that no more than `most` remain and no character is cut in
 * two. */
size_t utf8_cut(const char *text, size_t most);

#endif
