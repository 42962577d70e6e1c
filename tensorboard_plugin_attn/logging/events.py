"""Headers and blobs to `Event` protos: the only place that knows the event file's layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.capture.cohort import Cohort, Item
from tensorboard_plugin_attn.logging.frames import LayerDescription
from tensorboard_plugin_attn.privacy import Privacy
from tensorboard_plugin_attn.version import VERSION

# Tags whose events are numbered by sequence, because several may fall on one training step and
# TensorBoard keeps one event per step.
_NUMBERED_BY_SEQUENCE = (schema.CATALOGUE_TAG, schema.MARKERS_TAG)


def blob_event(
    tag: str, blobs: Sequence[bytes], header: pb.FrameHeader, metadata: pb.StreamMetadata | None
) -> event_pb2.Event:
    """Return an event whose one value is a blob sequence `[header, *blobs]`.

    Args:
      metadata: written with a tag's first event in each file; `None` afterwards. Plugin name and
        data class stand in every event, because an unset data class is silently dropped.
    """
    strings = [codec.seal_header(header.SerializeToString()), *blobs]
    shape = tensor_shape_pb2.TensorShapeProto(
        dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=len(strings))]
    )
    value = summary_pb2.Summary.Value(
        tag=tag,
        metadata=summary_metadata(metadata),
        tensor=tensor_pb2.TensorProto(
            dtype=types_pb2.DT_STRING, tensor_shape=shape, string_val=strings
        ),
    )
    return event_pb2.Event(
        wall_time=header.wall_time_s,
        step=header.sequence if tag in _NUMBERED_BY_SEQUENCE else header.step,
        summary=summary_pb2.Summary(value=[value]),
    )


def summary_metadata(metadata: pb.StreamMetadata | None) -> summary_pb2.SummaryMetadata:
    """Return what tells TensorBoard whose a value is; `metadata` describes the stream, if given."""
    return summary_pb2.SummaryMetadata(
        plugin_data=summary_pb2.SummaryMetadata.PluginData(
            plugin_name=schema.PLUGIN_NAME,
            content=metadata.SerializeToString() if metadata else b"",
        ),
        data_class=summary_pb2.DATA_CLASS_BLOB_SEQUENCE,
    )


def stream_metadata(content: pb.StreamContent) -> pb.StreamMetadata:
    """Return the metadata of a stream that is not attention."""
    return pb.StreamMetadata(
        format_version=schema.FORMAT_VERSION, content=content, writer_version=VERSION
    )


def layer_metadata(layer: LayerDescription, cohort_size: int) -> pb.StreamMetadata:
    """Return the metadata of an attention stream."""
    metadata = stream_metadata(pb.ATTENTION)
    metadata.layer = layer.name
    metadata.layer_index = layer.index
    metadata.head_count = layer.head_count
    metadata.head_names.extend(schema.clip_text(name) for name in layer.head_names)
    metadata.causal = layer.causal
    metadata.query_axis = layer.query_axis
    metadata.key_axis = layer.key_axis
    metadata.cohort_size = cohort_size
    metadata.kind = schema.enum_value(schema.KIND_NAMES, layer.kind, "kind")
    metadata.mode = schema.enum_value(schema.MODE_NAMES, layer.mode, "mode")
    metadata.similarity = schema.enum_value(schema.SIMILARITY_NAMES, layer.similarity, "similarity")
    metadata.dropout_stage = schema.enum_value(
        schema.DROPOUT_STAGE_NAMES, layer.dropout_stage, "dropout_stage"
    )
    if metadata.ByteSize() > schema.MAX_DESCRIPTION_BYTES:
        raise ValueError("the names of the layer, its heads and axes are too long")
    return metadata


class CatalogueBuilder:
    """Numbers the items as they are first referred to, and says what is new since last asked."""

    def __init__(self, cohort: Cohort, privacy: Privacy) -> None:
        self._cohort = cohort
        self._privacy = privacy
        self._index: dict[str, int] = {}
        self._new: list[str] = []
        self._users = [self._user(number) for number in range(len(cohort.users))]

    def index(self, item_id: str) -> int:
        """Return the number of `item_id`; an item seen for the first time gets the next one."""
        number = self._index.get(item_id)
        if number is None:
            number = self._index[item_id] = len(self._index)
            self._new.append(item_id)
        return number

    def whole(self) -> pb.Catalogue:
        """Return the users and every item numbered so far."""
        self._new.clear()
        return pb.Catalogue(users=self._users, items=[self._item(item) for item in self._index])

    def news(self) -> pb.Catalogue | None:
        """Return the items numbered since the last catalogue, or `None`."""
        if not self._new:
            return None
        items = [self._item(item) for item in self._new]
        self._new.clear()
        return pb.Catalogue(items=items)

    def _user(self, number: int) -> pb.User:
        person = self._cohort.users[number]
        message = pb.User(
            id=self._privacy.pseudonym(person.id),
            label=f"User {number + 1}",
            attributes=_allowed(person.attributes, self._privacy.user_attributes),
        )
        if self._privacy.user_labels and person.label:
            message.label = schema.clip_text(person.label)
        if person.history:
            message.axes[schema.HISTORY_AXIS].items.extend(
                self.index(item) for item in person.history
            )
        if person.target is not None:
            message.has_target = True
            message.target_item = self.index(person.target)
        return message

    def _item(self, item_id: str) -> pb.Item:
        item = self._cohort.items.get(item_id, Item(item_id))
        label = item.label if self._privacy.item_labels and item.label else item_id
        return pb.Item(
            index=self._index[item_id],
            id=schema.clip_text(item_id),
            label=schema.clip_text(label),
            attributes=_allowed(item.attributes, None),
        )


def _allowed(attributes: Mapping[str, str], names: frozenset[str] | None) -> dict[str, str]:
    return {
        schema.clip_text(name): schema.clip_text(str(value))
        for name, value in attributes.items()
        if names is None or name in names
    }
