"""Attention through writers that are there already: `tf.summary`'s, or any that takes `Summary`.

`attention` follows `tf.summary`'s conventions (default writer, default step, eager or inside
`tf.function`), so it also reaches remote log directories. Frames written so stand alone: no
temporal groups, because their order is the caller's. For everything else `AttentionWriter` is
faster and promises more. TensorFlow is imported only when `attention` or `catalogue` is called.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tensorboard.compat.proto import summary_pb2

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.capture.cohort import Cohort
from tensorboard_plugin_attn.logging import events
from tensorboard_plugin_attn.logging.arguments import crop
from tensorboard_plugin_attn.logging.frames import FrameEncoder, LayerDescription
from tensorboard_plugin_attn.privacy import Privacy

_sequence = itertools.count(1)
_attempt = pb.Attempt(id=uuid.uuid4().hex, start_time_s=time.time())


def attention(
    name: str,
    data: Any,
    step: Any = None,
    *,
    lengths: Sequence[int] | None = None,
    causal: bool = False,
    layer_index: int = 0,
    precision: str = "u8",
) -> Any:
    """Write one layer's attention as a summary, to TensorFlow's default summary writer.

    Args:
      name: the layer; the tag is `attention/<name>`.
      data: post-softmax weights, a float tensor `[user, head, query, key]` whose rows sum to 1;
        its rank and the numbers of users and heads must be known when a graph is traced.
      step: like `tf.summary.scalar`'s; `None` takes `tf.summary.experimental.set_step`'s.
      lengths: real history items per user: crops left padding from both axes.
      causal: no query attends to a later key.
      layer_index: position of the layer in the model, for sorting.
      precision: `"u8"`, `"u16"`, `"f16"` or `"exact"`.

    Returns:
      True on success, False if there is no default writer; a tensor inside a graph.

    Raises:
      ValueError: no step was given and none is set, or the shape is not known.
    """
    import tensorflow as tf

    step = tf.summary.experimental.get_step() if step is None else step
    if step is None:
        raise ValueError("no step: pass step=..., or call tf.summary.experimental.set_step first")
    tensor = tf.convert_to_tensor(data, tf.float32)
    if tensor.shape.rank != 4 or tensor.shape[0] is None or tensor.shape[1] is None:
        raise ValueError(
            f"shape {tensor.shape}: must be [user, head, query, key], users and heads known"
        )
    options: dict[str, Any] = {
        "lengths": lengths,
        "causal": causal,
        "layer_index": layer_index,
        "precision": precision,
    }

    def blobs(values: Any, at: Any) -> Any:
        summary = attention_pb(name, values, int(at), **options)
        return np.array(list(summary.value[0].tensor.string_val), dtype=object)

    at = tf.cast(step, tf.int64)
    written = tf.numpy_function(blobs, [tensor, at], tf.string, stateful=True)
    layer = _layer(name, int(tensor.shape[1]), causal=causal, index=layer_index)
    metadata = events.summary_metadata(events.layer_metadata(layer, int(tensor.shape[0])))
    return tf.summary.write(schema.attention_tag(name), written, step=step, metadata=metadata)


def catalogue(cohort: Cohort, *, privacy: Privacy | None = None) -> Any:
    """Write who the users are and what the items are called, once before the first attention."""
    import tensorflow as tf

    builder = events.CatalogueBuilder(cohort, privacy or Privacy())
    for item in cohort.items:
        builder.index(item)
    header = _header(0)
    blobs = [codec.seal_header(header.SerializeToString()), builder.whole()[0].SerializeToString()]
    return tf.summary.write(
        schema.CATALOGUE_TAG,
        tf.constant(blobs),
        step=header.sequence,
        metadata=events.summary_metadata(events.stream_metadata(pb.CATALOGUE)),
    )


def attention_pb(
    name: str,
    data: NDArray[np.generic] | Sequence[ArrayLike],
    step: int,
    *,
    lengths: Sequence[int] | None = None,
    causal: bool = False,
    layer_index: int = 0,
    precision: str = "u8",
) -> summary_pb2.Summary:
    """Return one layer's attention as a `Summary` proto, for writers of your own.

    Put it into an event of the same `step`. Arguments are those of `attention`; needs no
    TensorFlow. Users whose rows are not attention are marked as rejected in it.
    """
    users = crop([np.asarray(user) for user in data], lengths)
    if not users:
        raise ValueError("no users")
    layer = _layer(name, users[0].shape[0], causal=causal, index=layer_index)
    header = _header(step)
    chunks, made = FrameEncoder(layer, codec.precision(precision)).encode(
        users, header.sequence, [0] * len(users)
    )
    header.head_count = layer.head_count
    header.chunks.extend(chunks)
    event = events.blob_event(
        schema.attention_tag(name), made, header, events.layer_metadata(layer, len(users))
    )
    return event.summary


def _layer(name: str, head_count: int, *, causal: bool, index: int) -> LayerDescription:
    return LayerDescription(name=name, index=index, head_count=head_count, causal=causal)


def _header(step: int) -> pb.FrameHeader:
    """Return a header of this process's one attempt, with the next sequence number."""
    return pb.FrameHeader(
        format_version=schema.FORMAT_VERSION,
        attempt=_attempt,
        sequence=next(_sequence),
        step=step,
        wall_time_s=time.time(),
    )
