"""The hourly run between two daily ones: what it builds, and what it sees of the rest.

Fresh in every hourly run, from all that has landed: who is who, addresses and attributes of persons, consents, acts,
orders and masters. All else is as the last published day left it (`marts.duckdb`), under today's customer ids.
"""
