"""The built tab, read once at start into a dictionary: no request ever names a path."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources

from werkzeug.wrappers import Request, Response

MIME_TYPES = {".js": "text/javascript"}


@dataclass(frozen=True)
class StaticFile:
    """One file of the package, in memory."""

    data: bytes
    mime_type: str

    def route(self, request: Request) -> Response:
        """Answer with the file, or 304."""
        response = Response(self.data, mimetype=self.mime_type)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "private, no-cache"
        response.set_etag(hashlib.sha256(self.data).hexdigest()[:32])
        return response.make_conditional(request)


def load_static_files() -> dict[str, StaticFile]:
    """Return the files of `static/` by route."""
    folder = resources.files("tensorboard_plugin_attn") / "static"
    files = {}
    for entry in folder.iterdir():
        suffix = entry.name[entry.name.rfind(".") :]
        if suffix in MIME_TYPES:
            files[f"/{entry.name}"] = StaticFile(entry.read_bytes(), MIME_TYPES[suffix])
    return files
