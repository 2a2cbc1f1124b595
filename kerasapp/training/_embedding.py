"""Word vectors that a model's embedding starts from: opened here, and given to `build` as a plain array.

They are matched by word to the task's vocabulary, letter by letter; fastText's n-grams make a vector for other words. A
word that has none starts small and at random, as an embedding without vectors does.
"""

import logging
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from kerasapp import components, vectors
from kerasapp.annotations import options, type_of
from kerasapp.errors import KerasappError, RecipeError
from kerasapp.evaluation.parts import number
from kerasapp.names import some
from kerasapp.paths import node_at
from kerasapp.recipe import Recipe
from kerasapp.run import Run
from kerasapp.tasks._base import Task
from kerasapp.training._fault import fault
from kerasapp.types import Embedding

log = logging.getLogger("kerasapp")
NAMED = 5  # words of a message
SMALL = 0.05  # of a new vector's numbers the largest, as in Keras's Embedding


@dataclass(frozen=True, eq=False)
class Matched:
    """What `build` gets in place of the argument `name` of the recipe's model, and how much was found."""

    name: str
    value: dict[str, Any]
    told: dict[str, Any]
    """"from", "words" of the vocabulary, how many were "found", how many of these "made" of n-grams, that "coverage",
    and the share of "occurrences" in train."""
    known: vectors.Vectors
    """The words of the vocabulary that have a vector there, also those whose vector is made of n-grams."""

    @property
    def fingerprint(self) -> str:
        """A number for the vectors, row by row."""
        return blake2b(self.value["vectors"].tobytes(), digest_size=8).hexdigest()


def with_absolute_source(recipe: Recipe, root: Path) -> Recipe:
    """The recipe with the run or file that an embedding comes from as an absolute path. Raises RecipeError."""
    name = _argument(recipe)
    if name is None:
        return recipe
    path, word = f"model.{name}.from", recipe.model[name]["from"]
    try:
        found = Path(word) if vectors.is_file(word) else Run.open(word, root).path
    except KerasappError as error:
        raise fault(recipe, path, str(error)) from error
    return recipe.replaced({path: replace(node_at(recipe.tree, path), value=str(found.resolve()))})


def matched(recipe: Recipe, task: Task) -> Matched | None:
    """The vectors for the task's vocabulary; None where the model starts from none. Raises RecipeError."""
    name = _argument(recipe)
    if name is None:
        return None
    made = _match(recipe, task, name)
    told = made.told
    shares = f"{number(told['coverage'])}, and {number(told['occurrences'])} of the running words"
    of_ngrams = f" ({told['made']} made of their n-grams)" if told["made"] else ""
    log.info("%s: vectors for %d of %d words%s, %s", told["from"], told["found"], told["words"], of_ngrams, shares)
    return made


def known_at_start(run: Run, task: Task) -> vectors.Vectors | None:
    """The vectors that a run began with, where another process did that: the words of the vocabulary that have one.

    None where the model starts from none, and, with a warning, where they are gone or others by now.
    """
    name, recipe = _argument(run.recipe), run.recipe
    if name is None:
        return None
    try:
        made = _match(recipe, task, name)
    except RecipeError as error:
        log.warning("the report compares with no classifier on the vectors themselves: %s", error)
        return None
    if made.fingerprint != run.read_json("state.json")["fingerprint"].get("embedding"):
        log.warning("%s: was changed since: the report compares with no classifier on its vectors", made.told["from"])
        return None
    return made.known


def _match(recipe: Recipe, task: Task, name: str) -> Matched:
    """`matched`, of the model's argument `name`, without a word."""
    facts, given, path = task.facts(), recipe.model[name], f"model.{name}.from"
    if "vocabulary" not in facts:
        raise fault(recipe, f"model.{name}", f"task {recipe.task['name']} has no words that vectors could be of")
    try:
        known = vectors.of(given["from"])
    except KerasappError as error:
        raise fault(recipe, path, str(error)) from error
    width = known.matrix.shape[1]
    if "dimensions" in recipe.model and recipe.model["dimensions"] != width:
        told = f"{given['from']}: its vectors have {width} dimensions, and model.dimensions is"
        raise fault(recipe, path, f"{told} {recipe.model['dimensions']}. Set that to {width}")
    found, rows = known.of(facts["vocabulary"])
    rows[[not word for word in facts["vocabulary"]]] = vectors.NONE  # the unknown word
    there = rows != vectors.NONE
    if not there.any():
        words = some((f'"{word}"' for word in facts["vocabulary"] if word), NAMED)
        raise fault(recipe, path, f"{given['from']}: has no vector for any word of train ({words})")
    made = np.random.default_rng(recipe.seed).uniform(-SMALL, SMALL, (len(rows), width)).astype(np.float32)
    made[there] = found[there]
    words = [word for word, one in zip(facts["vocabulary"], there, strict=True) if one]
    counts = None if known.counts is None else np.where(rows >= 0, known.counts[np.maximum(rows, 0)], 0)[there]
    own = vectors.Vectors(words, found[there], counts, total=known.running_words)
    return Matched(name, {**given, "vectors": made}, _told(given["from"], facts, rows), own)


def _argument(recipe: Recipe) -> str | None:
    """The model's argument that is an Embedding and is given one."""
    for argument in components.signature("models", recipe.model["name"], folder=recipe.folder).arguments:
        if Embedding in options(type_of(argument.annotation)) and recipe.model[argument.name] is not None:
            return argument.name
    return None


def _told(source: str, facts: dict[str, Any], rows: np.ndarray) -> dict[str, Any]:
    there, made = rows != vectors.NONE, int((rows == vectors.MADE).sum())
    words, found = sum(map(bool, facts["vocabulary"])), int(there.sum())
    counts = np.asarray(facts["word_counts"])
    occurrences = float(counts[there].sum() / counts.sum())
    shares = {"coverage": found / words, "occurrences": occurrences}
    return {"from": source, "words": words, "found": found, "made": made} | shares
