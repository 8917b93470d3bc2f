"""Reads one patient's HDF5 files (docs/file-format.md) for a page: tables, attributes, volumes."""
import math

import h5py
import numpy as np

STAGES = ("convert", "register", "dose", "segment", "stratify")


class PatientRecord:
    """The files of the stages that succeeded, open for reading; use as a context manager."""

    def __init__(self, folder, stages):
        self.files = {}
        self._paths = {stage: folder / f"{stage}.h5" for stage in stages}

    def __enter__(self):
        for stage, path in self._paths.items():
            if path.exists():
                self.files[stage] = h5py.File(path, "r")
        return self

    def __exit__(self, *_):
        for file in self.files.values():
            file.close()

    def find(self, stage, name):
        """An object of a stage's file, or None."""
        file = self.files.get(stage)
        return file[name] if file is not None and name in file else None

    def attributes(self, stage, name="/"):
        node = self.find(stage, name)
        return {} if node is None else {key: plain(value) for key, value in node.attrs.items()}

    def table(self, stage, name):
        """Rows of a table as dicts, in file order; empty if it is not there."""
        node = self.find(stage, name)
        if node is None:
            return []
        columns = str(plain(node.attrs["columns"])).split(",")
        cells = [[plain(value) for value in node[column][()]] for column in columns]
        return [dict(zip(columns, row)) for row in zip(*cells)]

    def text(self, stage, name):
        node = self.find(stage, name)
        return "" if node is None else str(plain(node[()]))

    def provenance(self):
        """Per stage: attributes, command, inputs and configuration, in the order of the chain."""
        for stage in STAGES:
            if stage in self.files:
                yield {"stage": stage, **self.attributes(stage, "provenance"),
                       **{name: self.text(stage, f"provenance/{name}")
                          for name in ("command", "inputs", "configuration")}}


def plain(value):
    """HDF5 text and numbers as Python's own."""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, np.ndarray):
        return plain(value.reshape(-1)[0]) if value.size == 1 else [plain(v) for v in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


def is_number(value):
    return isinstance(value, (int, float)) and math.isfinite(value)
