"""How good the judgement is: measured on labelled pictures and runs, with the uncertainty.

`verification` scores pairs, `orientation` turns upright pictures, `cohort` holds a finished run
against the truth. `rates` has the statistics, free of files and networks.
"""
