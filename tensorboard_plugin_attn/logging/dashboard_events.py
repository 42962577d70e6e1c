"""Events for TensorBoard's own tabs: scalars and text, beside ours in the same file.

Scalars are `simple_value`s, which every loader takes for the scalars plugin: a fifth smaller than
tensors, and no metadata to repeat. Our own reader passes over both.
"""

from __future__ import annotations

from collections.abc import Mapping

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.plugins.text import metadata as text_plugin


def scalar_event(step: int, wall_time_s: float, values: Mapping[str, float]) -> event_pb2.Event:
    """Return one event with all `values`, by tag."""
    summary = summary_pb2.Summary(
        value=[
            summary_pb2.Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()
        ]
    )
    return event_pb2.Event(wall_time=wall_time_s, step=step, summary=summary)


def text_event(tag: str, step: int, wall_time_s: float, markdown: str) -> event_pb2.Event:
    """Return an event that the Text tab shows; it says whose it is every time, so any may be first.

    TensorBoard renders `markdown` and removes what could be a script.
    """
    metadata = text_plugin.create_summary_metadata(display_name=tag, description="")
    metadata.data_class = summary_pb2.DATA_CLASS_TENSOR
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING,
        tensor_shape=tensor_shape_pb2.TensorShapeProto(),
        string_val=[markdown.encode()],
    )
    value = summary_pb2.Summary.Value(tag=tag, metadata=metadata, tensor=tensor)
    return event_pb2.Event(
        wall_time=wall_time_s, step=step, summary=summary_pb2.Summary(value=[value])
    )
