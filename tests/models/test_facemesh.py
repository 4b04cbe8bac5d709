"""The face mesh on real portraits, against MediaPipe's own FaceLandmarker."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
import pytest

from models.arithmetic import instruction_set
from models.face_blendshapes import NAMES
from models.face_reference import FaceReference
from models.face_region import FaceRegion, around
from models.face_task import reader
from models.facemesh import FaceMesh
from models.kernels import preferring
from models.manifest import path_of
from models.yunet import YuNet
from pipeline.core.errors import ModelError
from pipeline.core.geometry import ARCFACE_112, fit, window
from pipeline.core.types import Floats, Mesh, Pixels
from pipeline.sample import sources

pytestmark = pytest.mark.networks

MeshOf = Callable[[Pixels], Mesh | None]
PORTRAITS = ("obama", "biden", "collins", "hopper", "guido", "maher", "filippo")


@pytest.fixture(scope="module")
def pictures() -> dict[str, Pixels]:
    """Squares of 384 px around real portraits and one rocket, by id."""
    found = sources.fetch()
    return {
        name: fit(np.asarray(cv2.imread(str(found[name])), np.uint8), 384)[0]
        for name in (*PORTRAITS, "rocket")
    }


@pytest.fixture(scope="module")
def mesh() -> FaceMesh:
    return FaceMesh(path_of("face_landmarker"))


@pytest.fixture(scope="module")
def region() -> FaceRegion:
    return FaceRegion(path_of("face_landmarker"))


@pytest.fixture(scope="module")
def mesh_of(mesh: FaceMesh, region: FaceRegion) -> MeshOf:
    """The mesh of the face that MediaPipe's own detector finds."""

    def find(bgr: Pixels) -> Mesh | None:
        frame = region(bgr)
        return None if frame is None else mesh(bgr, frame)

    return find


@pytest.fixture(scope="module")
def reference() -> Iterator[FaceReference]:
    with closing(FaceReference(path_of("face_landmarker"))) as theirs:
        yield theirs


def angles_between(one: Floats, other: Floats) -> float:
    """Degrees of the turn from one pose to the other."""
    a, b = (pose[:3, :3] / np.linalg.norm(pose[:3, 0]) for pose in (one, other))
    return float(np.degrees(np.arccos(np.clip((np.trace(a @ b.T) - 1) / 2, -1, 1))))


def agree(ours: Mesh | None, theirs: Mesh | None) -> None:
    assert ours is not None and theirs is not None
    eyes = float(np.linalg.norm(theirs.points[468] - theirs.points[473]))
    apart = np.linalg.norm(ours.points - theirs.points, axis=1) / eyes
    assert np.median(apart) < 0.002 and apart.max() < 0.01
    assert ours.blendshapes == pytest.approx(theirs.blendshapes, abs=0.03)
    assert angles_between(ours.pose, theirs.pose) < 0.3
    assert ours.pose == pytest.approx(theirs.pose, abs=0.1)


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("turned", [0.0, -20.0, 12.0])
def test_a_portrait_has_mediapipes_own_mesh(
    pictures: dict[str, Pixels],
    mesh_of: MeshOf,
    reference: FaceReference,
    name: str,
    turned: float,
) -> None:
    spin = cv2.getRotationMatrix2D((192, 192), turned, 1.0)
    picture = np.asarray(cv2.warpAffine(pictures[name], spin, (384, 384)), np.uint8)
    agree(mesh_of(picture), reference(picture))


def test_a_small_portrait_has_mediapipes_own_mesh(
    pictures: dict[str, Pixels], mesh_of: MeshOf, reference: FaceReference
) -> None:
    picture = fit(pictures["collins"], 150)[0]
    agree(mesh_of(picture), reference(picture))


def test_a_portrait_cut_by_the_edge_has_mediapipes_own_mesh(
    pictures: dict[str, Pixels], mesh_of: MeshOf, reference: FaceReference
) -> None:
    """The region reaches beyond the picture there: what it shows matters."""
    whole = mesh_of(pictures["hopper"])
    assert whole is not None
    low, high = whole.points.min(axis=0), whole.points.max(axis=0)
    side = round(float((high - low).max()) * 1.02)
    left, top = ((low + high - side) / 2).round().astype(int)
    picture = np.ascontiguousarray(pictures["hopper"][top : top + side, left : left + side])
    agree(mesh_of(picture), reference(picture))


def test_no_face_has_no_mesh(
    pictures: dict[str, Pixels], mesh_of: MeshOf, reference: FaceReference
) -> None:
    for picture in (np.zeros((64, 64, 3), dtype=np.uint8), pictures["rocket"]):
        assert mesh_of(picture) is None
        assert reference(picture) is None


def test_mesh_eyes_lie_on_the_detectors_eyes(pictures: dict[str, Pixels], mesh_of: MeshOf) -> None:
    yunet = YuNet(path_of("yunet"))
    for name in ("collins", "maher"):
        square = fit(pictures[name], 160)[0]
        mesh = mesh_of(square)
        assert mesh is not None
        assert np.abs(mesh.points[[468, 473]] - yunet([square], 0.5)[0][0].landmarks[:2]).max() < 5
        assert mesh.points.shape == (478, 2) and mesh.points.dtype == np.float32
        assert tuple(mesh.blendshapes) == NAMES


@pytest.mark.parametrize("name", PORTRAITS)
def test_the_mesh_of_a_face_already_found_is_much_the_same(
    pictures: dict[str, Pixels], mesh: FaceMesh, mesh_of: MeshOf, name: str
) -> None:
    picture = pictures[name]
    (face, *_) = YuNet(path_of("yunet"))([fit(picture, 160)[0]], 0.5)[0]
    frame = around(face.landmarks * np.float32(len(picture) / 160))
    assert frame is not None
    ours, theirs = mesh(picture, frame), mesh_of(picture)
    assert ours is not None and theirs is not None
    eyes = float(np.linalg.norm(theirs.points[468] - theirs.points[473]))
    apart = np.linalg.norm(ours.points - theirs.points, axis=1) / eyes
    assert np.median(apart) < 0.03 and apart.max() < 0.15


def test_a_frame_lies_level_with_the_eyes() -> None:
    upright = ARCFACE_112.copy()
    frame = around(upright)
    assert frame is not None
    width, height = np.linalg.norm(frame[:, :2], axis=0)
    assert width == pytest.approx(height)
    assert (frame @ (0.5, 0.5, 1)) == pytest.approx(upright.mean(axis=0), abs=5)
    assert np.degrees(np.arctan2(frame[1, 0], frame[0, 0])) == pytest.approx(-0.3, abs=0.1)


def test_points_without_extent_have_no_frame() -> None:
    assert around(np.zeros((5, 2), np.float32)) is None


def test_a_damaged_task_is_named(tmp_path: Path) -> None:
    damaged = tmp_path / "face_landmarker.task"
    damaged.write_bytes(b"no zip")
    with pytest.raises(ModelError, match=r"face_landmarker\.task cannot be loaded"):
        FaceMesh(damaged)


def test_kernels_are_preferred_for_each_convolution() -> None:
    read = preferring("jit_avx512", reader("face_landmarks_detector.tflite"))
    model = read(ov.Core(), path_of("face_landmarker"))
    layers = [node for node in model.get_ops() if "Convolution" in node.get_type_name()]
    assert len(layers) > 100
    assert all("primitives_priority_0" in dict(node.get_rt_info()) for node in layers)


@pytest.mark.skipif(instruction_set() != "avx512", reason="networks run on no AVX-512 here")
def test_kernels_asked_for_are_run() -> None:
    model = preferring("jit_avx512", ov.Core.read_model)(ov.Core(), path_of("sface_folded"))
    model.reshape([1, 3, 112, 112])
    graph = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    kinds = {
        str(node.get_rt_info()["primitiveType"].astype(str))
        for node in graph.get_runtime_model().get_ops()
        if "Convolution" in str(node.get_rt_info()["layerType"].astype(str))
    }
    assert kinds and all(kind.startswith("jit_avx512") for kind in kinds)


def test_a_window_shows_what_its_frame_covers() -> None:
    picture = np.random.default_rng(1).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    whole = np.array([(40.0, 0, 0), (0, 40, 0)])
    assert (window(picture, whole, 40) == picture).all()
    right_half = np.array([(20.0, 0, 20), (0, 20, 0)])
    assert (window(picture, right_half, 20) == picture[:20, 20:]).all()
    # Its top edge runs down the picture's right side: what lies on the right comes on top.
    turned = np.array([(0, -40.0, 39), (40, 0, 0)])
    assert (window(picture, turned, 40) == np.rot90(picture)).all()
    beyond = np.array([(40.0, 0, 30), (0, 40, 0)])
    assert (window(picture, beyond, 40)[:, 10:] == picture[:, 39:]).all()


def test_looking_at_pictures_does_not_load_mediapipe() -> None:
    code = "import sys, pipeline.student.examiner; sys.exit('mediapipe' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
