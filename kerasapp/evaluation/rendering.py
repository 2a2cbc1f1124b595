"""A document as Markdown and as one page of HTML that needs nothing beside itself."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasapp import figures, pictures, plots
from kerasapp.evaluation.parts import Drawing, Listing, Pictures, Section, Sheet, Table, Text, Tile


@dataclass(frozen=True)
class Document:
    headline: str
    title: str
    run: str
    warnings: Sequence[str]
    tiles: Sequence[Tile]
    sections: Sequence[Section]


def draw(document: Document) -> dict[str, str | bytes]:
    """The files under `plots/`: drawings as SVG, pictures as one PNG."""
    files = {}
    for part in (part for section in document.sections for part in section.parts):
        if isinstance(part, Drawing):
            files[part.file] = figures.svg(part.figure)
        elif isinstance(part, Sheet):
            files[part.file] = part.png
        elif isinstance(part, Pictures):
            captions = [f"{plots.short(first, 20)}\n{second}" for first, second in part.captions]
            files[part.file] = figures.png(plots.image_grid(part.images, captions, columns=6))
    return files


def markdown(document: Document) -> str:
    """The headline is the first line; figures are linked from `plots/`."""
    about = [f"# {document.headline}", f"{document.title} (`{document.run}`)"]
    warned = ["\n".join(f"- {_inline(warning)}" for warning in document.warnings)] if document.warnings else []
    figures = [[tile.name, tile.value, tile.note] for tile in document.tiles]
    tiles = Table(["measure", "value", "95 % interval or note"], figures)
    blocks = [*about, *warned, _table(tiles)]
    for section in document.sections:
        blocks.append(f"## {section.title}")
        blocks += [_block(part) for part in section.parts]
    return "\n\n".join(blocks) + "\n"


def _block(part: Text | Table | Drawing | Pictures | Sheet | Listing) -> str:
    if isinstance(part, Text):
        return _inline(part.text)
    if isinstance(part, Table):
        return "\n\n".join(filter(None, [_table(part), _inline(part.caption)]))
    if isinstance(part, (Drawing, Sheet)):
        return f"![{part.name.replace('_', ' ')}](plots/{part.file})\n\n{_inline(part.caption)}"
    if isinstance(part, Pictures):
        rows = [[name, *caption] for name, caption in zip(part.ids, part.captions, strict=True)]
        told = Table(["example", "", "probability"], rows, names=2)
        return f"![{part.name.replace('_', ' ')}](plots/{part.file})\n\n{_table(told)}"
    return f"{part.title}\n\n```{part.language}\n{part.text}\n```"


def _table(table: Table) -> str:
    rule = [":--" if place < table.names else "--:" for place in range(len(table.header))]
    rows = [[_inline(cell).replace("|", "\\|") for cell in row] for row in (table.header, rule, *table.rows)]
    for row, link in zip(rows[2:], table.links, strict=False):
        row[0] = f"[{row[0]}]({link})" if link else row[0]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _inline(text: str) -> str:
    """Words of the data that Markdown would take for its own signs or for HTML."""
    return " ".join(text.split()).replace("<", "&lt;").replace("*", "\\*").replace("`", "\\`")


def page(document: Document, drawn: Mapping[str, str | bytes]) -> str:
    """One self-contained HTML file, for light and dark screens and for paper."""
    from jinja2 import Environment

    template = (Path(__file__).parent / "report.html.jinja").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["png"] = lambda image: _uri("image/png", pictures.png(image))
    environment.filters["file"] = lambda content: _uri("image/png", content)
    sources = {name: _uri("image/svg+xml", text.encode()) for name, text in drawn.items() if isinstance(text, str)}
    return environment.from_string(template).render(document=document, sources=sources)


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
