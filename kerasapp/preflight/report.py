"""The findings as one page of HTML that needs nothing beside itself: by kind, the worst first, with small pictures."""

import base64
import io
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image

from kerasapp.data._images import SUFFIXES
from kerasapp.data.image_folder import Photographs
from kerasapp.files import write as write_file
from kerasapp.preflight import Look
from kerasapp.preflight.labels import named
from kerasapp.recipe import Recipe
from kerasapp.rules import SEVERITIES, Finding
from kerasapp.types import Split

PICTURED, LISTED = 12, 100  # findings of a kind with pictures, and in words
SIDE = 144  # pixels of a picture on the page
CLASSES = 60  # in the table of classes


@dataclass(frozen=True)
class Group:
    """The findings of one kind; `pictures` has a list of (id, source) for each that is shown."""

    kind: str
    severity: str
    findings: list[Finding]
    total: int
    pictures: list[list[tuple[str, str]]]

    @property
    def title(self) -> str:
        return self.kind.replace("_", " ")


def write(look: Look, recipe: Recipe, path: Path) -> None:
    """Writes the page to `path`."""
    from jinja2 import Environment

    template = (Path(__file__).parent / "report.html.jinja").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(template).render(
        title=recipe.title,
        recipe=str(recipe.file),
        groups=_groups(look),
        counts=_of_severities(look),
        splits={name: len(split) for name, split in look.splits.items()},
        classes=_classes(look.splits),
        severities=SEVERITIES,
    )
    write_file(path, page)


def _of_severities(look: Look) -> Counter[str]:
    counts: Counter[str] = Counter()
    for (severity, _), count in look.counts.items():
        counts[severity] += count
    return counts


def _groups(look: Look) -> list[Group]:
    kinds: dict[tuple[str, str], list[Finding]] = {}
    for finding in look.findings:
        kinds.setdefault((finding.severity, finding.kind), []).append(finding)
    shown = {place for found in kinds.values() for finding in found[:PICTURED] for place in finding.shows}
    picture = _pictures(look.splits, shown)
    return [
        Group(
            kind,
            severity,
            found[:LISTED],
            look.counts[severity, kind],
            [_shown(finding, picture) for finding in found[:PICTURED]],
        )
        for (severity, kind), found in kinds.items()
    ]


def _shown(finding: Finding, picture: Callable[[str], str | None]) -> list[tuple[str, str]]:
    sources = ((place, picture(place)) for place in finding.shows)
    return [(place, source) for place, source in sources if source]


def _pictures(splits: dict[str, Split], shown: Iterable[str]) -> Callable[[str], str | None]:
    """Gives the picture of an example as a data URI, by its id; None where it has none that can be drawn."""
    wanted = set(shown)
    rows = {}
    for split in splits.values():
        if "image" in split.features and not isinstance(split, Photographs):
            rows |= {place: (split, row) for row, place in enumerate(split.ids) if place in wanted}

    def picture(place: str) -> str | None:
        if place in rows:
            split, row = rows[place]
            return _small(split.gather(np.array([row]))["image"].numpy()[0])
        is_image = os.path.splitext(place)[1].lower() in SUFFIXES and Path(place).is_file()
        return _small(Path(place).read_bytes()) if is_image else None

    return picture


def _small(image: bytes | np.ndarray) -> str | None:
    """A picture, as far as it can be read, as a data URI."""
    try:
        opened = _opened(image)
        opened.thumbnail((SIDE, SIDE))
        buffer = io.BytesIO()
        opened.convert("RGB").save(buffer, "JPEG", quality=80)
    except Exception:  # whatever a reader raises on what is broken: then there is nothing to show
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _opened(image: bytes | np.ndarray) -> Image.Image:
    if isinstance(image, bytes):
        if image[:2] == b"\xff\xd8":  # read on past damage, as most programs do
            return Image.fromarray(simplejpeg.decode_jpeg(image, "RGB", strict=False))
        return Image.open(io.BytesIO(image))
    pixels = image if image.dtype == np.uint8 else (np.clip(image, 0, 1) * 255).astype(np.uint8)
    whole = max(1, SIDE // max(pixels.shape[:2]))
    pixels = pixels.repeat(whole, axis=0).repeat(whole, axis=1)
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def _classes(splits: dict[str, Split]) -> list[tuple[str, list[int]]]:
    """Examples of each class in each split, the most common first; none for measures."""
    if any(split.features["label"].dtype.startswith("float") for split in splits.values() if "label" in split.features):
        return []
    counts = {
        name: Counter() if (labels := named(split)) is None else Counter(labels) for name, split in splits.items()
    }
    every = sum(counts.values(), Counter())
    if len(every) > len(splits.get("train", ())) / 2:
        return []
    return [(label, [counts[name][label] for name in splits]) for label, _ in every.most_common(CLASSES)]
