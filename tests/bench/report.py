"""What was measured, as Markdown that the README can take as it is."""

import itertools
import math

from tests.bench.compare import MARTS
from tests.bench.measure import machine
from tests.bench.trial import Pair, Trial

# architecture.md, "Speed to hold": stated for scale 1, growth from 0.1 to 1.
RATIO, SHARE, PEAK_GB, EXPONENT = 2.0, 0.15, 8.0, 1.1
NOISE, TOO_LITTLE = 0.1, "too little to tell"  # one run and the next of the same shop differ by some percent

YARDSTICK = (
    "The yardstick (`tests/bench/yardstick/`) is a hand-written DuckDB script over the same landing, two"
    " threads, without checks, lists and feeds. It takes one thing from the pipeline: the short list of"
    " identifiers that the walk over contested ones blocked. Persons, their ids and the marts it computes itself,"
    " by the specification, and where that is silent by the marts' documentation. Compared row for row after the"
    f" full build and after the daily run: {', '.join(f'`{mart}`' for mart in MARTS)}."
)


def verdict(value: float, limit: float) -> str:
    """`within`, or by how much not."""
    return "within" if value <= limit else f"beyond by {value - limit:.2g}"


def gigabytes(count: int) -> float:
    """Bytes as GB."""
    return count / 2**30


def of_trial(scale: float, trial: Trial) -> str:
    """One scale: seconds per stage of the full build and of the daily run, the yardstick's parts, memory."""
    full, daily = trial.full.pipeline, trial.daily.pipeline
    lines = [
        f"#### Scale {scale:g}: {trial.members:,} members, {trial.rows['web_events']:,} web events,"
        f" {trial.order_lines:,} order lines",
        "",
        "| seconds | full build | daily run |",
        "|---|---:|---:|",
        *[f"| {name} | {seconds:.1f} | {daily.parts.get(name, 0):.1f} |" for name, seconds in full.parts.items()],
        f"| **whole** | **{full.seconds:.1f}** | **{daily.seconds:.1f}** |",
        f"| processor seconds | {full.processor_seconds:.1f} | {daily.processor_seconds:.1f} |",
        f"| peak memory, GB | {gigabytes(full.peak_bytes):.2f} | {gigabytes(daily.peak_bytes):.2f} |",
    ]
    yardsticks = (trial.full.yardstick, trial.daily.yardstick)
    if yardsticks[0] and yardsticks[1]:
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in yardsticks[0].parts.items())
        lines += [
            f"| yardstick | {yardsticks[0].seconds:.1f} | {yardsticks[1].seconds:.1f} |",
            f"| its processor seconds | {yardsticks[0].processor_seconds:.1f} |"
            f" {yardsticks[1].processor_seconds:.1f} |",
            "",
            f"Yardstick: {parts} s; peak memory {gigabytes(yardsticks[0].peak_bytes):.2f} GB.",
        ]
    return "\n".join([*lines, "", *_sameness(trial)])


def _sameness(trial: Trial) -> list[str]:
    found = []
    for name, pair in (("full build", trial.full), ("daily run", trial.daily)):
        different = [difference for difference in pair.differences if not difference.is_same]
        rows = sum(difference.rows for difference in pair.differences)
        if different:
            found += [
                f"- **{name}: {one.mart} differs**: {one.only_published:,} rows only in the published mart,"
                f" {one.only_yardstick:,} only in the yardstick's ({', '.join(one.columns)})"
                for one in different
            ]
        elif pair.differences:
            found.append(f"- {name}: {len(pair.differences)} marts, {rows:,} rows, all the same as the yardstick's.")
    return found


def combined(trials: dict[float, Trial], fixed: Trial | None) -> str:
    """All scales beside each other, a verdict for each limit; `fixed` is the trial of the smallest shop."""
    header = [
        "scale", "members", "web events", "order lines", "full build, s", "yardstick, s", "ratio (limit 2)",
        "daily run, s", "share of full (limit 15 %)", "peak, GB (limit 8)", "same rows",
    ]  # fmt: skip
    lines = [f"Measured on {machine()}.", "", f"| {' | '.join(header)} |", "|" + "---:|" * len(header)]
    for scale, trial in trials.items():
        full, daily = trial.full.pipeline, trial.daily.pipeline
        peak = gigabytes(max(full.peak_bytes, daily.peak_bytes))
        yard = trial.full.yardstick
        assert yard is not None
        ratio, share = full.seconds / yard.seconds, daily.seconds / full.seconds
        cells = [
            f"{scale:g}", f"{trial.members:,}", f"{trial.rows['web_events']:,}", f"{trial.order_lines:,}",
            f"{full.seconds:.1f}", f"{yard.seconds:.1f}", f"{ratio:.2f}, {verdict(ratio, RATIO)}",
            f"{daily.seconds:.1f}", f"{share:.1%}, {verdict(100 * share, 100 * SHARE)}",
            f"{peak:.2f}, {verdict(peak, PEAK_GB)}", "no" if trial.differences else "yes",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    if fixed is not None:
        lines += ["", *_net(trials, fixed)]
    growth = _growth(trials, fixed)
    return "\n".join([*lines, *([""] if growth else []), *growth, "", YARDSTICK])


def _net(trials: dict[float, Trial], fixed: Trial) -> list[str]:
    """The same without what any run takes: imports, dbt's parsing, a task per model and check."""
    lines = [
        f"What any run takes, measured with a shop of {fixed.members} members: full build"
        f" {fixed.full.pipeline.seconds:.1f} s, daily run {fixed.daily.pipeline.seconds:.1f} s. Net of it:",
        "",
        "| scale | full build, s | ratio to yardstick | daily run, s | share of full |",
        "|---:|---:|---:|---:|---:|",
    ]
    for scale, trial in trials.items():
        full, daily = _less(trial.full, fixed.full), _less(trial.daily, fixed.daily)
        yard = trial.full.yardstick
        assert yard is not None
        ratio = f"{full / yard.seconds:.2f}, {verdict(full / yard.seconds, RATIO)}" if full else TOO_LITTLE
        share = f"{daily / full:.1%}, {verdict(100 * daily / full, 100 * SHARE)}" if full and daily else TOO_LITTLE
        lines.append(f"| {scale:g} | {full or TOO_LITTLE} | {ratio} | {daily or TOO_LITTLE} | {share} |")
    return lines


def _less(pair: Pair, fixed: Pair) -> float:
    """Seconds beyond the fixed part; 0 where they are within the noise of measuring that."""
    beyond = pair.pipeline.seconds - fixed.pipeline.seconds
    return round(beyond, 1) if beyond > NOISE * fixed.pipeline.seconds else 0.0


def _growth(trials: dict[float, Trial], fixed: Trial | None) -> list[str]:
    """The exponent by which the full build grows from each scale to the next."""
    lines = []
    scales = sorted(trials)
    for small, large in itertools.pairwise(scales):
        sizes = math.log(trials[large].members / trials[small].members)
        times = [trials[scale].full.pipeline.seconds for scale in (small, large)]
        exponent = math.log(times[1] / times[0]) / sizes
        text = f"Growth from scale {small:g} to {large:g}: exponent {exponent:.2f} (limit {EXPONENT}),"
        text += f" {verdict(exponent, EXPONENT)}"
        if fixed is not None:
            net = [_less(trials[scale].full, fixed.full) for scale in (small, large)]
            if min(net) > 0:
                exponent = math.log(net[1] / net[0]) / sizes
                text += f"; net of the fixed part {exponent:.2f}, {verdict(exponent, EXPONENT)}"
        lines.append(text + ".")
    return lines
