/* The map that says which region of interest is what. */
#include "convert/structure_map.h"

#include <string.h>

#include "tests/unit/suite.h"

static void assert_refused(const char *text, const char *named) {
    StructureMap map;
    Error error = {0};
    CU_ASSERT_EQUAL(structure_map_parse(text, &map, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, named));
    CU_ASSERT_PTR_NULL(map.entries);
}

static void reads_the_documented_example(void) {
    StructureMap map;
    Error error = {0};
    StructureName name;
    CU_ASSERT_EQUAL(
        structure_map_parse(" 1 = liver;2=lesion:L1; GTV_Mass=lesion:L2;3=vessel;", &map, &error),
        STATUS_OK);
    CU_ASSERT_EQUAL(map.count, 4);
    CU_ASSERT_TRUE(structure_map_match(&map, "", 1, &name));
    CU_ASSERT_STRING_EQUAL(name.role, "liver");
    CU_ASSERT_STRING_EQUAL(name.label, "");
    CU_ASSERT_TRUE(structure_map_match(&map, "GTV_Mass", 7, &name));
    CU_ASSERT_STRING_EQUAL(name.role, "lesion");
    CU_ASSERT_STRING_EQUAL(name.label, "L2");
    CU_ASSERT_FALSE(structure_map_match(&map, "GTV_Edema", 8, &name));
    structure_map_free(&map);
}

static void name_goes_before_number(void) {
    StructureMap map;
    Error error = {0};
    StructureName name;
    structure_map_parse("2=vessel;1=liver", &map, &error);
    CU_ASSERT_TRUE(structure_map_match(&map, "2", 1, &name));
    CU_ASSERT_STRING_EQUAL(name.role, "vessel");
    structure_map_free(&map);
}

static void key_may_hold_equals_and_colon(void) {
    StructureMap map;
    Error error = {0};
    StructureName name;
    CU_ASSERT_EQUAL(structure_map_parse("a=b:c=lesion:x 1", &map, &error), STATUS_OK);
    CU_ASSERT_TRUE(structure_map_match(&map, "a=b:c", 1, &name));
    CU_ASSERT_STRING_EQUAL(name.label, "x 1");
    structure_map_free(&map);
}

static void malformed_entries_are_named(void) {
    assert_refused("1=liver;2", "'2' has no '='");
    assert_refused("1=liver;=vessel", "'=vessel' has no key");
    assert_refused("1=liver;2=leison:L1", "'2=leison:L1' has an unknown role");
    assert_refused("1=", "unknown role");
    assert_refused("1=lesion:", "no label");
    assert_refused("1=lesion:a/b", "'1=lesion:a/b' has a label");
    assert_refused("1=lesion:0123456789012345678901234567890123", "31 characters");
    assert_refused("1=liver;1=vessel", "'1=vessel' repeats");
    assert_refused("1=lesion:L1;2=lesion:l1", "second lesion");
    assert_refused("1=liver;;2=vessel", "no '='");
    assert_refused(";", "no '='");
}

static void blank_is_no_map(void) {
    StructureMap map;
    Error error = {0};
    CU_ASSERT_EQUAL(structure_map_parse(NULL, &map, &error), STATUS_OK);
    CU_ASSERT_EQUAL(map.count, 0);
    CU_ASSERT_EQUAL(structure_map_parse("  ", &map, &error), STATUS_OK);
    CU_ASSERT_EQUAL(map.count, 0);
}

static void entry_that_meets_nothing_is_an_error(void) {
    StructureMap map;
    Error error = {0};
    StructureName name;
    structure_map_parse("Liver=liver;5=lesion:L1", &map, &error);
    structure_map_match(&map, "Liver", 1, &name);
    structure_map_match(&map, "Spleen", 2, &name);
    CU_ASSERT_EQUAL(structure_map_check_found(&map, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "'5' (lesion:L1) matches nothing"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "'Liver' (1), 'Spleen' (2)"));
    structure_map_match(&map, "", 5, &name);
    CU_ASSERT_EQUAL(structure_map_check_found(&map, &error), STATUS_OK);
    structure_map_free(&map);
}

static void without_a_map_only_plain_names_count(void) {
    StructureMap map = {0};
    Error error = {0};
    StructureName name;
    CU_ASSERT_TRUE(structure_map_match(&map, "LIVER", 1, &name));
    CU_ASSERT_STRING_EQUAL(name.role, "liver");
    CU_ASSERT_TRUE(structure_map_match(&map, "Lesion:L3", 1, &name));
    CU_ASSERT_STRING_EQUAL(name.label, "L3");
    CU_ASSERT_TRUE(structure_map_match(&map, "lesion_2", 1, &name));
    CU_ASSERT_STRING_EQUAL(name.role, "lesion");
    CU_ASSERT_STRING_EQUAL(name.label, "2");
    CU_ASSERT_FALSE(structure_map_match(&map, "GTV_Mass", 1, &name));
    CU_ASSERT_FALSE(structure_map_match(&map, "liver minus GTV", 1, &name));
    CU_ASSERT_FALSE(structure_map_match(&map, "", 1, &name));
    CU_ASSERT_EQUAL(structure_map_check_found(&map, &error), STATUS_OK);
}

static void no_plain_name_lists_what_is_there(void) {
    StructureMap map = {0};
    Error error = {0};
    StructureName name;
    structure_map_match(&map, "GTV_Mass", 3, &name);
    CU_ASSERT_EQUAL(structure_map_check_found(&map, &error), STATUS_BAD_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "'GTV_Mass' (3)"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "structure_map"));
}

static void thousands_of_names_are_cut(void) {
    StructureMap map = {0};
    StructureName name;
    for (long n = 0; n < 70000; n++) {
        structure_map_match(&map, "", n, &name);
    }
    CU_ASSERT(strlen(map.present) < STRUCTURE_PRESENT_SIZE);
}

int main(void) {
    static const UnitTest tests[] = {
        {"reads the documented example", reads_the_documented_example},
        {"a name goes before a number", name_goes_before_number},
        {"a key may hold '=' and ':'", key_may_hold_equals_and_colon},
        {"malformed entries are named", malformed_entries_are_named},
        {"blank is no map", blank_is_no_map},
        {"an entry that meets nothing is an error", entry_that_meets_nothing_is_an_error},
        {"without a map only plain names count", without_a_map_only_plain_names_count},
        {"no plain name: lists what is there", no_plain_name_lists_what_is_there},
        {"thousands of names are cut", thousands_of_names_are_cut},
    };
    return suite_run("convert/structure_map", tests, sizeof tests / sizeof tests[0]);
}
