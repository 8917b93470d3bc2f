/* Structures brought to a common lattice. */
#include "segment/mask.h"
#include "tests/unit/suite.h"

#include <math.h>
#include <string.h>

static Grid grid_of(size_t ni, size_t nj, size_t nk, double spacing) {
    Grid grid = {.size = {ni, nj, nk}, .affine = affine_identity()};
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][axis] = spacing;
    }
    return grid;
}

/* A structure whose whole grid is inside, its first voxel centred at `origin` mm. */
static Structure full_structure(const char *role, size_t n, double spacing, double origin) {
    Structure structure = {.to_reference = affine_identity()};
    strcpy(structure.role, role);
    Grid grid = grid_of(n, n, n, spacing);
    for (int axis = 0; axis < 3; axis++) {
        grid.affine.m[axis][3] = origin;
    }
    Error error;
    CU_ASSERT_EQUAL_FATAL(label_map_create(&grid, &structure.mask, &error), STATUS_OK);
    for (size_t v = 0; v < n * n * n; v++) {
        structure.mask.labels[v] = 1;
    }
    return structure;
}

static size_t count_inside(const Mask *mask) {
    size_t count = 0;
    for (size_t n = 0; n < mask_voxel_count(mask); n++) {
        count += mask->inside[n];
    }
    return count;
}

static int inside_at(const Mask *mask, long i, long j, long k) {
    const long index[3] = {i, j, k};
    return mask_contains(mask, index);
}

static void a_shifted_crop_is_copied(void) {
    Grid lattice = grid_of(10, 10, 10, 2);
    Structure structure = full_structure("lesion", 2, 2, -6); /* lattice voxels -3 and -2 */
    Mask mask;
    Error error;
    CU_ASSERT_EQUAL(mask_place(&structure, &lattice, &mask, &error), STATUS_OK);
    CU_ASSERT_EQUAL(count_inside(&mask), 8);
    CU_ASSERT(inside_at(&mask, -3, -3, -3) && inside_at(&mask, -2, -2, -2));
    CU_ASSERT(!inside_at(&mask, -1, -2, -2) && !inside_at(&mask, -4, -3, -3));
    CU_ASSERT_EQUAL(mask.size[0], 4); /* one empty layer all around */
    mask_free(&mask);
    label_map_free(&structure.mask);
}

static void half_filled_voxels_are_inside(void) {
    Grid lattice = grid_of(10, 10, 10, 2);
    /* From 3.6 to 7.6 mm along each axis; lattice voxel 2 spans 3 to 5 mm. */
    Structure structure = full_structure("lesion", 4, 1, 4.1);
    Mask mask;
    Error error;
    CU_ASSERT_EQUAL(mask_place(&structure, &lattice, &mask, &error), STATUS_OK);
    CU_ASSERT(inside_at(&mask, 3, 3, 3));  /* full */
    CU_ASSERT(inside_at(&mask, 2, 3, 3));  /* 0.7 */
    CU_ASSERT(!inside_at(&mask, 2, 2, 3)); /* 0.49 */
    CU_ASSERT(!inside_at(&mask, 4, 3, 3)); /* 0.3 */
    mask_free(&mask);
    label_map_free(&structure.mask);
}

static void a_speck_keeps_its_fullest_voxel(void) {
    Grid lattice = grid_of(10, 10, 10, 2);
    Structure structure = full_structure("lesion", 1, 0.5, 6.1);
    Mask mask;
    Error error;
    CU_ASSERT_EQUAL(mask_place(&structure, &lattice, &mask, &error), STATUS_OK);
    CU_ASSERT_EQUAL(count_inside(&mask), 1);
    CU_ASSERT(inside_at(&mask, 3, 3, 3));
    mask_free(&mask);
    label_map_free(&structure.mask);
}

static void the_transform_is_applied(void) {
    Grid lattice = grid_of(10, 10, 10, 2);
    Structure structure = full_structure("lesion", 2, 2, 0);
    structure.to_reference.m[0][3] = 8;
    Mask mask;
    Error error;
    CU_ASSERT_EQUAL(mask_place(&structure, &lattice, &mask, &error), STATUS_OK);
    CU_ASSERT(inside_at(&mask, 4, 0, 0) && inside_at(&mask, 5, 1, 1));
    CU_ASSERT_EQUAL(count_inside(&mask), 8);
    mask_free(&mask);
    label_map_free(&structure.mask);
}

static void a_role_is_the_union(void) {
    Grid lattice = grid_of(10, 10, 10, 2);
    Structure structures[3] = {full_structure("vessel", 2, 2, 0), full_structure("liver", 2, 2, 8),
                               full_structure("vessel", 2, 2, 2)};
    StructureList list = {structures, 3};
    Mask mask;
    Error error;
    CU_ASSERT_EQUAL(mask_place_role(&list, "vessel", &lattice, &mask, &error), STATUS_OK);
    CU_ASSERT_EQUAL(count_inside(&mask), 15); /* they share one voxel */
    CU_ASSERT(inside_at(&mask, 0, 0, 0) && inside_at(&mask, 2, 2, 2));
    CU_ASSERT(!inside_at(&mask, 4, 4, 4));
    mask_free(&mask);
    CU_ASSERT_EQUAL(mask_place_role(&list, "bowel", &lattice, &mask, &error), STATUS_BAD_DATA);
    for (int n = 0; n < 3; n++) {
        label_map_free(&structures[n].mask);
    }
}

static void painting_drops_what_lies_beyond(void) {
    Grid lattice = grid_of(3, 3, 3, 2);
    Structure structure = full_structure("lesion", 2, 2, -2);
    Mask mask;
    LabelMap map;
    Error error;
    CU_ASSERT_EQUAL(mask_place(&structure, &lattice, &mask, &error), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(label_map_create(&lattice, &map, &error), STATUS_OK);
    mask_paint(&mask, 12, &map);
    CU_ASSERT_EQUAL(label_map_count(&map, 12), 1);
    CU_ASSERT_EQUAL(map.labels[0], 12);
    label_map_free(&map);
    mask_free(&mask);
    label_map_free(&structure.mask);
}

static void a_sheared_grid_gets_right_angles(void) {
    Grid tilted = grid_of(4, 4, 4, 2);
    tilted.affine.m[1][2] = 0.5; /* k leans along j */
    Grid lattice = mask_lattice(&tilted);
    ASSERT_NEAR(lattice.affine.m[1][2], 0, 1e-12);
    ASSERT_NEAR(lattice.affine.m[2][2], 2, 1e-12);
    Grid straight = grid_of(4, 4, 4, 2);
    Grid same = mask_lattice(&straight);
    CU_ASSERT(grid_is_same(&straight, &same, 0));
}

int main(void) {
    static const UnitTest tests[] = {
        {"a mask cropped from the lattice is copied voxel by voxel", a_shifted_crop_is_copied},
        {"else a voxel is inside from half full", half_filled_voxels_are_inside},
        {"a speck keeps its fullest voxel", a_speck_keeps_its_fullest_voxel},
        {"the transform to the reference is applied", the_transform_is_applied},
        {"a role is the union of its structures", a_role_is_the_union},
        {"painting drops what lies beyond the grid", painting_drops_what_lies_beyond},
        {"a sheared grid gets right angles", a_sheared_grid_gets_right_angles},
    };
    return suite_run("segment/mask", tests, sizeof tests / sizeof *tests);
}
