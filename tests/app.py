"""The plugin behind TensorBoard's own WSGI application, without a socket."""

from __future__ import annotations

import argparse
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from tensorboard.backend import application
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from werkzeug.test import Client
from werkzeug.wrappers import Response

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec
from tensorboard_plugin_attn.server.loader import AttnLoader
from tensorboard_plugin_attn.server.plugin import AttnPlugin

ROOT = "/data/plugin/attn"


def parsed_flags(logdir: Path, *arguments: str) -> argparse.Namespace:
    """Return TensorBoard's flags as our loader leaves them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--logdir", default=str(logdir))
    parser.add_argument("--host", default=None)
    parser.add_argument("--samples_per_plugin", type=json.loads, default={})
    loader = AttnLoader()
    loader.define_flags(parser)
    flags = parser.parse_args(list(arguments))
    loader.fix_flags(flags)
    return flags


def multiplexer_provider(logdir: Path, flags: argparse.Namespace) -> Any:
    """Return the Python loader's data provider, loaded, sampling as `flags` say."""
    sizes = {"tensors": 10}
    hints = flags.samples_per_plugin
    multiplexer = plugin_event_multiplexer.EventMultiplexer(
        size_guidance=sizes, tensor_size_guidance=hints
    )
    multiplexer.AddRunsFromDirectory(str(logdir))
    multiplexer.Reload()
    return data_provider.MultiplexerDataProvider(multiplexer, str(logdir))


@dataclass
class App:
    """A client of the plugin's routes."""

    plugin: AttnPlugin
    client: Client

    def get(self, route: str, headers: dict[str, str] | None = None, **query: object) -> Response:
        """Return the answer to a GET of `route`; numbers and texts make the query."""
        text = urlencode({name: str(value) for name, value in query.items()})
        self.forget_when_refreshed()
        return self.client.get(f"{ROOT}{route}?{text}", headers=headers)

    def json(self, route: str, **query: object) -> Any:
        """Return the JSON of an answer that must be 200."""
        response = self.get(route, **query)
        assert response.status_code == 200, response.get_data(as_text=True)
        return json.loads(response.get_data())

    def error(self, route: str, **query: object) -> tuple[int, str]:
        """Return status and code of an answer that must be an error in our form."""
        response = self.get(route, **query)
        body = json.loads(response.get_data())
        assert set(body) == {"error"}
        assert set(body["error"]) == {"code", "message", "hint"}
        return response.status_code, body["error"]["code"]

    def frames(self, **query: object) -> Frames:
        """Return a decoded answer of /frames."""
        response = self.get("/frames", **query)
        assert response.status_code == 200, response.get_data(as_text=True)
        return Frames.parse(response.get_data())

    def forget_when_refreshed(self) -> None:
        """Let the next request look at the files again, however soon it comes."""
        self.plugin._runs._refreshed_s = float("-inf")


@dataclass
class Frames:
    """What the browser makes of a /frames answer."""

    header: dict[str, Any]
    data: bytes

    @classmethod
    def parse(cls, body: bytes) -> Frames:
        """Split an answer into its JSON header and its chunks."""
        (length,) = struct.unpack("<I", body[:4])
        assert (4 + length) % 8 == 0
        return cls(json.loads(body[4 : 4 + length]), body[4 + length :])

    @property
    def steps(self) -> list[int]:
        """Return the steps of the frames."""
        return [frame["step"] for frame in self.header["frames"]]

    def chunk(self, number: int) -> bytes:
        """Return the stored bytes of one chunk."""
        place = self.header["chunks"][number]
        return self.data[place["offset"] : place["offset"] + place["length"]]

    def attention(self, frame: dict[str, Any]) -> np.ndarray:
        """Return `[head, query, key]`, by docs/http_api.md and nothing else."""
        raw = codec.inflate(self.chunk(frame["chunk"]), frame["raw_bytes"])
        if frame["key_chunk"] is not None:
            key = codec.inflate(self.chunk(frame["key_chunk"]), frame["raw_bytes"])
            raw = codec.add_key(raw, key)
        if codec.crc32c(raw) != frame["crc32c"]:
            raise codec.CorruptChunkError("the checksum does not fit")
        shape = codec.Shape(
            frame["head_count"],
            frame["query_length"],
            frame["key_length"],
            frame["layout"] == "LOWER_TRIANGLE",
        )
        return codec.decode(raw, shape, pb.Encoding.Value(frame["encoding"]))


def make_app(logdir: Path, *arguments: str, provider: Any = None) -> App:
    """Return the plugin on `logdir` with these flags."""
    flags = parsed_flags(logdir, *arguments)
    context = base_plugin.TBContext(
        data_provider=provider, flags=flags, logdir=flags.logdir, window_title=""
    )
    plugin = AttnLoader().load(context)
    wsgi = application.TensorBoardWSGI([plugin], data_provider=provider)
    return App(plugin, Client(wsgi, Response))
