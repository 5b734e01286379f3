"""Charts as SVG: files that any browser opens, without scripts or a network.

Drawn here because the charting library at hand (Altair) makes pages that fetch their scripts from a network.
"""

from html import escape
from pathlib import Path
from xml.etree import ElementTree

from dagster_project.errors import UsageError
from dagster_project.files import write_atomically

INK, GRID = "#222222", "#d9d9d9"


def require_place(path: Path) -> None:
    """Raise UsageError where no chart can be written to `path`: it ends otherwise, or lies in no folder."""
    if path.suffix not in (".svg", ".html"):
        raise UsageError(f"--chart {path}: name a file that ends with .svg or .html")
    if not path.parent.is_dir():
        raise UsageError(f"--chart {path}: there is no folder {path.parent}")


def write(path: Path, drawn: str, page: str) -> None:
    """Write a chart as .svg (`drawn`), or as .html (`page`). Raises UsageError as `require_place`."""
    require_place(path)
    write_atomically(path, (drawn if path.suffix == ".svg" else page).encode())


def canvas(width: int, height: int) -> ElementTree.Element:
    """An empty drawing of so many pixels."""
    return ElementTree.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=str(width),
        role="img",
        attrib={"font-family": "sans-serif", "font-size": "13", "fill": INK},
    )


def text(
    chart: ElementTree.Element,
    x: float,
    y: float,
    words: str,
    anchor: str = "start",
    weight: str = "normal",
    colour: str = INK,
) -> None:
    """Words that start, end or stand in the middle at a place."""
    style = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "font-weight": weight, "fill": colour}
    ElementTree.SubElement(chart, "text", style).text = words


def line(
    chart: ElementTree.Element, x1: float, y1: float, x2: float, y2: float, colour: str = GRID, width: str = "1"
) -> None:
    """A straight line."""
    ends = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    ElementTree.SubElement(chart, "line", ends | {"stroke": colour, "stroke-width": width})


def box(chart: ElementTree.Element, x: float, y: float, wide: float, tall: float, colour: str) -> None:
    """A filled rectangle."""
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{wide:.1f}", "height": f"{tall:.1f}", "fill": colour}
    ElementTree.SubElement(chart, "rect", place)


def drawn(chart: ElementTree.Element) -> str:
    """The SVG's text."""
    return ElementTree.tostring(chart, encoding="unicode")


def page(title: str, chart: str, rows: list[dict[str, str]], on_the_left: str, words: str = "") -> str:
    """A page of a chart with the table of its rows; `on_the_left`: CSS selectors of the columns that are words."""
    head = "".join(f"<th>{escape(name)}</th>" for name in (rows[0] if rows else {}))
    cells = ["".join(f"<td>{escape(value)}</td>" for value in row.values()) for row in rows]
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>'
        "body{font:14px sans-serif;margin:2em}td,th{padding:.2em .6em;text-align:right;border-bottom:1px solid #ddd}"
        f"{on_the_left}{{text-align:left}}</style><h1>{escape(title)}</h1>"
        f"{chart}<table><tr>{head}</tr>{body}</table>{f'<p>{escape(words)}</p>' if words else ''}</html>"
    )
