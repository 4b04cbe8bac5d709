"""The real engine: decode → detect → orient → compare → quality with the pulled networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from models import recognisers
from models.arithmetic import instruction_set
from models.blazeface import BlazeFace
from models.face_region import around
from models.facemesh import FaceMesh
from models.manifest import DEFAULT_RECOGNISERS, path_of
from models.segmenter import Segmenter
from models.yunet import YuNet
from pipeline.core import measurements as names
from pipeline.core.eyes import eyes_in
from pipeline.core.geometry import crop_square, shrink
from pipeline.core.policy import InputLimits
from pipeline.core.types import (
    OVERLAY,
    PHOTO,
    SET_ASIDE,
    Comparison,
    Evidence,
    Floats,
    ImageFile,
    Job,
    Measurement,
    Mesh,
    Photo,
    Pixels,
    Portrait,
    Reference,
    Subject,
)
from pipeline.student import orient
from pipeline.student.allowance import time_for_one
from pipeline.student.card import CardReader
from pipeline.student.compare import embed, embed_together, scored, scores_between
from pipeline.student.decode import UnreadableError, decode_picture, read
from pipeline.student.detect import LONGEST, Located, Spotter, limit_size
from pipeline.student.faces import aligned, cut_again, slotted
from pipeline.student.kept_pictures import registry_crop, thumbnail
from pipeline.student.measures import View, measure_all
from pipeline.student.overlap import overlaps
from pipeline.student.record import Record
from pipeline.student.resemblance import picture_hashes

# The mesh is taken from a square crop of this many face heights, at most this large.
_MESH_FRAMING, _MESH_SIDE = 1.8, 768


class NetworkEngine:
    """One process's networks, compiled once.

    Args:
        limits: What the decoder is willing to open.
        compare_by: Names of the recognisers to compare with, fused where there are several.
        owners: The roster's students by ID number, to read ID cards by; None where none is read.

    Raises:
        ModelError: If weights are missing or damaged.
    """

    def __init__(
        self,
        limits: InputLimits,
        compare_by: Sequence[str] = DEFAULT_RECOGNISERS,
        owners: Mapping[str, str] | None = None,
    ) -> None:
        cv2.setNumThreads(1)  # workers are processes; OpenCV's own threads would only compete
        yunet = path_of("yunet")
        self._limits = limits
        self._detectors = YuNet(yunet), BlazeFace(path_of("blazeface"))
        self._finer = YuNet(yunet, 320), YuNet(yunet, 640)
        self._spotter = Spotter(*self._detectors, self._finer)
        self._recognisers = recognisers.load(compare_by)
        self._mesh = FaceMesh(path_of("face_landmarker"))
        self._segmenter = Segmenter(path_of("selfie_segmenter"))
        self._cards = None if owners is None else CardReader(owners)

    def start(self) -> None:
        """Run the networks that wait for their first picture once each, on nothing.

        Those that hardly a picture needs are compiled where no earlier process has kept them: a
        worker in its cage cannot.

        Raises:
            ModelError: One cannot run on this machine.
        """
        for detector in self._detectors:
            detector([np.zeros((detector.side, detector.side, 3), dtype=np.uint8)], 1.0)
        embed(self._recognisers, [np.zeros((112, 112, 3), dtype=np.uint8)] * 2)
        for detector in (*self._detectors, *self._finer):
            detector.prepare()
        for recogniser in self._recognisers:
            recogniser.prepare()
        if self._cards is not None:
            self._cards.prepare()

    def close(self) -> None:
        """Nothing to release: the networks go with the process."""

    def assess(self, job: Job) -> Evidence:
        """Look at one student's photo and references; of known faces, take templates alone."""
        if job.points:
            known = Record()
            return Evidence(templates=self._again(job, known), seconds=known.seconds)
        refused = any(fact.name == names.REFUSED and fact.value for fact in job.facts)
        record = Record([*job.facts, Measurement(names.INSTRUCTIONS, instruction_set())])
        sha256, comparisons = "", []
        if job.photo is not None:
            with time_for_one(self._limits):
                sha256 = self._photo(job.photo, record)
        for slot, reference in slotted(job.references):
            with time_for_one(self._limits):
                comparison, theirs = self._reference(slot, reference, record)
                if theirs is not None and not refused:
                    self._card(theirs, comparison, job.subject, record)
                comparisons.append(comparison)
        templates: dict[str, Floats] = {}
        if refused:
            # Looked at, so that a person can compare, and embedded never.
            comparisons, record.points = [], {}
        else:
            with record.timed("compare"):
                templates = self._templates(record.crops)
                comparisons = [scored(comparison, templates) for comparison in comparisons]
                _relate(comparisons, templates, record)
        return Evidence(
            tuple(record.measurements),
            tuple(comparisons),
            sha256,
            record.pictures,
            templates,
            record.seconds,
            record.sharp,
            record.points,
        )

    def _again(self, job: Job, record: Record) -> dict[str, Floats]:
        """Templates of faces that an earlier look has found; the same, bit for bit."""
        pictures = [(slot, reference.file, LONGEST) for slot, reference in slotted(job.references)]
        for slot, file, longest in [(PHOTO, job.photo, None), *pictures]:
            if file is not None and slot in job.points:
                with time_for_one(self._limits), record.timed("decode"):
                    photo = decode_picture(read(file, self._limits), self._limits, longest)
                    record.crops[slot] = cut_again(photo.bgr, job.points[slot])
        with record.timed("compare"):
            return self._templates(record.crops)

    def locate(self, bgr: Pixels, record: Record | None = None) -> Located:
        """Find the subject of one (H, W, 3) BGR picture and how the picture is turned."""
        record = record or Record()
        small = limit_size(bgr)
        with record.timed("orient"):
            return self._at_a_glance(small) or self._at_length(small)

    def _at_a_glance(self, bgr: Pixels) -> Located | None:
        """What the first glance says that leaves no doubt, of one after each quarter turn."""
        for glance in self._spotter.glances(bgr):
            told = orient.at_a_glance(glance.sightings, glance.turn_cw)
            if told is not None:
                return Located(bgr, told, glance.portrait, glance.alone)
        return None

    def _at_length(self, bgr: Pixels) -> Located:
        """What both detectors say of all turns together."""
        sightings, orientation = orient.settle(self._spotter.looks(bgr))
        if orientation is None:
            return Located(bgr)
        return Located(bgr, orientation, self._spotter.portrait(bgr, sightings, orientation))

    def template(self, bgr: Pixels) -> Floats | None:
        """Unit-length template of a picture's subject, (D,); None when there is no face."""
        portrait = self.locate(bgr).portrait
        return None if portrait is None else embed(self._recognisers, [aligned(portrait)])[0]

    def _templates(self, crops: Mapping[str, Pixels]) -> dict[str, Floats]:
        """Templates by slot; a photo and its references are embedded together."""
        if not crops:
            return {}
        together = embed_together if PHOTO in crops else embed
        return dict(zip(crops, together(self._recognisers, list(crops.values())), strict=True))

    def _photo(self, file: ImageFile, record: Record) -> str:
        """The photo described, or why it cannot be read; its sha256."""
        try:
            photo, located = self._open(file, record)
        except UnreadableError as error:
            record.measurements.append(Measurement(names.PHOTO_ERROR, str(error)))
            return ""
        self._describe(photo, located, record)
        return photo.sha256

    def _open(
        self, file: ImageFile, record: Record, longest: int | None = None
    ) -> tuple[Photo, Located]:
        with record.timed("decode"):
            photo = decode_picture(read(file, self._limits), self._limits, longest)
        return photo, self.locate(photo.bgr, record)

    def _describe(self, photo: Photo, located: Located, record: Record) -> None:
        """The photo's measurements, thumbnail and template."""
        orientation, portrait = located.orientation, located.portrait
        if portrait is not None and not located.alone:
            with record.timed("orient"):
                portrait = self._spotter.with_others(portrait)
        add = record.measurements.append
        add(Measurement(names.EXIF_ORIENTATION, float(photo.exif_orientation)))
        if photo.taken:
            add(Measurement(names.TAKEN, photo.taken))
        add(Measurement(names.FACES_FOUND, 0.0 if portrait is None else 1.0))
        if orientation is not None:
            add(Measurement(names.TURN_CW, float(orientation.turn_cw), "°"))
            add(Measurement(names.TURN_CONFIDENCE, orientation.confidence))
        with record.timed("quality"):
            mesh = None if portrait is None else self._mesh_of(portrait)
            taken = measure_all(View(photo, orientation, portrait, mesh, self._segmenter))
        record.measurements.extend(taken)
        if orientation is not None:
            # The detectors' five points understate a roll by a third; the mesh's eyes do not.
            by_eyes = next((m.value for m in taken if m.name == names.ROLL), None)
            known = isinstance(by_eyes, float)
            add(Measurement(names.ROLL_DEG, by_eyes if known else orientation.roll_deg, "°"))
        upright = located.bgr if portrait is None else portrait.bgr
        plain, mirrored = picture_hashes(upright)
        add(Measurement(names.PHOTO_HASH, plain))
        add(Measurement(names.PHOTO_HASH_MIRRORED, mirrored))
        record.keep(PHOTO, upright)
        if portrait is not None and orientation is not None:
            height, width = upright.shape[:2]
            add(eyes_in(PHOTO, portrait.face.landmarks, width, height))
            record.cut(PHOTO, orientation, portrait)

    def _reference(
        self, slot: str, reference: Reference, record: Record
    ) -> tuple[Comparison, Portrait | None]:
        """One reference named, not scored yet, and its face; one that cannot be used says why."""
        model = "+".join(recogniser.name for recogniser in self._recognisers)
        kind = reference.kind
        try:
            _, theirs = self._open(reference.file, record, LONGEST)
        except UnreadableError as error:
            return Comparison(kind, None, model, str(error), 0.0, slot), None
        if theirs.orientation is None or theirs.portrait is None:
            record.keep(slot, theirs.bgr)
            return Comparison(kind, None, model, "no face was found in it", 0.0, slot), None
        crop, eyes = registry_crop(theirs.portrait)
        record.keep(slot, crop)
        record.measurements.append(eyes_in(slot, eyes, crop.shape[1], crop.shape[0]))
        record.cut(slot, theirs.orientation, theirs.portrait)
        named = Comparison(kind, None, model, "", theirs.orientation.confidence, slot)
        return named, theirs.portrait

    def _card(self, theirs: Portrait, named: Comparison, subject: Subject, record: Record) -> None:
        """What a reference that is a whole card says; not where the job knows it already."""
        unread = not record.knows(f"{names.CARD_NUMBER}{named.slot}")
        if self._cards is not None and named.kind != SET_ASIDE and unread:
            with record.timed("card"):
                record.measurements.extend(self._cards.measure(theirs, named.slot, subject))

    def _mesh_of(self, portrait: Portrait) -> Mesh | None:
        """The subject's mesh in pixels of the upright picture."""
        x, y, width, height = (float(v) for v in portrait.face.box)
        side = max(8, round(max(width, height) * _MESH_FRAMING))
        crop, left, top = crop_square(portrait.bgr, (x + width / 2, y + height / 2), side)
        small = shrink(crop, _MESH_SIDE)
        scale = small.shape[0] / side
        frame = around((portrait.face.landmarks - (left, top)) * scale)
        mesh = None if frame is None else self._mesh(small, frame)
        if mesh is None:
            return None
        points = mesh.points / scale + (left, top)
        return Mesh(points.astype("float32"), mesh.blendshapes, mesh.pose)


def _relate(
    comparisons: Sequence[Comparison], templates: Mapping[str, Floats], record: Record
) -> None:
    """Note how a student's references are related to each other, and whether one is the photo."""
    record.measurements.extend(scores_between(templates))
    for slot, agreed, overlay in overlaps(comparisons, record.crops):
        record.measurements.append(Measurement(names.SAME_PICTURE + slot, agreed))
        if overlay is not None:
            record.pictures[OVERLAY] = thumbnail(overlay)
