"""Documents of a run under the home's `docs/`: Great Expectations Data Docs, and dbt docs as one static file."""

from dagster_project import dbt_runner, progress
from dagster_project.files import digest_of, write_atomically
from dagster_project.gates import validation
from dagster_project.home import Home
from dagster_project.project import DBT_PROJECT


def write(home: Home) -> None:
    """Build both. dbt docs describe the project, so they are built again only where its files have changed."""
    validation.write_docs(home)
    digest = digest_of(DBT_PROJECT, ".sql", ".yml", ".md", ".py")
    mark = home.docs / ".dbt_project"
    if (home.docs / "dbt.html").exists() and mark.exists() and mark.read_text() == digest:
        return
    progress.report("", "dbt docs")
    manifest, target = dbt_runner.parsed(home), home.dbt / "target"
    target.mkdir(parents=True, exist_ok=True)
    manifest.write(str(target / "manifest.json"))
    result = dbt_runner.invoke(home, ["docs", "generate", "--static", "--no-compile"], manifest=manifest)
    page = target / "static_index.html"
    if result.exception is not None:
        raise result.exception
    write_atomically(home.docs / "dbt.html", page.read_bytes())
    write_atomically(mark, digest.encode())
