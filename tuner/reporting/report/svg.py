"""A Matplotlib figure as a piece of SVG that lives inside an HTML page."""

import io
import re
from html import escape

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from tuner.reporting.report.theme import VARIABLES

_GEOMETRY = re.compile(r' (d|x|y|x1|y1|x2|y2|width|height|transform)="([^"]*)"')
_DECIMALS = re.compile(r"(\.\d\d)\d+")
_REFERENCES = re.compile(r'(?:href="|url\()#([^")]+)')


def inline_svg(figure: Figure, name: str, title: str, description: str) -> str:
    """Return a figure as an ``<svg>`` element that a screen reader can name.

    Args:
        figure: Drawn within `theme`.
        name: Tells its ids from those of all other figures of the page.
        title: What the figure shows; any text.
        description: What can be read off it, for those who do not see it; any text.
    """
    file = io.StringIO()
    FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = _GEOMETRY.sub(_shortened, svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, variable)
    svg = svg.replace("'DejaVu Sans', ", "").replace("font: ", "font: normal ")
    svg = _own_ids(svg, name)
    head, _, rest = svg.partition(">")
    view = re.search(r'viewBox="[^"]*"', head)
    return (
        f'<svg {view[0] if view else ""} role="img" aria-labelledby="{name}-t {name}-d" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<title id="{name}-t">{escape(title)}</title>'
        f'<desc id="{name}-d">{escape(description)}</desc>{rest}'
    )


def _shortened(geometry: re.Match[str]) -> str:
    """Keep two decimals: a hundredth of a point is finer than any screen or printer."""
    numbers = _DECIMALS.sub(r"\1", geometry[2])
    return f' {geometry[1]}="{numbers}"'


def _own_ids(svg: str, name: str) -> str:
    """Drop the ids that nothing refers to, and mark the others as this figure's."""
    used = set(_REFERENCES.findall(svg))
    svg = re.sub(r' id="([^"]*)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", svg)
    svg = re.sub(r'(xlink:href="|url\()#', rf"\1#{name}-", svg)
    return re.sub(r"\n\s*", "\n", svg)
