"""Scores under other rules or as of another day, from the published file alone. The scores of a run are dbt's."""
