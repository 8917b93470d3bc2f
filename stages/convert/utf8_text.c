/* See utf8_text.h. RFC 3629; overlong forms of three and four bytes are let pass, they do no harm
 * here. */
#include "convert/utf8_text.h"

#include <string.h>

/* Bytes that follow the first byte of a character; -1 if none begins so. */
static int continuation_bytes(unsigned char first) {
    return first < 0x80                    ? 0
           : first >= 0xC2 && first < 0xE0 ? 1
           : (first & 0xF0) == 0xE0        ? 2
           : first >= 0xF0 && first < 0xF5 ? 3
                                           : -1;
}

static bool is_continuation(char byte) {
    return ((unsigned char)byte & 0xC0) == 0x80;
}

bool utf8_is_valid(const char *text, size_t length) {
    for (size_t at = 0; at < length; at++) {
        for (int more = continuation_bytes((unsigned char)text[at]); more != 0; more--) {
            if (more < 0 || ++at >= length || !is_continuation(text[at])) {
                return false;
            }
        }
    }
    return true;
}

size_t utf8_cut(const char *text, size_t most) {
    size_t length = strnlen(text, most + 1);
    if (length <= most) {
        return length;
    }
    length = most;
    while (length > 0 && is_continuation(text[length])) {
        length--;
    }
    return length;
}
