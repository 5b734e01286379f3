"""The messages of each day, stacked by channel."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from dagster_project import svg
from dagster_project.activation.plan.forecast import Forecast
from dagster_project.activation.plan.report import by_period

WIDTH, HEIGHT, LEFT, TOP = 960, 320, 60, 48  # pixels of the plot; of the scale and the title beside it
COLOURS = {
    "email": "#4477aa", "line": "#228833", "sms": "#ccbb44", "push": "#ee6677", "dm": "#aa3377", "web": "#66ccee",
    "messenger": "#999933", "phone": "#882255", "insert": "#bbbbbb", "ad": "#44aa99",
}  # fmt: skip


def write(path: Path, plan: Forecast) -> None:
    """Write the chart as .svg, or as .html with the table below it. Raises UsageError."""
    drawn = draw(plan)
    rows = [{name: str(value) for name, value in row.items()} for row in by_period(plan)]
    svg.write(path, drawn, svg.page("Likely messages", drawn, rows, "td:nth-child(-n+3),th:nth-child(-n+3)"))


def draw(plan: Forecast) -> str:
    """The chart as SVG text: a bar per Tokyo day, and below it the first day of each month."""
    days = [plan.as_of + timedelta(days=number + 1) for number in range((plan.until - plan.as_of).days + 1)]
    counts: Counter[tuple[date, str]] = Counter()
    for row in plan.messages:
        counts[row["day"], row["channel"]] += row["messages"]
    channels = [channel for channel in COLOURS if any(counts[day, channel] for day in days)]
    most = max([1, *(sum(counts[day, channel] for channel in channels) for day in days)])
    chart = svg.canvas(LEFT + WIDTH + 20, TOP + HEIGHT + 40)
    svg.text(chart, 8, 20, f"Likely messages a day, {days[0]} to {plan.until}", weight="bold")
    for place, channel in enumerate(channels):
        svg.box(chart, LEFT + 90 * place, 30, 10, 10, COLOURS[channel])
        svg.text(chart, LEFT + 90 * place + 14, 39, channel)
    for messages in sorted({0, most // 2, most}):
        at = TOP + HEIGHT * (1 - messages / most)
        svg.line(chart, LEFT, at, LEFT + WIDTH, at)
        svg.text(chart, LEFT - 6, at + 4, f"{messages:,}", anchor="end")
    wide = WIDTH / len(days)
    for number, day in enumerate(days):
        top = float(TOP + HEIGHT)
        for channel in channels:
            tall = HEIGHT * counts[day, channel] / most
            top -= tall
            if tall:
                svg.box(chart, LEFT + wide * number, top, wide * 0.85, tall, COLOURS[channel])
        if day.day == 1 or number == 0:
            svg.text(chart, LEFT + wide * number, TOP + HEIGHT + 18, f"{day:%Y-%m-%d}")
    return svg.drawn(chart)
