"""The ROC curves where false positives are few, as SVG: a panel a view, a line a filter."""

import math
from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape

from accuracy.metrics import Curve, caught_at

LEFT_RATE, RIGHT_RATE = 0.0005, 0.1
STEPS = 120
WIDTH, HEIGHT, MARGIN, GAP = 300, 220, 46, 26
COLUMNS = 3
COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#b7791f", "#555555")
_DECADES = math.log10(RIGHT_RATE / LEFT_RATE)

Panels = Mapping[str, Mapping[str, Curve]]


def _x(rate: float) -> float:
    return MARGIN + math.log10(rate / LEFT_RATE) / _DECADES * WIDTH


def _y(caught: float) -> float:
    return GAP + (1 - caught) * HEIGHT


def points(roc: Curve) -> str:
    """The curve along the logarithmic axis."""
    rates = (LEFT_RATE * 10 ** (_DECADES * step / STEPS) for step in range(STEPS + 1))
    return " ".join(f"{_x(rate):.1f},{_y(caught_at(roc, rate)):.1f}" for rate in rates)


def _axes(title: str) -> Iterator[str]:
    yield f'<text x="{MARGIN}" y="{GAP - 8}" font-weight="bold">{escape(title)}</text>'
    for caught in (0, 0.25, 0.5, 0.75, 1):
        y = _y(caught)
        yield f'<path d="M{MARGIN} {y:.1f}h{WIDTH}" stroke="#ddd"/>'
        yield f'<text x="{MARGIN - 4}" y="{y + 4:.1f}" text-anchor="end">{caught * 100:.0f}</text>'
    for rate in (0.001, 0.01, 0.1):
        yield f'<path d="M{_x(rate):.1f} {GAP}v{HEIGHT}" stroke="#ddd"/>'
        yield (
            f'<text x="{_x(rate):.1f}" y="{GAP + HEIGHT + 14}" text-anchor="middle">'
            f"{rate * 100:g}</text>"
        )


def _panel(title: str, curves: Mapping[str, Curve], colours: Mapping[str, str]) -> str:
    lines = (
        f'<polyline points="{points(roc)}" fill="none" stroke="{colours[name]}" '
        f'stroke-width="1.6"><title>{escape(name)}</title></polyline>'
        for name, roc in curves.items()
    )
    return "\n".join((*_axes(title), *lines))


def svg(panels: Panels) -> str:
    """All panels, and which colour is whose."""
    names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    across, down = WIDTH + MARGIN + 14, HEIGHT + GAP + 30
    rows = -(-len(panels) // COLUMNS)
    size = f'width="{across * COLUMNS}" height="{rows * down + 40}"'
    font = 'font-family="sans-serif" font-size="11"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for place, (title, curves) in enumerate(panels.items()):
        x, y = place % COLUMNS * across, place // COLUMNS * down
        parts.append(f'<g transform="translate({x} {y})">{_panel(title, curves, colours)}</g>')
    y = rows * down + 16
    parts.append(f'<text x="{MARGIN}" y="{y}">% of spam caught, by % of ham held:</text>')
    for place, name in enumerate(names):
        x = MARGIN + 240 + 150 * place
        parts.append(f'<text x="{x}" y="{y}" fill="{colours[name]}">— {escape(name)}</text>')
    return "\n".join((*parts, "</svg>\n"))
