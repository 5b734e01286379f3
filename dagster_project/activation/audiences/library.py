"""What conditions may name: the audiences of `seeds/audiences/` and the ready conditions of `seeds/conditions.yml`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dagster_project.activation.audiences.comparing import suggestion
from dagster_project.activation.audiences.parts import At, Condition, Part
from dagster_project.activation.audiences.reading import KEYS, OF_MEMBERS, Reader
from dagster_project.errors import ConfigurationError, Fault, relative_to
from dagster_project.project import seeds
from dagster_project.yaml_lines import Place, line_of, read_yaml

NAME = r"^[a-z][a-z0-9_]*$"
CONDITIONS, AUDIENCES = "conditions.yml", "audiences"


class Ready(BaseModel):
    """A ready condition: a name for a condition in which `$parameter` stands for what is given where it is used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=NAME)
    group: str = Field(min_length=1)
    meaning: str = Field(min_length=1)
    takes: list[str] = []
    may_take: list[str] = []
    defaults: dict[str, Any] = {}
    condition: Any
    example: Any

    @property
    def parameters(self) -> list[str]:
        """All of them; a value that is given without a name is the first one's."""
        return [*self.takes, *self.may_take, *self.defaults]

    def filled(self, given: Any) -> tuple[Any, list[tuple[Place, str, str]]]:
        """The condition for the parameters `given`, and (place, message, remedy) of what is wrong with them."""
        if given is None or given is True:
            given = {}
        if not isinstance(given, Mapping):
            if not self.parameters:
                return None, [((), f"`{self.name}` takes no parameter", f"write {self.name}: true")]
            given = {self.parameters[0]: given}
        faults: list[tuple[Place, str, str]] = [
            ((name,), f"`{self.name}` has no parameter `{name}`", suggestion(name, self.parameters))
            for name in given
            if name not in self.parameters
        ]
        faults += [
            ((), f"`{self.name}` lacks its parameter `{name}`", "add it") for name in self.takes if name not in given
        ]
        return None if faults else _filled(self.condition, {**self.defaults, **given}), faults

    def faults_within(self) -> Iterator[tuple[Place, str, str]]:
        """(place, message, remedy) of parameters that do not fit the condition."""
        used = set(_parameters_in(self.condition))
        for name in self.parameters:
            if name not in used:
                yield ("condition",), f"the parameter `{name}` is not used", f"write ${name}, or remove it"
        for name in used - set(self.parameters):
            yield ("condition",), f"`${name}` is no parameter", "add it to takes, may_take or defaults"
        if self.name in (*KEYS, *OF_MEMBERS):
            yield ("name",), f"`{self.name}` is a word of the language", "give it another name"


class AudienceFile(BaseModel):
    """The shape of `seeds/audiences/<id>.yml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=NAME)
    description: str = Field(min_length=1)
    audience: Any


@dataclass(frozen=True)
class Audience:
    """A named audience, read."""

    id: str
    description: str
    condition: Condition


@dataclass
class Library:
    """Named audiences and ready conditions of one folder, with the latter's examples. `faults`: of the files alone."""

    ready: dict[str, Ready] = field(default_factory=dict)
    examples: dict[str, Condition] = field(default_factory=dict)
    audiences: dict[str, tuple[AudienceFile, str, dict[Place, int]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _read: dict[str, Part] = field(default_factory=dict)

    def audience(self, name: str, within: tuple[str, ...] = ()) -> tuple[Part | None, list[Fault]]:
        """The condition of a named audience, and its faults."""
        if name in self._read:
            return self._read[name], []
        declared, file, lines = self.audiences[name]
        below = {place[1:]: line for place, line in lines.items() if place[:1] == ("audience",)}
        reader = Reader(file, below, self, (*within, name))
        part = reader.part(declared.audience, ())
        faults = reader.faults
        if part is not None and not faults:
            condition = Condition(part)
            if condition.moments:
                place = At(file, line_of(lines, ("audience",)))
                remedy = "say it in the scenario itself"
                faults = [place.fault("a named audience knows no moment of a scenario, as `since` names one", remedy)]
            else:
                self._read[name] = part
        return (None if faults else part), faults

    def named(self) -> list[Audience]:
        """The audiences, by name. Raises ConfigurationError with every fault of every file."""
        found, faults = [], list(self.faults)
        for name, (declared, _, _) in sorted(self.audiences.items()):
            part, wrong = self.audience(name)
            faults += wrong
            if part is not None:
                found.append(Audience(name, declared.description, Condition(part)))
        if faults:
            raise ConfigurationError(sorted(set(faults)))
        return found


def read_library(folder: Path | None = None) -> Library:
    """The library of `folder`, by default `seeds/`. Raises ConfigurationError with every fault of every file in it."""
    library = library_of(folder)
    library.named()
    return library


def audience_at(path: Path, library: Library) -> Audience:
    """The audience of a file that may lie anywhere. Raises ConfigurationError with every fault of it."""
    name = str(path)
    data, lines, faults = read_yaml(path, name)
    own = Library(ready=library.ready, audiences=dict(library.audiences))
    if not faults:
        _read_audience(own, data, name, lines, path.stem)
        faults = own.faults
    if faults:
        raise ConfigurationError(faults)
    declared = own.audiences[path.stem][0]
    part, faults = own.audience(declared.id)
    if part is None:
        raise ConfigurationError(faults)
    return Audience(declared.id, declared.description, Condition(part))


def library_of(folder: Path | None = None) -> Library:
    """The same with its faults noted instead of raised."""
    folder = folder or seeds()
    files = [folder / CONDITIONS, *sorted((folder / AUDIENCES).glob("*.y*ml"))]
    return _library(folder, tuple((file, file.stat().st_mtime_ns) for file in files if file.exists()))


@lru_cache(maxsize=8)
def _library(folder: Path, files: tuple[tuple[Path, int], ...]) -> Library:
    library = Library()
    for path, _ in files:
        name = relative_to(path, folder.parent)
        data, lines, faults = read_yaml(path, name)
        library.faults += faults
        if faults:
            continue
        if path.parent == folder:
            _read_conditions(library, data, name, lines)
        else:
            _read_audience(library, data, name, lines, path.stem)
    return library


def _read_conditions(library: Library, data: Any, name: str, lines: dict[Place, int]) -> None:
    if not isinstance(data or [], list):
        library.faults.append(Fault(name, 1, "is not a list of conditions", "each has name, group, meaning, condition"))
        return
    read = []
    for number, entry in enumerate(data or []):
        try:
            one = Ready.model_validate(entry)
        except ValidationError as error:
            library.faults += faults_of(error, name, lines, (number,))
            continue
        wrong = list(one.faults_within())
        if one.name in library.ready:
            wrong.append((("name",), f"`{one.name}` stands twice", "give it another name"))
        library.faults += [Fault(name, line_of(lines, (number, *place)), *told) for place, *told in wrong]
        library.ready.setdefault(one.name, one)
        read.append((number, one))
    for number, one in read:  # after all of them: one may stand for another
        reader = Reader(name, {(): line_of(lines, (number, "example"))}, library)
        if not any(part == one.name for part in _keys_of(one.example)):
            reader.tell((), f"the example does not use `{one.name}`", "show how it is written")
        part = reader.part(one.example, ())
        library.faults += reader.faults
        if part is not None and not reader.faults:
            library.examples[one.name] = Condition(part)


def _read_audience(library: Library, data: Any, name: str, lines: dict[Place, int], stem: str) -> None:
    try:
        declared = AudienceFile.model_validate(data)
    except ValidationError as error:
        library.faults += faults_of(error, name, lines, ())
        return
    if declared.id != stem:
        message = f"the id `{declared.id}` is not the file's name"
        library.faults.append(Fault(name, line_of(lines, ("id",)), message, f"call the file {declared.id}.yml"))
        return
    library.audiences[declared.id] = (declared, name, lines)


def faults_of(error: ValidationError, name: str, lines: dict[Place, int], place: Place) -> list[Fault]:
    """pydantic's errors in the words of the person who wrote the file."""
    found = []
    for one in error.errors():
        last = one["loc"][-1] if one["loc"] else ""
        line = line_of(lines, (*place, *one["loc"]))
        if one["type"] == "missing":
            found.append(Fault(name, line, f"`{last}` is missing", "add it"))
        elif one["type"] == "extra_forbidden":
            found.append(Fault(name, line, f"unknown key `{last}`", "correct or remove it"))
        elif one["type"] == "string_pattern_mismatch":
            found.append(Fault(name, line, f"`{one['input']}` is no name", "small letters, digits and underscores"))
        else:
            found.append(Fault(name, line, f"{last}: {one['msg']}" if last else "is not a mapping of keys"))
    return found


def _parameters_in(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("$"):
        yield value[1:]
    for inner in _inner(value):
        yield from _parameters_in(inner)


def _keys_of(value: Any) -> Iterator[Any]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from value
    for inner in _inner(value):
        yield from _keys_of(inner)


def _inner(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []


def _filled(value: Any, given: Mapping[str, Any]) -> Any:
    """`value` with each `$parameter` replaced; a key whose parameter was left out goes with it."""
    if isinstance(value, str) and value.startswith("$"):
        return given[value[1:]]
    if isinstance(value, Mapping):
        return {key: _filled(inner, given) for key, inner in value.items() if not _left_out(inner, given)}
    if isinstance(value, list):
        return [_filled(inner, given) for inner in value if not _left_out(inner, given)]
    return value


def _left_out(value: Any, given: Mapping[str, Any]) -> bool:
    return isinstance(value, str) and value.startswith("$") and value[1:] not in given
