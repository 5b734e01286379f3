"""What `seeds/identity/probabilistic.yml` declares: its YAML, read and checked against the columns of `features.py`.

Every fault is named with its line; the same reading serves `kizuna doctor` and the run.
"""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from dagster_project.errors import ConfigurationError, Fault
from dagster_project.identity.likely.expressions import checked
from dagster_project.identity.likely.features import COLUMNS
from dagster_project.identity.likely.tables import PRIOR
from dagster_project.yaml_lines import line_of, read_yaml

FILE = "seeds/identity/probabilistic.yml"
BOTH = frozenset(f"{column}_{side}" for column in COLUMNS for side in "lr")
NAME = r"^[a-z][a-z0-9_]*$"
MISSING = "missing"

Share = Annotated[float, Field(gt=0, lt=1)]
# Over the columns of one record.
OfOne = Annotated[str, AfterValidator(lambda text: checked(text, COLUMNS))]
# Over the columns of two, with _l and _r.
OfTwo = Annotated[str, AfterValidator(lambda text: checked(text, BOTH))]


class Declared(BaseModel):
    """A part of the declaration: frozen, and a word that it does not know is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Thresholds(Declared):
    """Probabilities: from `upper` on a pair is used, from `lower` on it is for a person to review."""

    upper: Share
    lower: Share

    @model_validator(mode="after")
    def _in_order(self) -> "Thresholds":
        if self.lower > self.upper:
            raise ValueError("lower is more than upper")
        return self


class Prior(Declared):
    """How likely two records are one person's before anything is compared.

    `links_per_record` links for each record that belongs to no member, among all pairs that could be; no likelier
    than in a home of `records_at_least`, since agreement among a handful proves nothing.
    """

    links_per_record: float = Field(gt=0)
    records_at_least: int = Field(ge=2)


class Sample(Declared):
    """From how many pairs, and with which seed, Splink estimates how often a level is met by chance; `weight` is the
    number of pairs that the `u` of the declaration counts for beside them."""

    pairs: int = Field(ge=1)
    seed: int
    weight: int = Field(ge=1)


class Block(Declared):
    """Records are compared where all of `keys` agree."""

    name: str = Field(pattern=NAME)
    keys: list[OfOne] = Field(min_length=1)


class Level(Declared):
    """One outcome of a comparison. The last level has no `when` and takes what is left.

    m: share of pairs of one person that meet it; u: of pairs of two. frequency_of: a column whose rare values
    weigh more where they agree.
    """

    label: str = Field(pattern=NAME)
    when: OfTwo | None = None
    m: Share
    u: Share
    frequency_of: str | None = None

    @field_validator("frequency_of")
    @classmethod
    def _is_column(cls, name: str | None) -> str | None:
        if name is not None and name not in COLUMNS:
            raise ValueError(f"'{name}' is no column; columns are {', '.join(COLUMNS)}")
        return name


class Comparison(Declared):
    """What is compared, by levels, the first that holds; `missing` where nothing can be said."""

    name: str = Field(pattern=NAME)
    missing: OfTwo
    levels: list[Level] = Field(min_length=2)

    @model_validator(mode="after")
    def _whole(self) -> "Comparison":
        labels = [level.label for level in self.levels]
        if len({*labels, MISSING}) <= len(labels):
            raise ValueError(f"labels must differ from each other and from '{MISSING}'")
        if [level.when is None for level in self.levels] != [False] * (len(labels) - 1) + [True]:
            raise ValueError("every level but the last needs `when`, and the last none")
        for name in ("m", "u"):
            total = sum(getattr(level, name) for level in self.levels)
            if abs(total - 1) > 0.005:
                raise ValueError(f"the {name} of all levels add up to {total:.4g}, not 1")
        if self.name == PRIOR:
            raise ValueError(f"'{PRIOR}' is not to be had as a name")
        return self


class Declaration(Declared):
    """The whole file. `never`: what two records must not be, over the labels of the comparisons."""

    thresholds: Thresholds
    prior: Prior
    sample: Sample
    pairs_per_block: int = Field(ge=1)
    blocks: list[Block] = Field(min_length=1)
    comparisons: list[Comparison] = Field(min_length=1)
    never: list[str] = []

    @model_validator(mode="after")
    def _names_once(self) -> "Declaration":
        for what in ("blocks", "comparisons"):
            names = [part.name for part in getattr(self, what)]
            if len(set(names)) < len(names):
                raise ValueError(f"two {what} have one name")
        return self


def load_declaration(seeds: Path) -> Declaration:
    """The declaration in the folder `seeds`. Raises ConfigurationError with every fault."""
    declaration, faults = _read(seeds)
    if declaration is None:
        raise ConfigurationError(faults)
    return declaration


def check_declaration(seeds: Path, is_on: bool) -> list[Fault]:
    """Every fault of the file; empty where all is well. Rules of a brand's own may lack it while the links are off."""
    if not is_on and not (seeds / "identity" / "probabilistic.yml").exists():
        return []
    return sorted(_read(seeds)[1])


def _read(seeds: Path) -> tuple[Declaration | None, list[Fault]]:
    path = seeds / "identity" / "probabilistic.yml"
    if not path.exists():
        return None, [Fault(FILE, 0, "is missing", "restore it, or set probabilistic to 0")]
    data, lines, faults = read_yaml(path, FILE)
    if faults:
        return None, faults
    try:
        declaration = Declaration.model_validate(data)
    except ValidationError as error:
        for one in error.errors():
            words = one["msg"].removeprefix("Value error, ")
            if one["type"] == "extra_forbidden":
                words = "is not a word that is known here"
            where = ".".join(str(part) for part in one["loc"])
            faults.append(Fault(FILE, line_of(lines, tuple(one["loc"])), f"{where}: {words}" if where else words))
        return None, faults
    names = [comparison.name for comparison in declaration.comparisons]
    for number, text in enumerate(declaration.never):
        try:
            checked(text, names)
        except ValueError as error:
            faults.append(Fault(FILE, line_of(lines, ("never", number)), f"never.{number}: {error}"))
    return (None if faults else declaration), faults
