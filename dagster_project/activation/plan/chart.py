"""The messages of each day, stacked by channel, drawn as SVG: a file that any browser opens, without a network."""

from collections import Counter
from datetime import date, timedelta
from html import escape
from pathlib import Path
from xml.etree import ElementTree

from dagster_project.activation.plan.forecast import Forecast
from dagster_project.activation.plan.report import by_period
from dagster_project.errors import UsageError
from dagster_project.files import write_atomically

WIDTH, HEIGHT, LEFT, TOP = 960, 320, 60, 48  # pixels of the plot; of the scale and the title beside it
COLOURS = {
    "email": "#4477aa", "line": "#228833", "sms": "#ccbb44", "push": "#ee6677", "dm": "#aa3377", "web": "#66ccee",
    "messenger": "#999933", "phone": "#882255", "insert": "#bbbbbb", "ad": "#44aa99",
}  # fmt: skip
INK, LINE = "#222222", "#d9d9d9"


def write(path: Path, plan: Forecast) -> None:
    """Write the chart as .svg, or as .html with the table below it. Raises UsageError."""
    if path.suffix not in (".svg", ".html"):
        raise UsageError(f"--chart {path}: name a file that ends with .svg or .html")
    if not path.parent.is_dir():
        raise UsageError(f"--chart {path}: there is no folder {path.parent}")
    drawn = draw(plan)
    write_atomically(path, (drawn if path.suffix == ".svg" else _page(drawn, plan)).encode())


def draw(plan: Forecast) -> str:
    """The chart as SVG text: a bar per Tokyo day, and below it the first day of each month."""
    days = [plan.as_of + timedelta(days=number + 1) for number in range((plan.until - plan.as_of).days + 1)]
    counts: Counter[tuple[date, str]] = Counter()
    for row in plan.messages:
        counts[row["day"], row["channel"]] += row["messages"]
    channels = [channel for channel in COLOURS if any(counts[day, channel] for day in days)]
    most = max([1, *(sum(counts[day, channel] for channel in channels) for day in days)])
    chart = ElementTree.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {LEFT + WIDTH + 20} {TOP + HEIGHT + 40}",
        width=str(LEFT + WIDTH + 20),
        role="img",
        attrib={"font-family": "sans-serif", "font-size": "13", "fill": INK},
    )
    _text(chart, 8, 20, f"Likely messages a day, {days[0]} to {plan.until}", weight="bold")
    for place, channel in enumerate(channels):
        _box(chart, LEFT + 90 * place, 30, 10, 10, COLOURS[channel])
        _text(chart, LEFT + 90 * place + 14, 39, channel)
    for share in (0, 0.5, 1):
        at = TOP + HEIGHT * (1 - share)
        ends = {"x1": f"{LEFT}", "x2": f"{LEFT + WIDTH}", "y1": f"{at:.1f}", "y2": f"{at:.1f}", "stroke": LINE}
        ElementTree.SubElement(chart, "line", ends)
        _text(chart, LEFT - 6, at + 4, f"{most * share:,.0f}", anchor="end")
    wide = WIDTH / len(days)
    for number, day in enumerate(days):
        top = float(TOP + HEIGHT)
        for channel in channels:
            tall = HEIGHT * counts[day, channel] / most
            top -= tall
            if tall:
                _box(chart, LEFT + wide * number, top, wide * 0.85, tall, COLOURS[channel])
        if day.day == 1 or number == 0:
            _text(chart, LEFT + wide * number, TOP + HEIGHT + 18, f"{day:%Y-%m-%d}")
    return ElementTree.tostring(chart, encoding="unicode")


def _box(chart: ElementTree.Element, x: float, y: float, wide: float, tall: float, colour: str) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{wide:.1f}", "height": f"{tall:.1f}", "fill": colour}
    ElementTree.SubElement(chart, "rect", place)


def _text(
    chart: ElementTree.Element, x: float, y: float, words: str, anchor: str = "start", weight: str = "normal"
) -> None:
    style = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "font-weight": weight}
    ElementTree.SubElement(chart, "text", style).text = words


def _page(drawn: str, plan: Forecast) -> str:
    rows = by_period(plan)
    head = "".join(f"<th>{escape(name)}</th>" for name in (rows[0] if rows else {}))
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(value))}</td>' for value in row.values())}</tr>" for row in rows)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Plan</title><style>'
        "body{font:14px sans-serif;margin:2em}td,th{padding:.2em .6em;text-align:right;border-bottom:1px solid #ddd}"
        "td:nth-child(-n+3),th:nth-child(-n+3){text-align:left}</style><h1>Likely messages</h1>"
        f"{drawn}<table><tr>{head}</tr>{body}</table></html>"
    )
