"""The peer of the kernel convolution: scipy.signal.fftconvolve on the same volume.

Usage: bench_scipy.py FOLDER NX NY NZ KX KY KZ
FOLDER holds source, kernel and result as raw float32 (x fastest), written by bench_dose. Prints the
best of three times in seconds, and the largest difference from `result` as a part of the largest value.
"""

import sys
import time

import numpy as np
from scipy.signal import fftconvolve

REPEATS = 3


def read(folder, name, size):
    return np.fromfile(f"{folder}/{name}", dtype=np.float32).reshape(size[::-1])


def main():
    folder = sys.argv[1]
    numbers = [int(text) for text in sys.argv[2:]]
    source, kernel = read(folder, "source", numbers[:3]), read(folder, "kernel", numbers[3:])
    result = read(folder, "result", numbers[:3])
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        expected = fftconvolve(source, kernel, mode="same")
        best = min(best, time.perf_counter() - start)
    difference = np.abs(expected - result).max() / np.abs(expected).max()
    print(f"{best:.6f} {difference:.3e}")


if __name__ == "__main__":
    main()
