"""`make bench`: the whole line against a hand-written script over the same landing, in the same run."""
