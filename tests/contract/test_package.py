"""What is shipped: one top-level name, the built tab, types, a public API that is on purpose."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import tensorboard_plugin_attn as attn
from tensorboard_plugin_attn import attn_pb2

ROOT = Path(__file__).parents[2]
PIP_WHEEL = (sys.executable, "-m", "pip", "wheel", "--quiet")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    directory = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [*PIP_WHEEL, "--no-deps", "--no-build-isolation", "--wheel-dir", str(directory), str(ROOT)],
        check=True,
    )
    [path] = directory.glob("*.whl")
    return zipfile.ZipFile(path)


def test_wheel_has_one_top_level_name(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tensorboard_plugin_attn"}


@pytest.mark.parametrize("file", ["static/index.js", "py.typed", "attn.proto", "attn_pb2.pyi"])
def test_wheel_holds(wheel: zipfile.ZipFile, file: str) -> None:
    data = wheel.read(f"tensorboard_plugin_attn/{file}")
    assert data == (ROOT / "tensorboard_plugin_attn" / file).read_bytes()


def test_wheel_registers_the_plugin_and_needs_no_framework(wheel: zipfile.ZipFile) -> None:
    [metadata] = [name for name in wheel.namelist() if name.endswith("dist-info/METADATA")]
    [points] = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "attn = tensorboard_plugin_attn.server.loader:AttnLoader" in wheel.read(points).decode()
    needed = [
        re.split(r"[<>=]", line.split()[1])[0].lower()
        for line in wheel.read(metadata).decode().splitlines()
        if line.startswith("Requires-Dist") and "extra ==" not in line
    ]
    assert sorted(needed) == sorted(
        ["tensorboard", "numpy", "protobuf", "werkzeug", "google-crc32c", "isal", "sqlalchemy"]
    )


def test_generated_code_loads_on_every_supported_protobuf() -> None:
    text = (ROOT / "tensorboard_plugin_attn" / "attn_pb2.py").read_text()
    assert "# Protobuf Python Version: 6.31.1" in text


def test_generated_code_is_of_this_proto() -> None:
    """Compare message and field names and numbers with the text of attn.proto."""
    source = (ROOT / "tensorboard_plugin_attn" / "attn.proto").read_text()
    for name, descriptor in attn_pb2.DESCRIPTOR.message_types_by_name.items():
        body = source.split(f"message {name} {{")[1].split("\n}")[0]
        for field in descriptor.fields:
            assert f" {field.name} = {field.number}" in body, f"{name}.{field.name}"
        declared = re.findall(r"^  [\w<>, ]+ (\w+) = \d+", body, re.MULTILINE)
        assert sorted(declared) == sorted(field.name for field in descriptor.fields), name


PUBLIC = {
    "AttentionWriter": "(logdir, *, cohort, worker, privacy, precision, queue_limits, strict)",
    "Cohort": "(users, items, inputs)",
    "Item": "(id, label, attributes)",
    "Privacy": "(key, user_attributes, user_labels, item_labels)",
    "QueueLimits": "(entries, size_bytes)",
    "User": "(id, history, target, label, attributes)",
    "UserRecommendations": "(items, scores, target_rank, target_score, seen_removed)",
    "WriterStatus": "(offered, written, dropped, rejected, failed, waiting, written_bytes, "
    "degraded, file)",
}


def shape_of(thing: type) -> str:
    """Return the parameter names of a constructor."""
    parameters = inspect.signature(thing).parameters.values()
    names = []
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in names:
            names.append("*")
        names.append(parameter.name)
    return f"({', '.join(names)})"


def test_public_api_is_what_this_says() -> None:
    assert set(attn.__all__) == {*PUBLIC, "__version__"}
    assert {name: shape_of(getattr(attn, name)) for name in PUBLIC} == PUBLIC
    for name in PUBLIC:
        assert inspect.getdoc(getattr(attn, name)), name
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = attn.Nothing
