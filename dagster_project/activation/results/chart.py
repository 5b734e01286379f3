"""The lift of each step with its interval, drawn as SVG: a file that any browser opens, without scripts or a network.

Drawn here because the charting library at hand (Altair) makes pages that fetch their scripts from a network.
"""

from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from dagster_project.activation.results.report import LATER_STEPS, as_table, points
from dagster_project.errors import UsageError
from dagster_project.files import write_atomically

ROW, LABELS, PLOT, MARGIN = 26, 330, 460, 250  # pixels: height of a row; widths of names, plot and words beside it
COLOURS = {"higher": "#1b7837", "lower": "#b2182b"}
GREY, INK, LINE = "#8c8c8c", "#222222", "#d9d9d9"
TITLE = "Lift: by how many points more of the customers bought than of those held out"
KEY = "Bar: the interval. Grey: it holds 0, or is of a later step, which only those reach who did not leave before."


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write the chart of rows of `report.look_up` as .svg, or as .html with the table below it. Raises UsageError."""
    if path.suffix not in (".svg", ".html"):
        raise UsageError(f"--chart {path}: name a file that ends with .svg or .html")
    if not path.parent.is_dir():
        raise UsageError(f"--chart {path}: there is no folder {path.parent}")
    drawn = draw(rows)
    write_atomically(path, (drawn if path.suffix == ".svg" else _page(drawn, rows)).encode())


def draw(rows: list[dict[str, Any]]) -> str:
    """The chart as SVG text, one line of the plot per row; a row without a lift says its verdict."""
    height = ROW * (len(rows) + 3)
    chart = ElementTree.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {LABELS + PLOT + MARGIN} {height + ROW}",
        width=str(LABELS + PLOT + MARGIN),
        role="img",
        attrib={"font-family": "sans-serif", "font-size": "13", "fill": INK},
    )
    _text(chart, 8, ROW - 8, TITLE, weight="bold")
    ends = [abs(row[name]) for row in rows for name in ("ci_low", "ci_high") if row[name] is not None]
    reach = max([0.01, *ends])  # the plot reaches as far to the left of 0 as to the right
    ticks = _ticks(reach)
    for tick in ticks:
        at = _place(tick, reach)
        _line(chart, at, ROW * 1.4, at, height - ROW, INK if tick == 0 else LINE)
        _text(chart, at, height - ROW / 3, f"{100 * tick:+.3g}" if tick else "0", anchor="middle")
    for number, row in enumerate(rows):
        middle = ROW * (number + 2)
        weight = "bold" if row["step"] == "all steps" else "normal"
        _text(chart, 8, middle + 4, f"{row['scenario_id']} · {row['step']}", weight=weight)
        beside = f"{points(row)} {row['verdict'] if row['verdict'] != 'open' else ''}".strip()
        _text(chart, LABELS + PLOT + 10, middle + 4, beside, colour=INK if row["lift"] is not None else GREY)
        if row["lift"] is not None:
            colour = COLOURS.get(row["verdict"], GREY) if row["claim"] == "effect" else GREY
            _line(chart, _place(row["ci_low"], reach), middle, _place(row["ci_high"], reach), middle, colour, width="5")
            place = {"cx": f"{_place(row['lift'], reach):.1f}", "cy": f"{middle}", "r": "6", "fill": colour}
            ElementTree.SubElement(chart, "circle", place)
    _text(chart, 8, height + ROW / 2, KEY, colour=GREY)
    return ElementTree.tostring(chart, encoding="unicode")


def _place(lift: float, reach: float) -> float:
    return LABELS + PLOT / 2 * (1 + lift / reach)


def _ticks(reach: float) -> list[float]:
    """Round numbers about 0, at most four on a side."""
    step = next(size for size in (0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if reach / size < 5)
    return [number * step for number in range(-4, 5) if abs(number * step) <= reach]


def _text(
    chart: ElementTree.Element,
    x: float,
    y: float,
    words: str,
    anchor: str = "start",
    weight: str = "normal",
    colour: str = INK,
) -> None:
    style = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "font-weight": weight, "fill": colour}
    ElementTree.SubElement(chart, "text", style).text = words


def _line(
    chart: ElementTree.Element, x1: float, y1: float, x2: float, y2: float, colour: str, width: str = "1"
) -> None:
    ends = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    ElementTree.SubElement(chart, "line", ends | {"stroke": colour, "stroke-width": width})


def _page(drawn: str, rows: list[dict[str, Any]]) -> str:
    table = [{"scenario": row["scenario_id"]} | cells for row, cells in zip(rows, as_table(rows), strict=True)]
    head = "".join(f"<th>{escape(name)}</th>" for name in (table[0] if table else {}))
    cells = ["".join(f"<td>{escape(value)}</td>" for value in row.values()) for row in table]
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Results of scenarios</title><style>'
        "body{font:14px sans-serif;margin:2em}td,th{padding:.2em .6em;text-align:right;border-bottom:1px solid #ddd}"
        "td:nth-child(-n+2),th:nth-child(-n+2),td:last-child{text-align:left}</style><h1>Results of scenarios</h1>"
        f"{drawn}<table><tr>{head}</tr>{body}</table><p>{escape(LATER_STEPS)}</p></html>"
    )
