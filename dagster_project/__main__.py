"""`python -m dagster_project` is the console script `kizuna`."""

from dagster_project.cli import main

main()
