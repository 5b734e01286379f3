"""Folders are replaced as a whole, and a stop leaves nothing behind for ever."""

from pathlib import Path

import pytest

from dagster_project.files import replace


def test_a_folder_that_a_stop_had_put_aside_goes_with_the_next_replacement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = tmp_path / "marts" / "2026-03-31"
    day.mkdir(parents=True)
    (day / "old.parquet").touch()

    def made() -> Path:
        new = tmp_path / "scratch"
        new.mkdir(exist_ok=True)
        (new / "new.parquet").touch()
        return new

    rename, renamed = Path.rename, []

    def killed_after_one(source: Path, target: Path) -> Path:
        if renamed:
            raise KeyboardInterrupt
        renamed.append(source)
        return rename(source, target)

    with monkeypatch.context() as stopped:
        stopped.setattr(Path, "rename", killed_after_one)
        with pytest.raises(KeyboardInterrupt):
            replace(made(), day)
    replace(made(), day)
    assert [file.name for file in day.iterdir()] == ["new.parquet"]
    assert [folder.name for folder in day.parent.iterdir()] == ["2026-03-31"]
