"""Headers and blobs to `Event` protos: the only place that knows the event file's layout."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.capture.cohort import Cohort, Item
from tensorboard_plugin_attn.logging.entries import UserRecommendations
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


def name_axes(
    chunks: Sequence[pb.Chunk],
    queries: Sequence[tuple[str, ...] | None],
    keys: Sequence[tuple[str, ...] | None],
    catalogue: CatalogueBuilder,
) -> None:
    """Write into `chunks` which numbered axes their queries and keys are.

    Args:
      chunks: of one frame, one per user; empty ones are left alone.
      queries: labels per user, or none at all; `None`: the user's own axis.
      keys: likewise.
      catalogue: numbers the axes.
    """
    for user, chunk in enumerate(chunks):
        if not chunk.encoding:
            continue
        if queries and (names := queries[user]) is not None:
            chunk.query_axis_number, chunk.query_offset = catalogue.axis(names), 0
        if keys and (names := keys[user]) is not None:
            chunk.key_axis_number, chunk.key_offset = catalogue.axis(names), 0


def recommendation_blobs(
    users: Sequence[UserRecommendations], catalogue: CatalogueBuilder
) -> list[bytes]:
    """Return each user's list; `catalogue` numbers the items."""
    return [
        pb.Recommendations(
            items=[catalogue.index(item) for item in user.items],
            scores=user.scores,
            target_rank=user.target_rank or 0,
            target_score=user.target_score or 0.0,
            seen_removed=user.seen_removed,
        ).SerializeToString()
        for user in users
    ]


def model_blobs(description: bytes, weights: bytes, vocabulary_axis: int) -> list[bytes]:
    """Return the blobs of a portable model: what it is, then its weights in pieces."""
    size = schema.MAX_WEIGHTS_PIECE_BYTES
    message = pb.PortableModel(
        description=description,
        vocabulary_axis=vocabulary_axis,
        weights_bytes=len(weights),
        weights_crc32c=codec.crc32c(weights),
    )
    pieces = [weights[first : first + size] for first in range(0, len(weights), size)]
    return [message.SerializeToString(), *pieces]


class CatalogueBuilder:
    """Numbers items and axes as they are first referred to, and says what is new since last asked.

    Items that only numbered axes refer to come in catalogues of their own, those with the axes: a
    reader need not hand out a million candidates to whoever asks for the users.
    """

    def __init__(self, cohort: Cohort, privacy: Privacy) -> None:
        self._privacy = privacy
        self._index: dict[str, int] = {}
        self._of_axes_only: set[str] = set()
        self._new: list[str] = []
        self._axes: dict[tuple[str, ...], int] = {}
        self._axis_places = 0
        self._new_axes: list[tuple[str, ...]] = []
        self.is_full = False
        self.take(cohort)

    def take(self, cohort: Cohort, privacy: Privacy | None = None) -> None:
        """Describe the users and items of `cohort` from now on; numbers stay."""
        self._privacy = privacy or self._privacy
        self.cohort = cohort
        self._users = [self._user(number) for number in range(len(cohort.users))]

    def index(self, item_id: str) -> int:
        """Return the number of `item_id`; an item seen for the first time gets the next one."""
        number = self._index.get(item_id)
        if number is None:
            number = self._index[item_id] = len(self._index)
            self._new.append(item_id)
        elif item_id in self._of_axes_only:
            self._of_axes_only.discard(item_id)
            self._new.append(item_id)
        return number

    def axis(self, names: tuple[str, ...]) -> int:
        """Return the number of the axis with these item ids; `UNNAMED_AXIS` when full.

        Full is more than `MAX_AXES` different axes or `MAX_AXIS_PLACES` places on them; `is_full`
        tells it from then on.
        """
        number = self._axes.get(names)
        if number is not None:
            return number
        places = self._axis_places + len(names)
        if len(self._axes) >= schema.MAX_AXES or places > schema.MAX_AXIS_PLACES:
            self.is_full = True
            return schema.UNNAMED_AXIS
        self._axis_places = places
        for name in names:
            if name not in self._index:
                self._index[name] = len(self._index)
                self._of_axes_only.add(name)
        number = self._axes[names] = len(self._axes) + 1
        self._new_axes.append(names)
        return number

    def whole(self) -> list[pb.Catalogue]:
        """Return the users, every item and every axis numbered so far."""
        self._new.clear()
        self._new_axes.clear()
        items = [item for item in self._index if item not in self._of_axes_only]
        users = pb.Catalogue(users=self._users, items=[self._item(item) for item in items])
        return [users, *self._with_axes(self._axes, self._of_axes_only)]

    def news(self) -> list[pb.Catalogue]:
        """Return the items and the axes numbered since the last catalogue."""
        news = []
        if self._new:
            news.append(pb.Catalogue(items=[self._item(item) for item in self._new]))
        items = dict.fromkeys(name for axis in self._new_axes for name in axis)
        news += self._with_axes(self._new_axes, [i for i in items if i in self._of_axes_only])
        self._new.clear()
        self._new_axes.clear()
        return news

    def some(self, axes: Iterable[tuple[str, ...]]) -> pb.Catalogue:
        """Return those of `axes` that have a number, and all items on them."""
        known = [axis for axis in axes if axis in self._axes]
        items = dict.fromkeys(name for axis in known for name in axis)
        return next(iter(self._with_axes(known, items)), pb.Catalogue())

    def _with_axes(
        self, axes: Collection[tuple[str, ...]], items: Iterable[str]
    ) -> list[pb.Catalogue]:
        if not axes:
            return []
        numbered = [
            pb.NumberedAxis(number=self._axes[axis], items=[self._index[name] for name in axis])
            for axis in axes
        ]
        return [pb.Catalogue(items=[self._item(item) for item in items], axes=numbered)]

    def _user(self, number: int) -> pb.User:
        person = self.cohort.users[number]
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
        item = self.cohort.items.get(item_id, Item(item_id))
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
