"""The truth table of the protocol is what its script derives from the prose, nobody's edit."""
import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "validation" / "stratify"
sys.path.insert(0, str(FOLDER))
import truth_table  # noqa: E402


class TruthTable(unittest.TestCase):
    """truth_table.tsv against truth_table.py."""

    def test_table_is_current(self):
        stored = (FOLDER / "truth_table.tsv").read_text(encoding="utf-8")
        self.assertEqual(stored.splitlines(), truth_table.table_text().splitlines())


if __name__ == "__main__":
    unittest.main()
