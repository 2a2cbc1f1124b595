"""Reads a file of word vectors as a stranger would, and compares it with the one that a run kept.

A script, not a module: `python -P _read_vectors.py FORMAT FILE KEPT.npz`. It prints what it found as JSON; the last
line of its stderr says why it failed.
"""

import json
import math
import statistics
import struct
import sys
import time
from itertools import pairwise

BATCHES = (1, 32)
CALLS = 10


def main(form: str, file: str, kept: str) -> None:
    sys.modules["kerasapp"] = None
    import numpy as np

    words, rows = {"word2vec_text": text, "word2vec_binary": binary, "npz": npz}[form](file, np)
    wanted_words, wanted = npz(kept, np)
    pairs = [(rows, wanted), (ngrams(file, np), ngrams(kept, np))] if form == "npz" else [(rows, wanted)]
    difference = max(largest_difference(*pair, np) for pair in pairs)
    times = {str(size): median_milliseconds(rows, size, np) for size in BATCHES}
    told = {"examples": len(words), "labels_equal": words == wanted_words, "max_difference": difference}
    print(json.dumps({**told, "milliseconds": times}))


def text(file: str, np) -> tuple:
    with open(file, encoding="utf-8", newline="\n") as stream:
        count, dimensions = map(int, stream.readline().split())
        words, rows = [], np.empty((count, dimensions), np.float32)
        for number, line in enumerate(stream):
            word, *fields = line.rstrip("\n").split(" ")
            words.append(word)
            rows[number] = [float(field) for field in fields]
    return words, rows


def binary(file: str, np) -> tuple:
    with open(file, "rb") as stream:
        count, dimensions = map(int, stream.readline().split())
        words, rows = [], np.empty((count, dimensions), np.float32)
        for number in range(count):
            word = b""
            while (letter := stream.read(1)) != b" ":
                word += letter
            words.append(word.decode("utf-8"))
            rows[number] = struct.unpack(f"<{dimensions}f", stream.read(4 * dimensions))
        if stream.read(1):
            raise ValueError("more follows after the last word")
    return words, rows


def npz(file: str, np) -> tuple:
    with np.load(file) as stored:
        content, ends = stored["words"].tobytes(), stored["words|offsets"].tolist()
        return [content[a:b].decode("utf-8") for a, b in pairwise(ends)], stored["vectors"]


def ngrams(file: str, np):
    """fastText's; none of other vectors."""
    with np.load(file) as stored:
        return stored["ngrams"] if "ngrams" in stored.files else np.empty((0, 0), np.float32)


def largest_difference(rows, wanted, np) -> float:
    """Of numbers up to 1 absolute, beyond relative to them."""
    if rows.shape != wanted.shape:
        return math.inf
    return float(np.max(np.abs(rows - wanted) / np.maximum(1, np.abs(wanted)), initial=0))


def median_milliseconds(rows, size: int, np) -> float:
    """To find the nearest of so many words: the first, and from the beginning again where there are fewer."""
    asked, times = rows[np.arange(size) % len(rows)], []
    for _ in range(CALLS):
        start = time.perf_counter()
        (asked @ rows.T).argmax(axis=1)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


if __name__ == "__main__":
    main(*sys.argv[1:])
