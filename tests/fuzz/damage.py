"""Ways to damage the files that stages read: HDF5, sheets, YAML, and anything else as bytes.

Every function takes a random.Random and changes one file in place; it returns a phrase that says
what was done, for the report.
"""
import h5py
import numpy as np

NUMBERS = (float("nan"), float("inf"), -float("inf"), 0.0, -1.0, 1e-300, 1e300, 1e9, 0.5, -1e9)
TEXTS = ("", "x" * 10000, "../../../etc/passwd", "a/b", "\N{GREEK SMALL LETTER MU}\n\t", "none",
         "2021-13-45T99:99:99", "unknown", ",", "0", "%s%n", "nan", "-1", "1e999")
MANY = 4096  # voxels along an axis, the most a grid may have


# ---- bytes of any file ----

def flip_bits(random, path):
    data = bytearray(path.read_bytes())
    count = random.choice((1, 1, 4, 30))
    for _ in range(count if data else 0):
        reach = random.choice((len(data), min(len(data), 4096)))
        data[random.randrange(reach)] ^= 1 << random.randrange(8)
    path.write_bytes(data)
    return f"{count} bits flipped"


def truncate(random, path):
    data = path.read_bytes()
    length = random.choice((0, 1, random.randrange(len(data) + 1), max(len(data) - 1, 0)))
    path.write_bytes(data[:length])
    return f"cut to {length} of {len(data)} bytes"


def overwrite(random, path):
    data = bytearray(path.read_bytes())
    start = random.randrange(len(data) + 1)
    value = random.choice((0x00, 0xFF, 0x20, 0x7F))
    data[start:start + 64] = bytes([value]) * len(data[start:start + 64])
    path.write_bytes(data)
    return f"64 bytes of {value:#x} at {start}"


# ---- HDF5 ----

def objects(file, kind):
    found = []
    file.visititems(lambda name, item: found.append(name) if isinstance(item, kind) else None)
    return sorted(name for name in found if not name.startswith("provenance"))


def attributes(file):
    owners = ["/"] + objects(file, (h5py.Group, h5py.Dataset))
    return [(owner, name) for owner in owners for name in sorted(file[owner].attrs)]


def replace(file, name, values, **options):
    """Another dataset under the same name, with the attributes of the old one."""
    kept = dict(file[name].attrs)
    del file[name]
    dataset = file.create_dataset(name, data=values, **options)
    for key, value in kept.items():
        dataset.attrs[key] = value


def remove_object(random, file):
    name = random.choice(objects(file, (h5py.Group, h5py.Dataset)))
    del file[name]
    return f"{name} removed"


def remove_attribute(random, file):
    owner, name = random.choice(attributes(file))
    del file[owner].attrs[name]
    return f"attribute {name} of {owner} removed"


def change_attribute(random, file):
    owner, name = random.choice(attributes(file))
    value = random.choice(NUMBERS + TEXTS + (np.arange(3.0), np.bytes_(b"\xff\xfe"), 7,
                                            np.array([], dtype="f8"), h5py.Empty("f8")))
    file[owner].attrs[name] = value
    return f"attribute {name} of {owner} is {str(value)[:40]!r}"


def change_affine(random, file):
    owners = [owner for owner, name in attributes(file) if name == "affine"]
    owners += [name for name in objects(file, h5py.Dataset) if file[name].shape == (4, 4)]
    if not owners:
        return remove_object(random, file)
    owner = random.choice(owners)
    is_dataset = file[owner].shape == (4, 4)
    affine = np.array(file[owner][()] if is_dataset else file[owner].attrs["affine"])
    if random.random() < 0.5:
        affine[random.randrange(4), random.randrange(4)] = random.choice(NUMBERS + (1e6, 1e-6))
    else:
        affine[:3, :random.choice((3, 4))] *= random.choice((0, 1e-3, 1e3, 1e6, -1, 0.02, 30))
    if is_dataset:
        file[owner][()] = affine
    else:
        file[owner].attrs["affine"] = affine
    return f"affine of {owner} is {affine.tolist()}"


def change_shape(random, file):
    name = random.choice(objects(file, h5py.Dataset))
    old = file[name][()]
    values = np.zeros(1) if np.asarray(old).dtype.kind in "OSU" else np.asarray(old, dtype="f8")
    shapes = ((), (0,), (1,), (2, 2), (3, 0, 2), (1, 1, 1), values.shape[::-1], values.shape + (1,))
    shape = random.choice(shapes)
    replace(file, name, np.resize(values, shape) if values.size else np.zeros(shape))
    return f"{name} has shape {shape}"


def make_huge(random, file):
    """An array that promises gigabytes and stores nothing."""
    names = [name for name in objects(file, h5py.Dataset) if file[name].ndim in (1, 3)]
    name = random.choice(names)
    kept, old = dict(file[name].attrs), file[name]
    shape = (1 << 40,) if old.ndim == 1 else random.choice(((MANY, MANY, 64), (64, MANY, MANY),
                                                            (MANY * 4, 1, 1), (1 << 20,) * 3))
    dtype = old.dtype if old.dtype.kind in "fiu" else "f4"
    del file[name]
    dataset = file.create_dataset(name, shape=shape, dtype=dtype,
                                  chunks=(1,) * (len(shape) - 1) + (min(shape[-1], MANY),))
    for key, value in kept.items():
        dataset.attrs[key] = value
    return f"{name} promises {shape}"


def change_type(random, file):
    name = random.choice(objects(file, h5py.Dataset))
    shape = file[name].shape
    dtype = random.choice(("i1", "i8", "f2", "c8", "S4", "bool", h5py.string_dtype(),
                           np.dtype([("a", "i4"), ("b", "f8")])))
    values = np.full(shape, "n/a", dtype=object) if dtype == h5py.string_dtype() \
        else np.zeros(shape, dtype=dtype)
    replace(file, name, values)
    return f"{name} holds {dtype}"


def change_values(random, file):
    names = [name for name in objects(file, h5py.Dataset)
             if file[name].dtype.kind in "fiu" and file[name].size]
    name = random.choice(names)
    values = np.asarray(file[name][()], dtype="f8")
    part = random.choice((1, 3, values.size))
    for value in random.choices(NUMBERS, k=min(part, 3)):
        if part == values.size:
            values[...] = value
        else:
            values.flat[random.randrange(values.size)] = value
    with np.errstate(invalid="ignore", over="ignore"):
        replace(file, name, values.astype(file[name].dtype))
    return f"{part} values of {name} changed"


def change_texts(random, file):
    names = [name for name in objects(file, h5py.Dataset)
             if file[name].dtype.kind == "O" and file[name].size]
    if not names:
        return change_values(random, file)
    name = random.choice(names)
    text = random.choice(TEXTS)
    if file[name].shape == ():
        file[name][()] = text
    else:
        file[name][random.randrange(file[name].shape[0])] = text
    return f"a text of {name} is {text[:40]!r}"


def change_columns(random, file):
    owners = [owner for owner, name in attributes(file) if name == "columns"]
    if not owners:
        return change_attribute(random, file)
    owner = random.choice(owners)
    columns = str(file[owner].attrs["columns"]).split(",")
    new = random.choice((columns + columns[:1], columns[1:], [], ["..", "/"], ["nothing"],
                         columns[::-1], columns * 200, ["x" * 600]))
    file[owner].attrs["columns"] = ",".join(new)
    return f"columns of {owner} are {','.join(new)[:60]!r}"


def change_links(random, file):
    name = random.choice(objects(file, (h5py.Group, h5py.Dataset)))
    is_group = isinstance(file[name], h5py.Group)
    kind = random.choice(("dangling", "itself", "external", "other kind", "root"))
    del file[name]
    if kind == "dangling":
        file[name] = h5py.SoftLink("/nowhere")
    elif kind == "itself":
        file[name] = h5py.SoftLink(f"/{name}")
    elif kind == "external":
        file[name] = h5py.ExternalLink("/etc/passwd", "/x")
    elif kind == "root":
        file[name] = file["/"]
    elif is_group:
        file[name] = np.arange(3.0)
    else:
        file.create_group(name)
    return f"{name} is a link: {kind}" if kind != "other kind" else f"{name} is of another kind"


HDF5_EDITS = (remove_object, remove_attribute, change_attribute, change_affine, change_shape,
              make_huge, change_type, change_values, change_texts, change_columns, change_links)


def edit_hdf5(random, path):
    with h5py.File(path, "r+") as file:
        return random.choice(HDF5_EDITS)(random, file)


# ---- text files ----

def edit_lines(random, path):
    """Lines removed, doubled, swapped or grown; cells replaced."""
    lines = path.read_text(errors="surrogateescape").split("\n")
    at = random.randrange(len(lines))
    kind = random.choice(("remove", "double", "cell", "grow", "tab", "indent"))
    if kind == "remove":
        del lines[at]
    elif kind == "double":
        lines.insert(at, lines[at])
    elif kind == "grow":
        lines[at] += "x" * random.choice((100, 5000, 200000))
    elif kind == "tab":
        lines[at] += "\t" * random.choice((1, 100))
    elif kind == "indent":
        lines[at] = "  " + lines[at]
    else:
        separator = "\t" if "\t" in lines[at] else ": "
        cells = lines[at].split(separator)
        cells[random.randrange(len(cells))] = random.choice(
            TEXTS + tuple(str(number) for number in NUMBERS) + ("\0", "\xff", "[", "{a: b}", "*a"))
        lines[at] = separator.join(cells)
    path.write_text("\n".join(lines), errors="surrogateescape")
    return f"line {at + 1}: {kind}"


YAML_BOMBS = (
    "a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]\n",
    "[" * 5000,
    "{" * 5000 + "a: 1",
    "? [a]\n: b\n",
    "--- a\n--- b\n",
    "%YAML 9.9\n---\na: 1\n",
    "dose: 5\n",
    "cohort: [1, 2]\n",
    "calibration: {method: [absolute]}\n",
    "",
    "\ufeff# only a comment\n",
)


def bomb_yaml(random, path):
    bomb = random.choice(YAML_BOMBS)
    path.write_text(random.choice((bomb, path.read_text() + bomb)))
    return f"yaml bomb {bomb[:20]!r}"
