/* UTF-8: byte sequences of RFC 3629 and damaged ones. */
#include "convert/utf8_text.h"

#include <string.h>

#include "tests/unit/suite.h"

static void test_valid(void) {
    static const char *const valid[] = {"", "GTV", "L\xC3\xA4sion", "\xE8\x82\x9D",
                                        "\xF0\x9F\xA9\xBB."};
    static const char *const damaged[] = {"\xC3",     "L\xE4sion",       "\x80",
                                          "\xE8\x82", "\xE8\x82.",       "\xF0\x9F\xA9",
                                          "\xC0\x80", "\xF5\x80\x80\x80"};
    for (size_t n = 0; n < sizeof valid / sizeof valid[0]; n++) {
        CU_ASSERT_TRUE(utf8_is_valid(valid[n], strlen(valid[n])));
    }
    for (size_t n = 0; n < sizeof damaged / sizeof damaged[0]; n++) {
        CU_ASSERT_FALSE(utf8_is_valid(damaged[n], strlen(damaged[n])));
    }
}

static void test_cut(void) {
    CU_ASSERT_EQUAL(utf8_cut("abc", 5), 3);
    CU_ASSERT_EQUAL(utf8_cut("abc", 3), 3);
    CU_ASSERT_EQUAL(utf8_cut("abcd", 3), 3);
    CU_ASSERT_EQUAL(utf8_cut("ab\xC3\xA4", 4), 4);
    CU_ASSERT_EQUAL(utf8_cut("ab\xC3\xA4", 3), 2);
    CU_ASSERT_EQUAL(utf8_cut("\xE8\x82\x9D\xE8\x82\x9D", 5), 3);
    CU_ASSERT_EQUAL(utf8_cut("\xE8\x82\x9D", 2), 0);
    CU_ASSERT_EQUAL(utf8_cut("", 0), 0);
}

int main(void) {
    static const UnitTest tests[] = {
        {"well-formed UTF-8 is told from damaged", test_valid},
        {"a cut does not divide a character", test_cut},
    };
    return suite_run("convert/utf8_text", tests, sizeof tests / sizeof tests[0]);
}
