"""Who is most like whom in a cohort too large to compare everybody with everybody.

Faces are kept as codes of 16 or 32 bytes and looked through by faiss (extra `scale`); what the
codes find is scored again by the templates themselves, so every score that is told is the exact
one, and only who is looked at is approximate. Without the extra everybody is looked at.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.core.cores import usable_cores
from pipeline.core.errors import InstallationError
from pipeline.core.said import said
from pipeline.core.types import Floats

Rows = NDArray[np.int64]

# Up to here everybody is compared with everybody: about a minute on two cores.
EXACT_UP_TO = 50_000
# Without the extra, up to here too, in about half an hour; beyond it takes hours.
EXACT_AT_MOST = 200_000
_PAIRS_A_SECOND = 25e6  # 60,000 students took 144 s on two busy cores of AVX2

# Found in the first so many by code: the true neighbour is among them (docs/scale.md).
_BY_CODE = 64
# Lists that are looked through for pairs: all up to 125,000 faces. In a larger cohort more is
# wanted of a pair, and the more two faces are alike, the nearer their lists lie.
_LOOKED_THROUGH = 500
_LISTED = 250  # faces a list
_TRAINED = 20_000  # faces that codes are made from, at least
_ADDED = 100_000  # faces at a time
_ASKED = 4096  # faces asked for at a time
_SCORED = 512  # of them scored at a time: 16 MB of templates
_BLOCK = 16_000_000  # scores at a time where everybody is looked at: 64 MB
_WORDS = 4_000_000  # pairs of hashes at a time
_QUARTERS = 4
_SEED = 20_260_000


class Pairs(NamedTuple):
    """Pairs of faces, each in both orders, by row and then by falling score."""

    rows: Rows
    columns: Rows
    scores: Floats


class Neighbours(Protocol):
    """Faces that can be asked who is most like another one."""

    def nearest(self, asked: Floats, count: int) -> Iterator[tuple[slice, Rows, Floats]]:
        """Rows of `asked`, the numbers of at most `count` faces each, and their cosines.

        Numbers are -1 where there are no more; their cosines are -2.
        """
        ...

    def pairs(self, least: float) -> Pairs:
        """Pairs among the faces themselves whose cosine is at least this."""
        ...


def _faiss() -> Any:
    """The library, on all cores; threads that wait for each other sleep instead of spinning.

    Where others use the cores too, spinning makes its training twenty times slower.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read when the library is loaded
    import faiss

    faiss.omp_set_num_threads(usable_cores())
    return faiss


def available() -> bool:
    """Whether the extra is installed."""
    return find_spec("faiss") is not None


def check_size(students: int) -> None:
    """Refuse before the first photo what would take many hours after the last.

    Raises:
        InstallationError: There are too many students to compare all with all, and the extra that
            needs not is not installed.
    """
    if students > EXACT_AT_MOST and not available():
        hours = math.ceil(students * students / _PAIRS_A_SECOND / 3600)
        raise InstallationError("scale_missing", students=students, hours=hours)


def remarks_of(students: int) -> tuple[str, ...]:
    """What readers of a report are told of how so many students were compared."""
    if students <= EXACT_UP_TO:
        return ()
    return (said("note.by_neighbours" if available() else "note.by_pairs", limit=EXACT_UP_TO),)


def neighbours(vectors: Floats, *, paired: bool) -> Neighbours:
    """The way to ask these faces.

    Args:
        vectors: (N, D) of unit length.
        paired: They will be asked for their own pairs.
    """
    return Coded(vectors, paired=paired) if available() else Everybody(vectors)


class Everybody:
    """Looks at every face."""

    def __init__(self, vectors: Floats) -> None:
        self._vectors = vectors

    def nearest(self, asked: Floats, count: int) -> Iterator[tuple[slice, Rows, Floats]]:
        """As `Neighbours.nearest`."""
        count = min(count, len(self._vectors))
        for rows, scores in self._blocks(asked):
            best = np.argpartition(-scores, count - 1, axis=1)[:, :count].astype(np.int64)
            yield rows, *_ordered(best, np.take_along_axis(scores, best, axis=1))

    def pairs(self, least: float) -> Pairs:
        """As `Neighbours.pairs`."""
        found = []
        for rows, scores in self._blocks(self._vectors):
            row, column = np.nonzero(scores >= least)
            found.append((row + rows.start, column, scores[row, column]))
        return _both_ways(found)

    def _blocks(self, asked: Floats) -> Iterator[tuple[slice, Floats]]:
        step = max(1, _BLOCK // max(1, len(self._vectors)))
        for start in range(0, len(asked), step):
            rows = slice(start, min(start + step, len(asked)))
            yield rows, asked[rows] @ self._vectors.T


class Coded:
    """Looks at codes of the faces, then at the faces that those find.

    Args:
        vectors: (N, D) of unit length, at least `_LISTED`.
        paired: In lists of faces that lie close, for `pairs`.
    """

    def __init__(self, vectors: Floats, *, paired: bool) -> None:
        faiss = _faiss()
        self._vectors = vectors
        size = vectors.shape[1]
        lists = len(vectors) // _LISTED
        kind = f"IVF{lists},PQ{size // 4}x4fs" if paired else f"PQ{size // 2}x4fs"
        self._index: Any = faiss.index_factory(size, kind, faiss.METRIC_INNER_PRODUCT)
        self._lists: Any = None
        if paired:
            self._lists = faiss.extract_index_ivf(self._index)
            self._lists.cp.niter, self._lists.cp.max_points_per_centroid = 10, 64
        rng = np.random.default_rng(_SEED)
        wanted = max(_TRAINED, 64 * lists) if paired else _TRAINED
        some = np.sort(rng.choice(len(vectors), min(wanted, len(vectors)), replace=False))
        self._index.train(vectors[some])
        for start in range(0, len(vectors), _ADDED):
            self._index.add(vectors[start : start + _ADDED])

    def nearest(self, asked: Floats, count: int) -> Iterator[tuple[slice, Rows, Floats]]:
        """As `Neighbours.nearest`; every code is looked at."""
        self._look_through(len(self._vectors))
        return self._nearest(asked, count)

    def _look_through(self, lists: int) -> None:
        """At most so many lists."""
        if self._lists:
            self._lists.nprobe = min(lists, self._lists.nlist)

    def _nearest(self, asked: Floats, count: int) -> Iterator[tuple[slice, Rows, Floats]]:
        for first in range(0, len(asked), _ASKED):
            some = asked[first : first + _ASKED]
            _, coded = self._index.search(some, max(count, _BY_CODE))
            for start in range(0, len(some), _SCORED):
                columns = coded[start : start + _SCORED]
                mine = some[start : start + _SCORED]
                scores = np.matmul(self._vectors[columns], mine[:, :, None])[:, :, 0]
                scores[columns < 0] = -2.0
                columns, scores = _ordered(columns, scores)
                rows = slice(first + start, first + start + len(columns))
                yield rows, columns[:, :count], scores[:, :count]

    def pairs(self, least: float) -> Pairs:
        """As `Neighbours.pairs`; of each face the `_BY_CODE` most alike by code, in one order."""
        found = []
        self._look_through(_LOOKED_THROUGH)
        for rows, columns, scores in self._nearest(self._vectors, _BY_CODE):
            row, place = np.nonzero(scores >= least)
            found.append((row + rows.start, columns[row, place], scores[row, place]))
        return _both_ways(found)


def near_words(
    plain: NDArray[np.uint64], mirrored: NDArray[np.uint64], bits: int
) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of hashes that differ by at most so many bits, also through the mirror.

    All of them: two words of 64 bits that differ by 10 differ by at most 2 in one of four quarters.

    Args:
        plain: (N,) hashes of pictures.
        mirrored: (N,) hashes of their mirror images.
        bits: Most differing bits.
    """
    if not available():
        for start in range(0, len(plain), step := max(1, _WORDS // max(1, len(plain)))):
            rows = plain[start : start + step, None]
            near = np.bitwise_count(rows ^ plain[None, start:]) <= bits
            near |= np.bitwise_count(rows ^ mirrored[None, start:]) <= bits
            one, other = np.nonzero(near)
            apart = one < other
            yield one[apart] + start, other[apart] + start
        return
    faiss = _faiss()
    index = faiss.IndexBinaryMultiHash(64, _QUARTERS, 64 // _QUARTERS)
    index.nflip = bits // _QUARTERS
    index.add(_bytes(plain))
    for words in (plain, mirrored):
        for start in range(0, len(words), _ASKED):
            asked = _bytes(words[start : start + _ASKED])
            limits, _, found = index.range_search(asked, bits + 1)  # below, not up to
            one = np.repeat(np.arange(len(asked)) + start, np.diff(limits.astype(np.int64)))
            apart = one != found
            yield one[apart], found[apart]


def _bytes(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
    return words.view(np.uint8).reshape(-1, 8)


def _ordered(columns: Rows, scores: Floats) -> tuple[Rows, Floats]:
    """Falling scores, the lower number first where they are equal."""
    order = np.lexsort((columns, -scores), axis=1)
    return np.take_along_axis(columns, order, axis=1), np.take_along_axis(scores, order, axis=1)


def _both_ways(found: list[tuple[Rows, Rows, Floats]]) -> Pairs:
    """Each pair once in either order, without faces that are paired with themselves."""
    if not found:
        none = np.zeros(0, np.int64)
        return Pairs(none, none, np.zeros(0, np.float32))
    one, other, scores = (np.concatenate(part) for part in zip(*found, strict=True))
    low, high = np.minimum(one, other), np.maximum(one, other)
    width = int(high.max(initial=0)) + 1
    names, place = np.unique((low * width + high)[low != high], return_index=True)
    once = scores[low != high][place]
    low, high = np.divmod(names, width)
    rows, columns = np.concatenate((low, high)), np.concatenate((high, low))
    both = np.concatenate((once, once))
    order = np.lexsort((columns, -both, rows))
    return Pairs(rows[order], columns[order], both[order])
