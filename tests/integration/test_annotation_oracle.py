"""The table of annotations is what the oracle derives from the prose, nobody's edit."""
import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "validation" / "stratify"
sys.path.insert(0, str(FOLDER))
import annotation_oracle  # noqa: E402


class AnnotationOracle(unittest.TestCase):
    """annotation_cases.tsv against annotation_oracle.py."""

    def test_table_is_current(self):
        stored = (FOLDER / "annotation_cases.tsv").read_text(encoding="utf-8")
        self.assertEqual(stored.splitlines(), annotation_oracle.table_text().splitlines())


if __name__ == "__main__":
    unittest.main()
