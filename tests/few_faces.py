"""Three students of real pictures: one sound, one lying on its side, one without a face."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from pipeline.sample import sources

PHOTOS = {"2022001": ("obama", 0), "2022002": ("hopper", 90), "2022003": ("rocket", 0)}
REFERENCES = {"2022001": "obama2", "2022002": "hopper"}


def few_faces(folder: Path) -> list[str]:
    """Write them into a folder; the options of a night over them, but for its `--out`."""
    photos, cards = folder / "photos", folder / "cards"
    for place in (photos, cards):
        place.mkdir(parents=True)
    found = sources.fetch()
    for number, (name, turn) in PHOTOS.items():
        with Image.open(found[name]) as picture:
            picture.convert("RGB").rotate(turn, expand=True).save(photos / f"{number}.jpg")
    for number, name in REFERENCES.items():
        with Image.open(found[name]) as picture:
            picture.convert("RGB").save(cards / f"{number}.jpg")
    roster = folder / "roster.csv"
    rows = "".join(f"{number},学生{number[-1]}\n" for number in PHOTOS)
    roster.write_text(f"学号,姓名\n{rows}", "utf-8")
    return [
        *("--roster", str(roster), "--photos", str(photos)),
        *("--references", f"idcard={cards}", "--workers", "2"),
    ]
