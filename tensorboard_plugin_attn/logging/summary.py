"""Attention through writers that are there already: `tf.summary`'s, or any that takes `Summary`.

`attention` follows `tf.summary`'s conventions (default writer, default step, `record_if`, name
scopes, eager or inside `tf.function`), so it also reaches remote log directories. It keeps temporal
groups per writer and layer; protos stand alone, because it is not known whether they are written.
For everything else `AttentionWriter` is faster and promises more. TensorFlow is imported only when
`attention` or `catalogue` is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tensorboard.compat.proto import summary_pb2

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.capture.cohort import Cohort
from tensorboard_plugin_attn.logging import events
from tensorboard_plugin_attn.logging.arguments import (
    described,
    named_cohort,
    places_of,
    prepared,
)
from tensorboard_plugin_attn.logging.frames import LayerDescription
from tensorboard_plugin_attn.logging.standalone import Book
from tensorboard_plugin_attn.privacy import Privacy

_books: WeakKeyDictionary[Any, Book] = WeakKeyDictionary()  # by tf.summary writer
_own = Book()  # for writers that are not known: labels come with every frame


def attention(
    name: str,
    data: Any,
    step: Any = None,
    *,
    lengths: Sequence[int] | None = None,
    causal: bool = False,
    layer_index: int = 0,
    kind: str = "self",
    query_axis: str | None = None,
    key_axis: str | None = None,
    queries: Any = None,
    keys: Any = None,
    users: Sequence[str] | None = None,
    head_names: Sequence[str] = (),
    similarity: str = "scaled_dot_product",
    mode: str = "evaluation",
    dropout_stage: str = "before_dropout",
    precision: str = "u8",
) -> Any:
    """Write one layer's attention as a summary, to TensorFlow's default summary writer.

    Arguments that are not listed here are `AttentionWriter.attention`'s.

    Args:
      name: the layer, below the enclosing name scopes; the tag is `attention/<name>`.
      data: post-softmax weights, a float tensor `[user, head, query, key]` whose rows sum to 1, or
        one `[head, query, key]` per user; the numbers of users and heads must be known when a
        graph is traced.
      step: like `tf.summary.scalar`'s; `None` takes `tf.summary.experimental.set_step`'s.
      queries: labels, as lists or string tensors `[query]` or `[user, query]`.
      keys: likewise.
      users: fixed when a graph is traced. Without `catalogue` the first call's are followed.
      precision: `"u8"`, `"u16"`, `"f16"` or `"exact"`.

    Returns:
      True on success, False if there is no default writer or `record_if` says no; a bool tensor.

    Raises:
      ValueError: there is a writer and no step was given or is set; the shape is not known; a word
        is not one of those allowed; users are not the cohort's. What turns out at run time (labels
        that do not fit, rows that do not sum to 1) is written as rejected, never raised.
    """
    import tensorflow as tf

    step = tf.summary.experimental.get_step() if step is None else step
    tensors = _tensors(tf, data)
    per_user = isinstance(tensors, list)
    inputs = tensors if isinstance(tensors, list) else [tensors]
    book = _book_of_default_writer()
    cohort = _cohort_for(book, users)
    count = len(inputs) if per_user else int(tensors.shape[0])
    encoding = codec.precision(precision)
    labels = [names if tf.is_tensor(names) else None for names in (queries, keys)]
    given = [names for names in labels if names is not None]

    with tf.summary.experimental.summary_scope(name, "attention", inputs) as (layer_name, _):
        layer = described(
            layer_name,
            kind=kind,
            query_axis=query_axis,
            key_axis=key_axis,
            index=layer_index,
            head_count=int(inputs[0].shape[0 if per_user else 1]),
            causal=causal,
            head_names=tuple(head_names),
            similarity=similarity,
            mode=mode,
            dropout_stage=dropout_stage,
        )
        metadata = events.layer_metadata(layer, len(cohort.users) or count)

        def encode(at: Any, *arrays: Any) -> Any:
            rest = iter(arrays[len(inputs) :])
            found = [
                next(rest) if symbolic is not None else names
                for symbolic, names in zip(labels, (queries, keys), strict=True)
            ]
            values = list(arrays[: len(inputs)]) if per_user else arrays[0]
            arguments = {"lengths": lengths, "users": users, "queries": found[0], "keys": found[1]}
            frame, news = _encoded(book, layer, int(at), values, cohort, encoding, arguments)
            return np.array(frame, dtype=object), np.array(news, dtype=object)

        def tensor() -> Any:
            """Encode and write what is new in the catalogue; runs only where it is recorded."""
            at = tf.cast(step, tf.int64)
            frame, news = tf.numpy_function(
                encode, [at, *inputs, *given], (tf.string, tf.string), stateful=True
            )
            told = tf.cond(
                tf.size(news) > 0,
                lambda: tf.summary.write(
                    schema.CATALOGUE_TAG + "/" + layer_name,
                    news,
                    step=step,
                    metadata=events.summary_metadata(events.stream_metadata(pb.CATALOGUE)),
                ),
                lambda: tf.constant(False),
            )
            with tf.control_dependencies([told]):
                return tf.identity(frame)

        return tf.summary.write(
            schema.attention_tag(layer_name),
            tensor,
            step=step,
            metadata=events.summary_metadata(metadata),
        )


def catalogue(cohort: Cohort, *, privacy: Privacy | None = None) -> Any:
    """Write who the users are and what the items are called, once before the first attention."""
    import tensorflow as tf

    book = _book_of_default_writer()
    written = tf.constant(False)
    for header, blob in book.catalogue(cohort, privacy or Privacy()):
        written = tf.summary.write(
            schema.CATALOGUE_TAG,
            tf.constant([codec.seal_header(header.SerializeToString()), blob]),
            step=header.sequence,
            metadata=events.summary_metadata(events.stream_metadata(pb.CATALOGUE)),
        )
    return written


def attention_pb(
    name: str,
    data: NDArray[np.generic] | Sequence[ArrayLike],
    step: int,
    *,
    lengths: Sequence[int] | None = None,
    causal: bool = False,
    layer_index: int = 0,
    kind: str = "self",
    query_axis: str | None = None,
    key_axis: str | None = None,
    queries: Sequence[object] | None = None,
    keys: Sequence[object] | None = None,
    users: Sequence[str] | None = None,
    head_names: Sequence[str] = (),
    similarity: str = "scaled_dot_product",
    mode: str = "evaluation",
    dropout_stage: str = "before_dropout",
    precision: str = "u8",
) -> summary_pb2.Summary:
    """Return one layer's attention as a `Summary` proto, for writers of your own.

    Put it into an event of the same `step`. Arguments are those of `attention`; needs no
    TensorFlow. Users whose rows are not attention are marked as rejected in it. Labels of axes are
    in every proto that has some, because it is not known which ones were written. `users` refers
    to the cohort of the last `catalogue_pb`.

    Raises:
      ValueError: an argument does not fit.
    """
    layer = described(
        name,
        kind=kind,
        query_axis=query_axis,
        key_axis=key_axis,
        index=layer_index,
        head_count=0,
        causal=causal,
        head_names=tuple(head_names),
        similarity=similarity,
        mode=mode,
        dropout_stage=dropout_stage,
    )
    made = prepared(
        layer,
        data,
        cohort=_cohort_for(_own, users),
        encoding=codec.precision(precision),
        lengths=lengths,
        users=users,
        queries=queries,
        keys=keys,
    )
    summary = summary_pb2.Summary()
    header, blobs = _own.frame(made, step, codec.precision(precision), alone=True)
    metadata = events.layer_metadata(made.layer, len(made.users))
    tag = schema.attention_tag(name)
    summary.MergeFrom(events.blob_event(tag, blobs, header, metadata).summary)
    for told, blob in _own.labels_of(made, step):
        tag, content = schema.CATALOGUE_TAG + "/" + name, events.stream_metadata(pb.CATALOGUE)
        summary.MergeFrom(events.blob_event(tag, [blob], told, content).summary)
    return summary


def catalogue_pb(cohort: Cohort, *, privacy: Privacy | None = None) -> summary_pb2.Summary:
    """Return who the users are and what the items are called, for writers of your own.

    Put it into an event of step 0, before the first attention.
    """
    summary = summary_pb2.Summary()
    for number, (header, blob) in enumerate(_own.catalogue(cohort, privacy or Privacy())):
        tag = schema.CATALOGUE_TAG + ("/axes" if number else "")
        metadata = events.stream_metadata(pb.CATALOGUE)
        summary.MergeFrom(events.blob_event(tag, [blob], header, metadata).summary)
    return summary


def _tensors(tf: Any, data: Any) -> Any:
    """Return a tensor `[user, head, query, key]`, or a list of `[head, query, key]` per user."""
    per_user = isinstance(data, (list, tuple))
    tensors = [tf.convert_to_tensor(user) for user in data] if per_user else []
    if per_user and not tensors:
        raise ValueError("no users")
    for user in tensors:
        if user.shape.rank != 3 or user.shape[0] is None:
            raise ValueError(f"shape {user.shape}: must be [head, query, key], heads known")
    if per_user:
        return tensors
    tensor = tf.convert_to_tensor(data)
    if tensor.shape.rank != 4 or tensor.shape[0] is None or tensor.shape[1] is None:
        raise ValueError(
            f"shape {tensor.shape}: must be [user, head, query, key], users and heads known"
        )
    return tensor


def _encoded(
    book: Book,
    layer: LayerDescription,
    step: int,
    values: Any,
    cohort: Cohort,
    encoding: pb.Encoding,
    arguments: dict[str, Any],
) -> tuple[list[bytes], list[bytes]]:
    """Return the blobs of a frame, and those of a catalogue event if there is anything new."""
    told = []
    try:
        made = prepared(layer, values, cohort=cohort, encoding=encoding, **arguments)
        header, blobs = book.frame(made, step, encoding, alone=book is _own)
        told = book.labels_of(made, step) if book is _own else book.news(step)
    except Exception as error:  # whatever was handed in, the training goes on
        count = len(cohort.users) or len(values)
        header, blobs = book.refused(step, getattr(error, "in_log", str(error)), count)
        book.warn_once(f"{layer.name}: not logged: {error}")
    news = [
        part
        for news_header, blob in told
        for part in (codec.seal_header(news_header.SerializeToString()), blob)
    ]
    return [codec.seal_header(header.SerializeToString()), *blobs], news


def _cohort_for(book: Book, users: Sequence[str] | None) -> Cohort:
    """Return the book's cohort; the first `users` without one make it.

    Raises:
      ValueError: users the cohort does not have.
    """
    cohort = book.cohort
    if users is None:
        return cohort
    if not cohort.users:
        cohort = named_cohort(cohort, users)
        book.follow(cohort)
    places_of(users, cohort)
    return cohort


def _book_of_default_writer() -> Book:
    """Return what is known of the writer `tf.summary` writes to now.

    TensorFlow has no public name for that writer. Should the private one go, labels are written
    with every frame instead of once per writer.
    """
    from tensorflow.python.ops import summary_ops_v2

    state = getattr(summary_ops_v2, "_summary_state", None)
    if state is None or not hasattr(state, "writer"):
        return _own
    return Book() if state.writer is None else _books.setdefault(state.writer, Book())
