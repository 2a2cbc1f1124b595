"""Mean and spread of a metric over several trainings: folds, or seeds."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def over(reports: Sequence[dict[str, Any]], split: str | None = None) -> dict[str, dict[str, Any]]:
    """`{metric: {"mean", "spread", "values"}}` of a split, by default each report's first.

    `spread` is the sample standard deviation, None where there is one value. A value that is not finite stays out.
    """
    values: dict[str, list[float]] = {}
    for report in reports:
        splits = report["splits"]
        for name, told in splits[split or next(iter(splits))]["metrics"].items():
            if told["value"] is not None:
                values.setdefault(name, []).append(told["value"])
    return {
        name: {"mean": float(np.mean(row)), "spread": float(np.std(row, ddof=1)) if len(row) > 1 else None,
               "values": row}
        for name, row in values.items()
    }  # fmt: skip
