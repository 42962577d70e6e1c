"""Every view looks as it did: pictures of a fixed log against those in `reference`.

When a change is meant, `make screenshots` takes the reference again; look at what changed in it.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from tests.e2e import pictures
from tests.e2e.box_font import box_font
from tests.e2e.pictures import REFERENCE, TOLERANCE, difference

NAMES = sorted(path.stem for path in REFERENCE.glob("*.png"))
MOST_BYTES = 1_500_000
AGAIN = "if this is meant, run `make screenshots`, look at the pictures and commit them"


@pytest.fixture(scope="session")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with pictures of the code as it is."""
    folder = tmp_path_factory.mktemp("pictures")
    done = pictures.take(folder)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return folder


@pytest.mark.e2e
@pytest.mark.parametrize("name", NAMES)
def test_a_view_looks_as_before(name: str, taken: Path) -> None:
    found = difference(
        pictures.pixels(taken / f"{name}.png"), pictures.pixels(REFERENCE / f"{name}.png")
    )
    assert found is not None, f"{name}.png has another size; {AGAIN}"
    assert found.largest <= TOLERANCE, (
        f"{name}.png differs most at {found.place}, by {found.largest:.0f} of 255, and in "
        f"{found.blocks} blocks; compare {taken / name}.png with the reference; {AGAIN}"
    )


@pytest.mark.e2e
@pytest.mark.parametrize("name", NAMES)
def test_every_heatmap_has_exactly_the_colours_it_had(name: str, taken: Path) -> None:
    assert pictures.canvases(taken)[name] == pictures.canvases(REFERENCE)[name], AGAIN


@pytest.mark.e2e
def test_every_picture_has_a_reference(taken: Path) -> None:
    assert sorted(path.stem for path in taken.glob("*.png")) == NAMES
    assert sorted(pictures.canvases(taken)) == NAMES


def test_the_reference_stays_small() -> None:
    assert NAMES
    assert sum(path.stat().st_size for path in REFERENCE.iterdir()) < MOST_BYTES


def picture() -> np.ndarray:
    """Return a grey page with a row of dark letters and a coloured square."""
    page = np.full((60, 101, 3), 240, np.uint8)
    page[20:26, 10:70:2] = 30
    page[40:50, 10:20] = (20, 60, 200)
    return page


def test_what_is_the_same_or_softened_at_an_edge_is_no_difference() -> None:
    soft = picture()
    soft[20:26, 10] = 50  # another version of the browser draws an edge a little otherwise
    assert difference(picture(), picture()) == pictures.Difference(0.0, 0, (0, 0))
    found = difference(soft, picture())
    assert found is not None
    assert 0 < found.largest < TOLERANCE


@pytest.mark.parametrize(
    "change",
    [
        lambda page: np.roll(page, 1, axis=0),
        lambda page: np.where(page == 30, 240, page),
        lambda page: np.where(page == 200, 150, page),
    ],
    ids=["moved by one pixel", "text is gone", "another blue"],
)
def test_what_moved_is_gone_or_has_another_colour_is_found(change: object) -> None:
    assert callable(change)
    found = difference(change(picture()), picture())
    assert found is not None
    assert found.largest > TOLERANCE
    assert found.blocks > 0


def test_another_size_cannot_be_compared() -> None:
    assert difference(picture()[1:], picture()) is None


def test_every_character_is_the_same_box_and_a_space_is_empty() -> None:
    font = ImageFont.truetype(io.BytesIO(box_font()), 20)
    drawn = {text: bytes(font.getmask(text)) for text in "iW7é中😀"}
    assert {font.getlength(text) for text in [*drawn, " ", "\u00a0"]} == {10.0}
    assert len(set(drawn.values())) == 1
    assert 255 in drawn["i"]
    assert not any(font.getmask(" "))
