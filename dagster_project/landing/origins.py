"""Where each source comes from: seeds/sources.yml, read with line numbers so that every fault names its
place.

Shape of the file: `sources:` maps a source's name to `{type: files, folder: ..., encoding: ..., delimiter:
...}`; a source that is left out is read from the folder of its name. `ignore:` lists folders that are no
source and no mistake.
"""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from dagster_project.errors import ConfigurationError, Fault, relative_to
from dagster_project.landing.connectors import CONNECTORS, Origin
from dagster_project.landing.contract import sources
from dagster_project.project import ROOT, seeds


@dataclass(frozen=True)
class Origins:
    """One Origin per source of the contract, in its order, and the names of the folders to pass over."""

    by_source: dict[str, Origin]
    ignored: frozenset[str] = frozenset()


def load_origins(file: Path | None = None) -> Origins:
    """What `file` (default: the seeds' sources.yml) says. Raises ConfigurationError with all its faults."""
    origins, faults = read_origins(file)
    if faults:
        raise ConfigurationError(faults)
    return origins


def check_origins(file: Path | None = None) -> list[Fault]:
    """Every fault of the file."""
    return read_origins(file)[1]


def read_origins(file: Path | None = None) -> tuple[Origins, list[Fault]]:
    """What the file says, and every fault of it; a file that is not there says nothing, which is no fault."""
    file = file or seeds() / "sources.yml"
    shown, faults = relative_to(file, ROOT), list[Fault]()
    given: dict[str, Origin] = {}
    ignored: frozenset[str] = frozenset()
    try:
        document = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader) if file.exists() else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        faults.append(Fault(shown, line, f"is not YAML: {error.problem}"))
        document = None
    except (UnicodeDecodeError, yaml.YAMLError):
        faults.append(Fault(shown, 0, "is not YAML in UTF-8"))
        document = None
    for key, node in _entries(document, shown, "the file", faults):
        if key.value == "sources":
            entries = list(_entries(node, shown, "sources", faults))
            given = {name.value: _origin(name, entry, shown, faults) for name, entry in entries}
        elif key.value == "ignore" and isinstance(node, yaml.SequenceNode):
            ignored = frozenset(str(each.value) for each in node.value)
        elif key.value == "ignore":
            faults.append(Fault(shown, _line(key), "ignore is not a list of folders"))
        else:
            faults.append(
                Fault(shown, _line(key), f"unknown key {key.value}", closest(key.value, ("sources", "ignore")))
            )
    return Origins({name: given.get(name, Origin(name, place=(shown, 0))) for name in sources()}, ignored), faults


def closest(word: str, words: Iterable[str]) -> str:
    """A question that suggests the nearest of `words`, or nothing where none is near."""
    close = difflib.get_close_matches(word, list(words), n=1)
    return f"did you mean {close[0]}?" if close else ""


def _origin(name: yaml.Node, entry: yaml.Node, shown: str, faults: list[Fault]) -> Origin:
    place = (shown, _line(name))
    if name.value not in sources():
        faults.append(Fault(*place, f"unknown source {name.value}", closest(name.value, sources())))
    given = list(_entries(entry, shown, name.value, faults))
    kind = next((value.value for key, value in given if key.value == "type"), "files")
    connector = CONNECTORS.get(kind) if isinstance(kind, str) else None
    if connector is None:
        remedy = f"known types: {', '.join(CONNECTORS)}"
        faults.append(Fault(*place, f"{name.value}: unknown type {kind}", remedy))
        return Origin(name.value, place=place)
    options: dict[str, str] = {}
    for key, value in given:
        if key.value == "type":
            continue
        if key.value not in connector.options:
            remedy = closest(key.value, ("type", *connector.options))
            faults.append(Fault(shown, _line(key), f"{name.value}: unknown option {key.value}", remedy))
        elif not isinstance(value, yaml.ScalarNode):
            faults.append(Fault(shown, _line(key), f"{name.value}: {key.value} is not one value"))
        elif wrong := connector.options[key.value](value.value):
            faults.append(Fault(shown, _line(key), f"{name.value}: {wrong}"))
        else:
            options[key.value] = value.value
    return Origin(name.value, kind, options, place)


def _entries(
    node: yaml.Node | None, shown: str, what: str, faults: list[Fault]
) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """The pairs of a mapping; one that is empty has none, and anything else is a fault, as is a key given
    twice.
    """
    if node is None or (isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")):
        return
    if not isinstance(node, yaml.MappingNode):
        faults.append(Fault(shown, _line(node), f"{what} is not a mapping"))
        return
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            faults.append(Fault(shown, _line(key), f"{what}: a key is not one word"))
        elif key.value in seen:
            faults.append(Fault(shown, _line(key), f"{what}: {key.value} stands twice"))
        else:
            seen.add(key.value)
            yield key, value


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1
