#!/usr/bin/python3
"""The configuration is checked twice: by the schema before a run, and by the programs, against
the table `config_keys` of stages/core/config.c. Both must know the same keys, bounds, choices and
defaults, or what one lets through the other refuses."""
import json
import pathlib
import re
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "stages" / "core" / "config.c"
SCHEMA = ROOT / "pipeline" / "schemas" / "config.schema.json"
STRING = re.compile(r'static const char (\w+)\[\] = "([^"]*)";')
TABLE = re.compile(r"SettingKey config_keys\[\] = \{\n(.*?)^\};", re.DOTALL | re.MULTILINE)
ENTRY = re.compile(r"\b([A-Z_]+)\(([^()]*)\),")
FLAG_WORDS = {"false": False, "true": True}
# What a site must set itself, so that its value has no default to be compared with.
OWN_VALUES = ("cohort.patients", "cohort.treatments", "cohort.images", "run")
KINDS = {"NUMBER": ("number", "integer"), "NUMBER_OR_AUTO": ("number",), "TEXT": ("string",),
         "PATH": ("string",), "SET": ("array",)}


def read_table(text):
    """{dotted key: (macro, default as text or None, bounds or None, set of choices or None)}."""
    strings = dict(STRING.findall(text))
    table = {}
    for macro, words in ENTRY.findall(TABLE.search(text).group(1)):
        key, _, default, *rest = [strings.get(word, word.strip('"'))
                                  for word in re.split(r",\s+", words)]
        numeric = macro.startswith("NUMBER")
        table[key] = (macro, None if default == "NULL" else default,
                      tuple(map(float, rest)) if numeric else None,
                      set(rest[0].split("|")) if rest and not numeric else None)
    return table


def flatten(tree, below=lambda node: node if isinstance(node, dict) else None, prefix=""):
    """{dotted key: leaf}; `below` gives the children of a node, or None for a leaf."""
    leaves = {}
    for name, node in below(tree).items():
        children = below(node)
        leaves.update({prefix + name: node} if children is None
                      else flatten(node, below, f"{prefix}{name}."))
    return leaves


def schema_leaves(schema):
    return flatten(schema, lambda node: node.get("properties"))


def typed(macro, default):
    """A default of the table as YAML and JSON have it."""
    if macro.startswith("NUMBER") and default != "auto":
        return float(default)
    if macro == "SET":
        return default.split(",")
    return FLAG_WORDS.get(default, default) if macro == "FLAG" else default


def schema_choices(rule):
    if rule.get("type") == "boolean":
        return set(FLAG_WORDS)
    rule = rule.get("items", rule)
    return set(rule["enum"]) if "enum" in rule else None


def number_part(rule):
    """The schema of the number, and the words allowed beside it."""
    parts = rule.get("anyOf", [rule])
    words = set().union(*(part.get("enum", ()) for part in parts))
    return next(part for part in parts if part.get("type") in KINDS["NUMBER"]), words


def differences(table, schema):
    """What the table and the schema do not agree on, a line each."""
    leaves = schema_leaves(schema)
    found = [f"{key}: only in the schema" for key in leaves if key not in table]
    for key, (macro, default, bounds, choices) in table.items():
        if key not in leaves:
            found.append(f"{key}: only in the table")
            continue
        rule = leaves[key]
        if bounds:
            number, words = number_part(rule)
            wanted = {"minimum": bounds[0], "maximum": bounds[1]}
            has = {word: number[word] for word in number if "inimum" in word or "aximum" in word}
            if has != wanted:
                found.append(f"{key}: bounds {has} in the schema, {wanted} in the table")
            if words != ({"auto"} if macro == "NUMBER_OR_AUTO" else set()):
                found.append(f"{key}: words {words} beside the number")
            rule = {**rule, "type": number["type"]}
        if schema_choices({**rule, "anyOf": None}) != choices:
            found.append(f"{key}: choices {schema_choices(rule)} in the schema, {choices} in the "
                         "table")
        if macro in KINDS and rule.get("type") not in KINDS[macro]:
            found.append(f"{key}: type {rule.get('type')} in the schema, {macro} in the table")
        if (default is None) == ("default" in rule) or (
                default is not None and rule["default"] != typed(macro, default)):
            found.append(f"{key}: default {rule.get('default')} in the schema, {default} in the "
                         "table")
    return found


class ConfigSchema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = SOURCE.read_text(encoding="utf-8")
        cls.table = read_table(cls.text)
        cls.schema = json.loads(SCHEMA.read_text(encoding="utf-8"))

    @staticmethod
    def document(name):
        path = ROOT / "configs" / f"{name}.yaml"
        return flatten(yaml.safe_load(path.read_text(encoding="utf-8")))

    def test_every_line_of_the_table_is_read(self):
        keys = re.findall(r'^    [A-Z_]+\("([\w.]+)"', self.text, flags=re.MULTILINE)
        self.assertGreater(len(keys), 30)
        self.assertEqual(list(self.table), keys)

    def test_schema_and_table_agree(self):
        self.assertEqual(differences(self.table, self.schema), [])

    def test_a_change_of_either_is_seen(self):
        for old, new in (('"48", 8, 256', '"48", 4, 256'), ('"48", 8, 256', '"32", 8, 256'),
                         ('"auto", 0, 100', '"auto", 0, 50'), ("|assume_no", "|assume_yes"),
                         ('"3d|axial"', '"3d|axial|short"'), ('"run", ', '"results", '),
                         ('"0.2", 0.01, 1)', '"0.2", 0, 1)')):
            with self.subTest(new=new):
                changed = re.sub(re.escape(old), new, self.text, count=1)
                self.assertNotEqual(changed, self.text)
                self.assertNotEqual(differences(read_table(changed), self.schema), [])

    def test_the_schema_asks_for_what_has_no_default(self):
        asked = [(name if "properties" not in rule else f"{name}.{key}")
                 for name, rule in self.schema["properties"].items()
                 if name in self.schema["required"] for key in rule.get("required", [""])]
        self.assertEqual(set(asked),
                         {key for key, entry in self.table.items() if entry[1] is None})

    def test_the_trial_holds_every_key_at_its_default(self):
        document = self.document("trial")
        self.assertEqual(set(document), set(self.table))
        for key, (macro, default, *_) in self.table.items():
            if key not in OWN_VALUES:
                with self.subTest(key=key):
                    self.assertEqual(document[key], typed(macro, default))

    def test_the_demo_sets_only_what_is_its_own(self):
        self.assertEqual(set(self.document("demo")), {*OWN_VALUES, "report.title"})


if __name__ == "__main__":
    unittest.main()
