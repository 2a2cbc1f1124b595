"""Drawing words by their frequency in constant time: the alias method (Walker, 1977; Vose, 1991)."""

from collections.abc import Sequence

import numpy as np

POWER = 0.75  # Mikolov et al., 2013, arXiv:1310.4546, section 2.2


def noise(counts: Sequence[int]) -> np.ndarray:
    """(words,) float64: how often each word is drawn as a negative example, by its count."""
    weights = np.asarray(counts, float) ** POWER
    return weights / weights.sum()


def alias_table(shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(words,) float32 and int32: a word drawn evenly is taken with the first as its chance, else the second is."""
    left = shares * len(shares)
    chances, others = np.ones(len(left), np.float32), np.arange(len(left), dtype=np.int32)
    small, large = list(np.flatnonzero(left < 1)), list(np.flatnonzero(left >= 1))
    while small and large:
        poor, rich = small.pop(), large[-1]
        chances[poor], others[poor] = left[poor], rich
        left[rich] -= 1 - left[poor]
        if left[rich] < 1:
            small.append(large.pop())
    return chances, others
