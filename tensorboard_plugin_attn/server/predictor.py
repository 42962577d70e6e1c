"""A model that is served elsewhere, asked over TensorFlow Serving's REST protocol.

For models that cannot be described as data. The address is the operator's, given when TensorBoard
is started (`--attn_predictor`); no request and nothing in a log can name another, redirects are not
followed, and an answer is read only as far as an answer of this size can go.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from urllib.parse import urlsplit

import numpy as np

from tensorboard_plugin_attn.analysis.explain import Floats
from tensorboard_plugin_attn.portable.description import Served
from tensorboard_plugin_attn.portable.edits import Edit, edited
from tensorboard_plugin_attn.server.errors import RouteError

TIMEOUT_S = 5.0
_BYTES_A_NUMBER = 32  # of JSON, white space included
_BYTES_BESIDES = 1 << 16


class RestPredictor:
    """Asks one model for scores.

    Args:
      url: of its predict method, such as `http://127.0.0.1:8501/v1/models/sasrec:predict`.

    Raises:
      ValueError: this is no http(s) URL with a path, or it holds a password.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or not parts.path:
            raise ValueError("give a URL such as http://127.0.0.1:8501/v1/models/NAME:predict")
        if parts.username or parts.password:
            raise ValueError("no user or password in it: process lists show it")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path + (f"?{parts.query}" if parts.query else "")

    def scores(self, described: Served, rows: Sequence[Sequence[int]]) -> Floats:
        """Return the score of every item after each of `rows`, `[row, item]`.

        Args:
          described: what the log says of the model.
          rows: histories, item numbers, oldest first; padded on the left here.

        Raises:
          RouteError: it does not answer, or with something else (503).
        """
        length = described.history_length
        instances = [[0] * (length - len(row[-length:])) + list(row[-length:]) for row in rows]
        most_bytes = len(rows) * described.item_count * _BYTES_A_NUMBER + _BYTES_BESIDES
        try:
            answer = json.loads(self._post({"instances": instances}, most_bytes))
            found = np.asarray(answer["predictions"], np.float32)
        except (OSError, http.client.HTTPException, ValueError, TypeError, KeyError) as error:
            raise _unavailable("does not answer as TensorFlow Serving does") from error
        except RecursionError as error:
            raise _unavailable("answers with nested brackets") from error
        if found.shape != (len(rows), described.item_count):
            raise _unavailable(f"does not score the {described.item_count} items of the log")
        if not np.isfinite(found[:, 1:]).all():
            raise _unavailable("answers with what is no number")
        return found

    def _post(self, body: object, most_bytes: int) -> bytes:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=TIMEOUT_S)
        try:
            data = json.dumps(body, separators=(",", ":")).encode()
            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            connection.request("POST", self._path, data, headers)
            response = connection.getresponse()
            if response.status != 200:
                raise ValueError(f"HTTP {response.status}")
            answer = response.read(most_bytes + 1)
        finally:
            connection.close()
        if len(answer) > most_bytes:
            raise ValueError("an answer longer than any can be")
        return answer


def _unavailable(why: str) -> RouteError:
    return RouteError(
        503,
        "predictor_unavailable",
        f"The model TensorBoard was told to ask {why}.",
        "Check the address of --attn_predictor, and that this model is the one served there.",
        {"Retry-After": "5"},
    )


class ServedModel:
    """Predicts for edits of histories, as far as a served model can: items deleted and added.

    Args:
      described: what the log says of it.
      predictor: who is asked.
    """

    def __init__(self, described: Served, predictor: RestPredictor) -> None:
        self.description = described
        self._predictor = predictor

    def predict(self, history: Sequence[int], edits: Sequence[Edit]) -> Floats:
        """Return the score of every item after each of `edits` of `history`, `[edit, item]`.

        Raises:
          ValueError: an edit is none that a served model can make, or leaves nothing.
          RouteError: the model does not answer (503).
        """
        rows = [edited(history, edit) for edit in edits]
        if any(edit.heads_off or edit.layers_off for edit in edits):
            raise ValueError("a served model's heads and layers cannot be switched off")
        if any(weight != 1 for row in rows for weight in row.weights):
            raise ValueError("a served model's attention cannot be re-weighted")
        if not all(row.items for row in rows):
            raise ValueError("nothing is left: keep one item")
        return self._predictor.scores(self.description, [row.items for row in rows])
