"""A matplotlib `Figure` as a file, and the colours that all of them have.

The colours are those of Okabe and Ito (2008, "Color Universal Design"), told apart by the colour-blind. An SVG carries
a second set of ink and paper for screens set to dark. Matplotlib is imported where something is drawn.
"""

import io
import re
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9"
INK, FAINT, PAPER = "#1f2328", "#c8ced6", "#ffffff"
DARK = {INK: "#e6e8eb", FAINT: "#454c57", PAPER: "#181b20", BLUE: "#4aa3df"}
"""What an SVG has instead on a dark screen."""
RASTER = 192  # dots an inch of what an SVG holds as pixels


def png(figure: "Figure", dpi: int = 144) -> bytes:
    """The figure as a PNG file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def svg(figure: "Figure") -> str:
    """The figure as an SVG file with real text, equal for equal numbers, and legible on light and dark screens."""
    import matplotlib

    buffer = io.StringIO()
    text_as_text = matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "kerasapp"})
    with text_as_text, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # the reader's browser has them
        figure.savefig(buffer, format="svg", dpi=RASTER, metadata={"Date": None, "Creator": None})
    rules = "".join(
        f'[style*="{part}: {light}"]{{{part}:{dark}!important}}'
        for light, dark in DARK.items()
        for part in ("fill", "stroke")
    )
    style = f"<style>text{{font-family:system-ui,sans-serif}}@media(prefers-color-scheme:dark){{{rules}}}</style>"
    text = re.sub(r"'DejaVu Sans'[^;\"]*sans-serif", "system-ui, sans-serif", buffer.getvalue())
    return re.sub(r"(<svg [^>]*>)", lambda match: match.group(1) + style, text, count=1)
