"""The review desk: people look at what the machine put aside, and what they decide is kept.

`people` knows accounts and sessions; `verdicts` says, as a pure function, what state a case is in;
`desk` joins store and ledger, `queue` asks it, `answers` appends to it, `sight` says what one
person may see; `app` serves all this in a browser. `outside` and `decisions` read what comes back
from the registry, from students and from colleges; `exports` writes what goes out to them.
"""
