"""A scenario file without fault, for tests to spoil."""

from pathlib import Path

GOOD = """\
id: thanks
description: Thanks.
cadence: daily
trigger: {kind: order, nth: 1}
exits: [purchase]
steps:
  - step: one
    delay: {days: 1}
    channel: email
    content_id: thanks
  - step: two
    delay: {months: 6}
    variants:
      - when: {gender: [female]}
        channel: line
        content_id: thanks_line
      - channel: email
        content_id: thanks
"""


def write(tmp_path: Path, text: str, name: str = "thanks") -> Path:
    """The folder of scenarios that holds this one alone."""
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / f"{name}.yml").write_text(text)
    return folder
