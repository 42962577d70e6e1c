from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Encoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENCODING_UNSPECIFIED: _ClassVar[Encoding]
    U8_SQRT: _ClassVar[Encoding]
    U16: _ClassVar[Encoding]
    F16: _ClassVar[Encoding]
    F32: _ClassVar[Encoding]

class Layout(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LAYOUT_UNSPECIFIED: _ClassVar[Layout]
    FULL: _ClassVar[Layout]
    LOWER_TRIANGLE: _ClassVar[Layout]
    REDUCED: _ClassVar[Layout]

class Packing(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WHOLE: _ClassVar[Packing]
    NIBBLES: _ClassVar[Packing]

class AttentionKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ATTENTION_KIND_UNSPECIFIED: _ClassVar[AttentionKind]
    SELF: _ClassVar[AttentionKind]
    CROSS: _ClassVar[AttentionKind]
    TARGET: _ClassVar[AttentionKind]
    FIELD: _ClassVar[AttentionKind]

class Similarity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIMILARITY_UNSPECIFIED: _ClassVar[Similarity]
    SCALED_DOT_PRODUCT: _ClassVar[Similarity]
    BILINEAR: _ClassVar[Similarity]

class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODE_UNSPECIFIED: _ClassVar[Mode]
    EVALUATION: _ClassVar[Mode]
    TRAINING: _ClassVar[Mode]

class DropoutStage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DROPOUT_STAGE_UNSPECIFIED: _ClassVar[DropoutStage]
    BEFORE_DROPOUT: _ClassVar[DropoutStage]
    AFTER_DROPOUT: _ClassVar[DropoutStage]

class StreamContent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STREAM_CONTENT_UNSPECIFIED: _ClassVar[StreamContent]
    ATTENTION: _ClassVar[StreamContent]
    CATALOGUE: _ClassVar[StreamContent]
    RECOMMENDATIONS: _ClassVar[StreamContent]
    COMPUTATION: _ClassVar[StreamContent]
    MARKERS: _ClassVar[StreamContent]
    PORTABLE_MODEL: _ClassVar[StreamContent]

class MarkerReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MARKER_REASON_UNSPECIFIED: _ClassVar[MarkerReason]
    REJECTED: _ClassVar[MarkerReason]
    DROPPED: _ClassVar[MarkerReason]
    THINNED: _ClassVar[MarkerReason]
    WRITE_FAILED: _ClassVar[MarkerReason]
ENCODING_UNSPECIFIED: Encoding
U8_SQRT: Encoding
U16: Encoding
F16: Encoding
F32: Encoding
LAYOUT_UNSPECIFIED: Layout
FULL: Layout
LOWER_TRIANGLE: Layout
REDUCED: Layout
WHOLE: Packing
NIBBLES: Packing
ATTENTION_KIND_UNSPECIFIED: AttentionKind
SELF: AttentionKind
CROSS: AttentionKind
TARGET: AttentionKind
FIELD: AttentionKind
SIMILARITY_UNSPECIFIED: Similarity
SCALED_DOT_PRODUCT: Similarity
BILINEAR: Similarity
MODE_UNSPECIFIED: Mode
EVALUATION: Mode
TRAINING: Mode
DROPOUT_STAGE_UNSPECIFIED: DropoutStage
BEFORE_DROPOUT: DropoutStage
AFTER_DROPOUT: DropoutStage
STREAM_CONTENT_UNSPECIFIED: StreamContent
ATTENTION: StreamContent
CATALOGUE: StreamContent
RECOMMENDATIONS: StreamContent
COMPUTATION: StreamContent
MARKERS: StreamContent
PORTABLE_MODEL: StreamContent
MARKER_REASON_UNSPECIFIED: MarkerReason
REJECTED: MarkerReason
DROPPED: MarkerReason
THINNED: MarkerReason
WRITE_FAILED: MarkerReason

class StreamMetadata(_message.Message):
    __slots__ = ("format_version", "content", "writer_version", "layer", "layer_index", "kind", "head_count", "head_names", "causal", "query_axis", "key_axis", "cohort_size", "mode", "dropout_stage", "similarity")
    FORMAT_VERSION_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    WRITER_VERSION_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    LAYER_INDEX_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    HEAD_COUNT_FIELD_NUMBER: _ClassVar[int]
    HEAD_NAMES_FIELD_NUMBER: _ClassVar[int]
    CAUSAL_FIELD_NUMBER: _ClassVar[int]
    QUERY_AXIS_FIELD_NUMBER: _ClassVar[int]
    KEY_AXIS_FIELD_NUMBER: _ClassVar[int]
    COHORT_SIZE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    DROPOUT_STAGE_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    format_version: int
    content: StreamContent
    writer_version: str
    layer: str
    layer_index: int
    kind: AttentionKind
    head_count: int
    head_names: _containers.RepeatedScalarFieldContainer[str]
    causal: bool
    query_axis: str
    key_axis: str
    cohort_size: int
    mode: Mode
    dropout_stage: DropoutStage
    similarity: Similarity
    def __init__(self, format_version: _Optional[int] = ..., content: _Optional[_Union[StreamContent, str]] = ..., writer_version: _Optional[str] = ..., layer: _Optional[str] = ..., layer_index: _Optional[int] = ..., kind: _Optional[_Union[AttentionKind, str]] = ..., head_count: _Optional[int] = ..., head_names: _Optional[_Iterable[str]] = ..., causal: bool = ..., query_axis: _Optional[str] = ..., key_axis: _Optional[str] = ..., cohort_size: _Optional[int] = ..., mode: _Optional[_Union[Mode, str]] = ..., dropout_stage: _Optional[_Union[DropoutStage, str]] = ..., similarity: _Optional[_Union[Similarity, str]] = ...) -> None: ...

class Attempt(_message.Message):
    __slots__ = ("id", "start_time_s")
    ID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_S_FIELD_NUMBER: _ClassVar[int]
    id: str
    start_time_s: float
    def __init__(self, id: _Optional[str] = ..., start_time_s: _Optional[float] = ...) -> None: ...

class Measures(_message.Message):
    __slots__ = ("packed", "importance")
    PACKED_FIELD_NUMBER: _ClassVar[int]
    IMPORTANCE_FIELD_NUMBER: _ClassVar[int]
    packed: bytes
    importance: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, packed: _Optional[bytes] = ..., importance: _Optional[_Iterable[float]] = ...) -> None: ...

class Reduction(_message.Message):
    __slots__ = ("exact_rows", "overview_queries", "overview_keys", "top_k")
    EXACT_ROWS_FIELD_NUMBER: _ClassVar[int]
    OVERVIEW_QUERIES_FIELD_NUMBER: _ClassVar[int]
    OVERVIEW_KEYS_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    exact_rows: int
    overview_queries: int
    overview_keys: int
    top_k: int
    def __init__(self, exact_rows: _Optional[int] = ..., overview_queries: _Optional[int] = ..., overview_keys: _Optional[int] = ..., top_k: _Optional[int] = ...) -> None: ...

class Chunk(_message.Message):
    __slots__ = ("query_length", "key_length", "encoding", "layout", "raw_bytes", "crc32c", "reference_sequence", "measures", "rejected_reason", "query_offset", "key_offset", "reduction", "query_axis_number", "key_axis_number", "packing", "packed_bytes")
    QUERY_LENGTH_FIELD_NUMBER: _ClassVar[int]
    KEY_LENGTH_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    RAW_BYTES_FIELD_NUMBER: _ClassVar[int]
    CRC32C_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    MEASURES_FIELD_NUMBER: _ClassVar[int]
    REJECTED_REASON_FIELD_NUMBER: _ClassVar[int]
    QUERY_OFFSET_FIELD_NUMBER: _ClassVar[int]
    KEY_OFFSET_FIELD_NUMBER: _ClassVar[int]
    REDUCTION_FIELD_NUMBER: _ClassVar[int]
    QUERY_AXIS_NUMBER_FIELD_NUMBER: _ClassVar[int]
    KEY_AXIS_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PACKING_FIELD_NUMBER: _ClassVar[int]
    PACKED_BYTES_FIELD_NUMBER: _ClassVar[int]
    query_length: int
    key_length: int
    encoding: Encoding
    layout: Layout
    raw_bytes: int
    crc32c: int
    reference_sequence: int
    measures: Measures
    rejected_reason: str
    query_offset: int
    key_offset: int
    reduction: Reduction
    query_axis_number: int
    key_axis_number: int
    packing: Packing
    packed_bytes: int
    def __init__(self, query_length: _Optional[int] = ..., key_length: _Optional[int] = ..., encoding: _Optional[_Union[Encoding, str]] = ..., layout: _Optional[_Union[Layout, str]] = ..., raw_bytes: _Optional[int] = ..., crc32c: _Optional[int] = ..., reference_sequence: _Optional[int] = ..., measures: _Optional[_Union[Measures, _Mapping]] = ..., rejected_reason: _Optional[str] = ..., query_offset: _Optional[int] = ..., key_offset: _Optional[int] = ..., reduction: _Optional[_Union[Reduction, _Mapping]] = ..., query_axis_number: _Optional[int] = ..., key_axis_number: _Optional[int] = ..., packing: _Optional[_Union[Packing, str]] = ..., packed_bytes: _Optional[int] = ...) -> None: ...

class Cost(_message.Message):
    __slots__ = ("training_s", "logging_s", "logged_steps", "thinned_steps")
    TRAINING_S_FIELD_NUMBER: _ClassVar[int]
    LOGGING_S_FIELD_NUMBER: _ClassVar[int]
    LOGGED_STEPS_FIELD_NUMBER: _ClassVar[int]
    THINNED_STEPS_FIELD_NUMBER: _ClassVar[int]
    training_s: float
    logging_s: float
    logged_steps: int
    thinned_steps: int
    def __init__(self, training_s: _Optional[float] = ..., logging_s: _Optional[float] = ..., logged_steps: _Optional[int] = ..., thinned_steps: _Optional[int] = ...) -> None: ...

class FrameHeader(_message.Message):
    __slots__ = ("format_version", "attempt", "sequence", "worker", "step", "epoch", "has_epoch", "wall_time_s", "head_count", "chunks", "cost", "header_crc32c")
    FORMAT_VERSION_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    HAS_EPOCH_FIELD_NUMBER: _ClassVar[int]
    WALL_TIME_S_FIELD_NUMBER: _ClassVar[int]
    HEAD_COUNT_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    HEADER_CRC32C_FIELD_NUMBER: _ClassVar[int]
    format_version: int
    attempt: Attempt
    sequence: int
    worker: int
    step: int
    epoch: float
    has_epoch: bool
    wall_time_s: float
    head_count: int
    chunks: _containers.RepeatedCompositeFieldContainer[Chunk]
    cost: Cost
    header_crc32c: int
    def __init__(self, format_version: _Optional[int] = ..., attempt: _Optional[_Union[Attempt, _Mapping]] = ..., sequence: _Optional[int] = ..., worker: _Optional[int] = ..., step: _Optional[int] = ..., epoch: _Optional[float] = ..., has_epoch: bool = ..., wall_time_s: _Optional[float] = ..., head_count: _Optional[int] = ..., chunks: _Optional[_Iterable[_Union[Chunk, _Mapping]]] = ..., cost: _Optional[_Union[Cost, _Mapping]] = ..., header_crc32c: _Optional[int] = ...) -> None: ...

class Item(_message.Message):
    __slots__ = ("index", "id", "label", "attributes")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    INDEX_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    index: int
    id: str
    label: str
    attributes: _containers.ScalarMap[str, str]
    def __init__(self, index: _Optional[int] = ..., id: _Optional[str] = ..., label: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Axis(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, items: _Optional[_Iterable[int]] = ...) -> None: ...

class User(_message.Message):
    __slots__ = ("id", "label", "attributes", "axes", "has_target", "target_item")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class AxesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Axis
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Axis, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    AXES_FIELD_NUMBER: _ClassVar[int]
    HAS_TARGET_FIELD_NUMBER: _ClassVar[int]
    TARGET_ITEM_FIELD_NUMBER: _ClassVar[int]
    id: str
    label: str
    attributes: _containers.ScalarMap[str, str]
    axes: _containers.MessageMap[str, Axis]
    has_target: bool
    target_item: int
    def __init__(self, id: _Optional[str] = ..., label: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ..., axes: _Optional[_Mapping[str, Axis]] = ..., has_target: bool = ..., target_item: _Optional[int] = ...) -> None: ...

class NumberedAxis(_message.Message):
    __slots__ = ("number", "items")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    number: int
    items: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, number: _Optional[int] = ..., items: _Optional[_Iterable[int]] = ...) -> None: ...

class Catalogue(_message.Message):
    __slots__ = ("users", "items", "axes")
    USERS_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    AXES_FIELD_NUMBER: _ClassVar[int]
    users: _containers.RepeatedCompositeFieldContainer[User]
    items: _containers.RepeatedCompositeFieldContainer[Item]
    axes: _containers.RepeatedCompositeFieldContainer[NumberedAxis]
    def __init__(self, users: _Optional[_Iterable[_Union[User, _Mapping]]] = ..., items: _Optional[_Iterable[_Union[Item, _Mapping]]] = ..., axes: _Optional[_Iterable[_Union[NumberedAxis, _Mapping]]] = ...) -> None: ...

class Recommendations(_message.Message):
    __slots__ = ("items", "scores", "target_rank", "target_score", "seen_removed")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    TARGET_RANK_FIELD_NUMBER: _ClassVar[int]
    TARGET_SCORE_FIELD_NUMBER: _ClassVar[int]
    SEEN_REMOVED_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedScalarFieldContainer[int]
    scores: _containers.RepeatedScalarFieldContainer[float]
    target_rank: int
    target_score: float
    seen_removed: bool
    def __init__(self, items: _Optional[_Iterable[int]] = ..., scores: _Optional[_Iterable[float]] = ..., target_rank: _Optional[int] = ..., target_score: _Optional[float] = ..., seen_removed: bool = ...) -> None: ...

class PortableModel(_message.Message):
    __slots__ = ("description", "vocabulary_axis", "weights_bytes", "weights_crc32c")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    VOCABULARY_AXIS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_BYTES_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_CRC32C_FIELD_NUMBER: _ClassVar[int]
    description: bytes
    vocabulary_axis: int
    weights_bytes: int
    weights_crc32c: int
    def __init__(self, description: _Optional[bytes] = ..., vocabulary_axis: _Optional[int] = ..., weights_bytes: _Optional[int] = ..., weights_crc32c: _Optional[int] = ...) -> None: ...

class Marker(_message.Message):
    __slots__ = ("reason", "layer", "first_step", "last_step", "frame_count", "detail")
    REASON_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    FIRST_STEP_FIELD_NUMBER: _ClassVar[int]
    LAST_STEP_FIELD_NUMBER: _ClassVar[int]
    FRAME_COUNT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    reason: MarkerReason
    layer: str
    first_step: int
    last_step: int
    frame_count: int
    detail: str
    def __init__(self, reason: _Optional[_Union[MarkerReason, str]] = ..., layer: _Optional[str] = ..., first_step: _Optional[int] = ..., last_step: _Optional[int] = ..., frame_count: _Optional[int] = ..., detail: _Optional[str] = ...) -> None: ...
