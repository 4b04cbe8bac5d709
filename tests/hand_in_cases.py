"""Files handed in by tests of the hub."""

from __future__ import annotations

import random

from pipeline.hub.uploads import Draft

DATA = random.Random(7).randbytes(5000)


def send(draft: Draft, name: str, data: bytes = DATA, kind: str = "photos") -> None:
    upload = draft.begin(kind, name, len(data), 1)
    with draft.part(upload) as part:
        part.at(upload.offset)
        part.write(data[upload.offset :])
    assert draft.finish(upload)
