"""What a dbt test asks, in words, for whoever looks at its check in the UI."""

from collections.abc import Mapping
from typing import Any

# dbt's own generic tests; those of the project are described in `dbt_project/macros/tests.yml`.
BUILT_IN = {
    "not_null": "The column is never null.",
    "unique": "No two rows have the same value in the column.",
    "accepted_values": "The column holds no other values than these.",
    "relationships": "Every value of the column is one of that field there.",
}


def described(test: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """Markdown: what the test of `manifest` asks, and a line per argument that it was given."""
    metadata = test.get("test_metadata")
    if not metadata:
        return str(test["description"])
    name = metadata["name"]
    own = manifest["macros"].get(f"macro.kizuna.test_{name}", {}).get("description")
    given = {argument: value for argument, value in metadata["kwargs"].items() if argument != "model"}
    lines = [f"- {argument.removesuffix('_name')}: {_shown(value)}" for argument, value in given.items()]
    return "\n".join([own or BUILT_IN.get(name, name.replace("_", " ")), "", *lines]).strip()


def _shown(value: Any) -> str:
    """A value, a list of names, or one condition per line."""
    values = [f"`{' '.join(str(each).split())}`" for each in (value if isinstance(value, list) else [value])]
    return "".join(f"\n  - {each}" for each in values) if any(" " in each for each in values) else ", ".join(values)
