"""Landing: each new source file becomes immutable Parquet, one row per source row, and an entry in the
manifest.

Nothing is typed or dropped here. A row that cannot be split into its columns keeps its text in `_raw_line`
and says why in `_problem`; both are null on every other row, and staging quarantines the rows that have a
problem.
"""
