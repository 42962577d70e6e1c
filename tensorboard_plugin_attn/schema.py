"""Where writer and reader meet: plugin name, tags, versions and limits.

It holds names and numbers only: no I/O, no encoding (that is `codec`).
"""

from __future__ import annotations

from typing import Final, TypeVar

from tensorboard_plugin_attn import attn_pb2 as pb

Value = TypeVar("Value", bound=int)

PLUGIN_NAME: Final = "attn"
FORMAT_VERSION: Final = 1

# Summary.Value.tag of each stream.
ATTENTION_TAG_PREFIX: Final = "attention/"
CATALOGUE_TAG: Final = "catalogue"
RECOMMENDATIONS_TAG: Final = "recommendations"
MARKERS_TAG: Final = "markers"
MODEL_TAG: Final = "portable_model"

# The axis the catalogue lists for every user: their items, oldest first.
HISTORY_AXIS: Final = "history"

# Limits that hold on both sides: the writer refuses, the reader rejects.
MAX_CELLS: Final = 1_048_576
MAX_DIMENSION: Final = 8192
MAX_HEADS: Final = 64
MAX_CHUNK_BYTES: Final = 1 << 20
MAX_RAW_BYTES: Final = 8 << 20
MAX_HEADER_BYTES: Final = 1 << 20
MAX_DESCRIPTION_BYTES: Final = 1 << 15
MAX_STRING: Final = 256
MAX_AXES: Final = 100_000
MAX_AXIS_PLACES: Final = 1_000_000  # over all numbered axes of an attempt

# A portable model: its weights are one file of tensors, stored in pieces.
MAX_WEIGHTS_BYTES: Final = 64 << 20
MAX_WEIGHTS_PIECE_BYTES: Final = 4 << 20
MAX_WEIGHTS_HEADER_BYTES: Final = 1 << 18
MAX_TENSORS: Final = 2048
MAX_TENSOR_RANK: Final = 4
MAX_TENSOR_SIZE: Final = 1 << 22
# Of a portable model's attention, all layers and heads of one user: what one replay may hold.
MAX_REPLAY_CELLS: Final = 8 << 20

# Chunk.query_axis_number of labels that are not in the catalogue, because it is full.
UNNAMED_AXIS: Final = (1 << 32) - 1

# A difference may refer to a difference: at most so many reads for one frame. The writer needs 19.
MAX_REFERENCES: Final = 64

# A row of attention is a distribution: how far its sum may be from 1.
ROW_SUM_TOLERANCE: Final = 1e-3

REASON_NAMES: Final[dict[pb.MarkerReason, str]] = {
    pb.REJECTED: "rejected",
    pb.DROPPED: "dropped",
    pb.THINNED: "thinned",
    pb.WRITE_FAILED: "write_failed",
}
KIND_NAMES: Final[dict[pb.AttentionKind, str]] = {
    pb.SELF: "self",
    pb.CROSS: "cross",
    pb.TARGET: "target",
    pb.FIELD: "field",
}
SIMILARITY_NAMES: Final[dict[pb.Similarity, str]] = {
    pb.SCALED_DOT_PRODUCT: "scaled_dot_product",
    pb.BILINEAR: "bilinear",
}
MODE_NAMES: Final[dict[pb.Mode, str]] = {pb.EVALUATION: "evaluation", pb.TRAINING: "training"}
DROPOUT_STAGE_NAMES: Final[dict[pb.DropoutStage, str]] = {
    pb.BEFORE_DROPOUT: "before_dropout",
    pb.AFTER_DROPOUT: "after_dropout",
}


def attention_tag(layer: str) -> str:
    """Return the tag of `layer`'s attention stream."""
    return ATTENTION_TAG_PREFIX + layer


def clip_text(text: str) -> str:
    """Return `text` cut to `MAX_STRING` characters, with an ellipsis if it was longer.

    What is no text or no UTF-8 (a number, a lone surrogate) becomes text: protobuf would raise.
    """
    text = str(text).encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= MAX_STRING else text[: MAX_STRING - 1] + "…"


def enum_value(names: dict[Value, str], name: str, what: str) -> Value:
    """Return the proto value called `name`.

    Raises:
      ValueError: `name` is not one of `names`; the message lists them.
    """
    for value, known in names.items():
        if known == name:
            return value
    raise ValueError(f"{what}={name!r}: use one of {sorted(names.values())}")
