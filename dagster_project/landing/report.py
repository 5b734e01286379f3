"""What one landing did, for people and machines."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from dagster_project.errors import Fault
from dagster_project.landing.manifest import Landed


@dataclass(frozen=True)
class LandingReport:
    """`landing_no` is None where nothing new was landed.

    `duplicates` are deliveries (as messages name them) whose content had been landed before; `withdrawn`
    those that stay out because their content was withdrawn; `refused` is empty unless refused files were to
    be skipped.
    """

    landing_no: int | None = None
    landed: tuple[Landed, ...] = ()
    duplicates: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    refused: tuple[Fault, ...] = ()

    @property
    def rows(self) -> dict[str, int]:
        """Rows landed per source, of the sources that had something new."""
        rows: Counter[str] = Counter()
        for file in self.landed:
            rows[file.source] += file.rows
        return dict(rows)

    @property
    def notices(self) -> list[str]:
        """What a run says of the deliveries: what is odd about them, and what is left out and why."""
        return [
            *self.warnings,
            *(f"{fault}; this file is left out" for fault in self.refused),
            *(f"{shown}: stays out, since this content was withdrawn" for shown in self.withdrawn),
        ]

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return {
            "landing_no": self.landing_no,
            "files": [
                {
                    "source": file.source,
                    "file_id": file.file_id,
                    "name": file.name,
                    "rows": file.rows,
                    "problems": file.problems,
                }
                for file in self.landed
            ],
            "rows": self.rows,
            "duplicates": list(self.duplicates),
            "withdrawn": list(self.withdrawn),
            "warnings": list(self.warnings),
            "refused": [str(fault) for fault in self.refused],
        }
