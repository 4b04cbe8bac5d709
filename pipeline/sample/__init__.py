"""The sample cohort: a made-up class of students with every outcome planted, and the truth.

`sources` fetches real photographs from packages, `cohort.build` makes the folder. See
`docs/samples.md` for what it shows and what it cannot.
"""
