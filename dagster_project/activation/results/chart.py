"""The lift of each step with its interval."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from dagster_project import svg
from dagster_project.activation.results.report import LATER_STEPS, as_table, points
from dagster_project.svg import GRID, INK

ROW, LABELS, PLOT, MARGIN = 26, 330, 460, 250  # pixels: height of a row; widths of names, plot and words beside it
COLOURS = {"higher": "#1b7837", "lower": "#b2182b"}
GREY = "#8c8c8c"
TITLE = "Lift: by how many points more of the customers bought than of those held out"
KEY = "Bar: the interval. Grey: it holds 0, or is of a later step, which only those reach who did not leave before."


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write the chart of rows of `report.look_up` as .svg, or as .html with the table below it. Raises UsageError."""
    drawn = draw(rows)
    table = [{"scenario": row["scenario_id"]} | cells for row, cells in zip(rows, as_table(rows), strict=True)]
    on_the_left = "td:nth-child(-n+2),th:nth-child(-n+2),td:last-child"
    svg.write(path, drawn, svg.page("Results of scenarios", drawn, table, on_the_left, LATER_STEPS))


def draw(rows: list[dict[str, Any]]) -> str:
    """The chart as SVG text, one line of the plot per row; a row without a lift says its verdict."""
    height = ROW * (len(rows) + 3)
    chart = svg.canvas(LABELS + PLOT + MARGIN, height + ROW)
    svg.text(chart, 8, ROW - 8, TITLE, weight="bold")
    ends = [abs(row[name]) for row in rows for name in ("ci_low", "ci_high") if row[name] is not None]
    reach = max([0.01, *ends])  # the plot reaches as far to the left of 0 as to the right
    ticks = _ticks(reach)
    for tick in ticks:
        at = _place(tick, reach)
        svg.line(chart, at, ROW * 1.4, at, height - ROW, INK if tick == 0 else GRID)
        svg.text(chart, at, height - ROW / 3, f"{100 * tick:+.3g}" if tick else "0", anchor="middle")
    for number, row in enumerate(rows):
        middle = ROW * (number + 2)
        weight = "bold" if row["step"] == "all steps" else "normal"
        svg.text(chart, 8, middle + 4, f"{row['scenario_id']} · {row['step']}", weight=weight)
        beside = f"{points(row)} {row['verdict'] if row['verdict'] != 'open' else ''}".strip()
        svg.text(chart, LABELS + PLOT + 10, middle + 4, beside, colour=INK if row["lift"] is not None else GREY)
        if row["lift"] is not None:
            colour = COLOURS.get(row["verdict"], GREY) if row["claim"] == "effect" else GREY
            svg.line(
                chart, _place(row["ci_low"], reach), middle, _place(row["ci_high"], reach), middle, colour, width="5"
            )
            place = {"cx": f"{_place(row['lift'], reach):.1f}", "cy": f"{middle}", "r": "6", "fill": colour}
            ElementTree.SubElement(chart, "circle", place)
    svg.text(chart, 8, height + ROW / 2, KEY, colour=GREY)
    return svg.drawn(chart)


def _place(lift: float, reach: float) -> float:
    return LABELS + PLOT / 2 * (1 + lift / reach)


def _ticks(reach: float) -> list[float]:
    """Round numbers about 0, at most four on a side."""
    step = next(size for size in (0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if reach / size < 5)
    return [number * step for number in range(-4, 5) if abs(number * step) <= reach]
