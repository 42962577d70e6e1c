"""What a browser asks TensorBoard for: frames of our tab, images of the Images tab."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from urllib.parse import urlencode

from benchmarks.synthetic import RUN, Size
from benchmarks.tensorboard_server import TensorBoard

ATTN = "/data/plugin/attn"
IMAGES = "/data/plugin/images"


def frames_path(size: Size, steps: str, layer: int = 0, user: int = 0) -> str:
    """Return the path of `/frames` for some steps."""
    query = {"run": RUN, "layer": size.layer(layer), "user": user, "steps": steps}
    return f"{ATTN}/frames?{urlencode(query)}"


def frame_count(body: bytes) -> int:
    """Return how many frames an answer of `/frames` holds."""
    (length,) = struct.unpack_from("<I", body)
    return len(json.loads(body[4 : 4 + length])["frames"])


def serves_frame(size: Size, step: int) -> Callable[[TensorBoard], bool]:
    """Return a question to a server: does it serve the frame of `step`?"""
    path = frames_path(size, str(step))

    def ask(server: TensorBoard) -> bool:
        status, body = server.get(path)
        return status == 200 and frame_count(body) > 0

    return ask


def serves_image(size: Size) -> Callable[[TensorBoard], bool]:
    """Return a question to a server: does it serve an image of the first layer and user?"""
    query = urlencode({"run": RUN, "tag": f"{size.layer(0)}/0", "sample": 0})

    def ask(server: TensorBoard) -> bool:
        status, body = server.get(f"{IMAGES}/images?{query}")
        images = json.loads(body) if status == 200 else []
        if not images:
            return False
        status, image = server.get(f"{IMAGES}/individualImage?{images[0]['query']}")
        return status == 200 and image.startswith(b"\x89PNG")

    return ask
