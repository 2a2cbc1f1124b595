"""A class for each row of a table."""

from dataclasses import dataclass
from typing import Any, Self

from kerasapp.tasks._classification import Classification
from kerasapp.tasks._labels import learn_labels
from kerasapp.tasks._tabular import Tabular, learn_columns
from kerasapp.types import Split


@dataclass(frozen=True, kw_only=True)
class TabularClassification(Tabular, Classification):
    """Columns of numbers and categories -> one of the classes that the column `label` has in train."""

    FACTS = ("num_numeric", "category_sizes", "num_classes")

    def adapt(self, split: Split) -> Self:
        return self.learned(**learn_labels(split), **learn_columns(self, split))

    def facts(self) -> dict[str, Any]:
        return {**self.table_facts(), "num_classes": len(self.labels)}

    def check(self, split: Split, name: str) -> None:
        Tabular.check(self, split, name)
        Classification.check(self, split, name)
