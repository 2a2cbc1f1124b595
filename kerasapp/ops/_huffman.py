"""The binary tree of hierarchical softmax: Huffman's, short paths for frequent words (Mikolov et al., 2013,
arXiv:1310.4546, section 2.1; Morin and Bengio, 2005).
"""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

import numpy as np

NO_NODE = -1


def tree(counts: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """For each word the inner nodes above it, (words, depth) int32 and NO_NODE beyond the root, and which way it lies
    from each, (words, depth) float32 of 0 and 1.

    Inner nodes count from 0; there is one less than words, of which two are the least.
    """
    size = len(counts)
    heap = [(int(count), -place, place) for place, count in enumerate(counts)]  # of equal ones the last is the rarest
    heapify(heap)
    above, way = np.full(2 * size - 1, NO_NODE, np.int32), np.zeros(2 * size - 1, np.float32)
    for inner in range(size, 2 * size - 1):
        (rarer, _, first), (rare, _, second) = heappop(heap), heappop(heap)
        above[first] = above[second] = inner
        way[second] = 1
        heappush(heap, (rarer + rare, inner, inner))
    place, nodes, ways = np.arange(size), [], []
    while (up := np.where(place >= 0, above[place], NO_NODE)).max() >= 0:
        nodes.append(np.where(up >= 0, up - size, NO_NODE))
        ways.append(np.where(up >= 0, way[place], 0))
        place = up
    return np.stack(nodes, 1).astype(np.int32), np.stack(ways, 1).astype(np.float32)
