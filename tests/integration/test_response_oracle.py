"""The tables of responses are what the oracle derives from the prose, nobody's edit."""
import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "validation" / "stratify"
sys.path.insert(0, str(FOLDER))
import response_oracle  # noqa: E402


class ResponseOracle(unittest.TestCase):
    """response_random.tsv and response_cases.tsv against response_oracle.py."""

    def test_random_table_is_current(self):
        stored = (FOLDER / "response_random.tsv").read_text(encoding="utf-8")
        self.assertEqual(stored.splitlines(), response_oracle.table_text().splitlines())

    def test_oracle_agrees_with_the_worked_examples(self):
        lines = (FOLDER / "response_cases.tsv").read_text(encoding="utf-8").splitlines()
        self.assertGreater(len(lines), 60)
        for line in lines[1:]:
            case, criterion, lesions, visits, *expected, why = line.split("\t")
            with self.subTest(case=case, criterion=criterion, why=why):
                self.assertEqual(response_oracle.judge(lesions, visits, criterion), expected)


if __name__ == "__main__":
    unittest.main()
