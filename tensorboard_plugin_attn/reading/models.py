"""A portable model out of the log: every length compared with its limit before it is believed.

Nothing that is read here is executed. What is not exactly a description and the weights it
describes is refused with its reason, and the others stay.
"""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import DecodeError

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.portable import weights
from tensorboard_plugin_attn.portable.description import DescriptionError, Served
from tensorboard_plugin_attn.portable.feature_description import FeatureDescription
from tensorboard_plugin_attn.portable.feature_model import FeatureModel
from tensorboard_plugin_attn.portable.kinds import read_description
from tensorboard_plugin_attn.portable.sequence_model import SequenceModel
from tensorboard_plugin_attn.portable.weights import WeightsError
from tensorboard_plugin_attn.reading.runs import Runs
from tensorboard_plugin_attn.reading.sessions import FrameInfo


class UnusableModelError(Exception):
    """The model is damaged, diverged, or of a kind this version does not replay."""


@dataclass(frozen=True, eq=False)
class StoredModel:
    """A model as it is in the log.

    Attributes:
      model: replays it; what is known of it, if it is served elsewhere.
      vocabulary_axis: which axis of the catalogue names its items.
    """

    model: SequenceModel | FeatureModel | Served
    vocabulary_axis: int


def read_model(runs: Runs, frame: FrameInfo) -> StoredModel:
    """Return the portable model of `frame`.

    Raises:
      UnusableModelError: it cannot be replayed.
      UnavailableError: it can no longer be read.
    """
    try:
        message = pb.PortableModel.FromString(runs.read(frame, [1])[0])
        data = _weights(runs, frame, message)
        tensors = weights.from_bytes(data)
    except (DecodeError, IndexError, WeightsError) as error:
        raise UnusableModelError(f"it cannot be read: {error}") from error
    try:
        description = read_description(message.description)
        if isinstance(description, Served):
            description.check(tensors)
            return StoredModel(description, message.vocabulary_axis)
        if isinstance(description, FeatureDescription):
            return StoredModel(FeatureModel(description, tensors), message.vocabulary_axis)
        return StoredModel(SequenceModel(description, tensors), message.vocabulary_axis)
    except DescriptionError as error:
        raise UnusableModelError(str(error)) from error


def _weights(runs: Runs, frame: FrameInfo, message: pb.PortableModel) -> bytes:
    size_bytes = message.weights_bytes
    if size_bytes > schema.MAX_WEIGHTS_BYTES + schema.MAX_WEIGHTS_HEADER_BYTES:
        raise WeightsError(f"{size_bytes} bytes of weights are over the limits")
    pieces = -(-size_bytes // schema.MAX_WEIGHTS_PIECE_BYTES)
    data = b"".join(runs.read(frame, range(2, 2 + pieces)))
    if len(data) != size_bytes or codec.crc32c(data) != message.weights_crc32c:
        raise WeightsError("the checksum does not match")
    return data
