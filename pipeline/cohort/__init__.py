"""Cohort stage: what can only be seen across students, from what the store holds.

`calibrate` reads the score distribution of this cohort's own non-mated pairs and derives the
thresholds; `owners` asks whose photo a flagged one is; `duplicates` finds one photo, or one face,
under two names.
"""
