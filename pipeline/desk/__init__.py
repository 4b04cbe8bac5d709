"""The review desk: people look at what the machine put aside, and what they decide is kept.

`accounts` knows people and sessions. In `cases`, `made` makes cases of a run, `verdicts` says, as a
pure function, what state a case is in, `kinds` what is asked of it; `desk` joins store and ledger,
`queue` asks it, `answers` appends to it, `giving` gives files to students, `bulk` answers many at
once; `shown` and `beside` say what one person may see. `web` serves all this in a browser.
`exchange` reads what comes back from the registry, from students and from colleges, and writes what
goes out to them.
"""
