"""Takes a user out of a log for good, or what is old: the bytes go, not only the way to them.

A file is written anew without the user and put in the old one's place at once, so a crash leaves
one or the other. What is left are means over the whole cohort, to which the user contributed, and
the model, which learned from everyone: neither can be taken back by a log. A model's table of the
users' own fields can: its rows become zeros.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf.message import DecodeError
from tensorboard.compat.proto import event_pb2

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.doctor.records import events, records
from tensorboard_plugin_attn.logging.events import model_blobs
from tensorboard_plugin_attn.logging.records import frame_record
from tensorboard_plugin_attn.portable import weights
from tensorboard_plugin_attn.reading.event_index import EVENT_FILE_MARK

OUR_SUFFIX = ".attn"
WRITTEN_LATELY_S = 60.0
REASON = "removed on request"
REMOVED_USER = "removed"
OF_USERS = "users."  # how tensors of a model begin that have a row for each user

Places = dict[str, set[int]]  # of the user in the cohort, by attempt


class NotPurgedError(ValueError):
    """A file was left as it is; the message says why, and what to do."""


@dataclass
class Purged:
    """What was done.

    Attributes:
      files: that were written anew or removed, by name.
      frames: in which the user was.
      unreadable_bytes: at the ends of files, which nobody could read, and are not kept.
    """

    files: list[str] = field(default_factory=list)
    frames: int = 0
    unreadable_bytes: int = 0


def purge_user(logdir: Path, user: str, *, force: bool = False) -> Purged:
    """Take the user with this pseudonym out of every event file below `logdir`.

    Whoever wrote it: `summary.attention` writes into TensorFlow's files. What is not this plugin's
    in such a file is copied byte by byte.

    Args:
      logdir: of TensorBoard.
      user: the pseudonym, as the tab shows it.
      force: even where a training still writes: it goes on in a new file, with the user in it.

    Raises:
      NotPurgedError: a file was written in the last minute, or another writer's is damaged.
      OSError: a file cannot be read or replaced; those before it are done.
    """
    done = Purged()
    for path in event_files(logdir):
        places = _places(path, user)
        if not any(places.values()):
            continue
        if not force and time.time() - path.stat().st_mtime < WRITTEN_LATELY_S:
            raise NotPurgedError(
                f"{path.name} was written in the last minute: end the training first and leave the "
                "user out of its cohort, or use --force"
            )
        _rewrite(path, user, places, done)
    return done


def purge_older_than(logdir: Path, before_s: float) -> Purged:
    """Remove files of ours all of whose events are older than `before_s`, seconds since 1970."""
    done = Purged()
    for path in event_files(logdir):
        if not path.name.endswith(OUR_SUFFIX):
            continue
        newest = max((event.wall_time for event in events(path)), default=0.0)
        if max(newest, path.stat().st_mtime) < before_s:
            path.unlink()
            done.files.append(path.name)
    return done


def event_files(logdir: Path) -> Iterator[Path]:
    """Yield the event files below `logdir`; links and what is no file are passed over."""
    for directory, _, names in os.walk(logdir):
        for name in sorted(names):
            path = Path(directory) / name
            if EVENT_FILE_MARK in name and path.is_file() and not path.is_symlink():
                yield path


def _places(path: Path, user: str) -> Places:
    """Return where in the cohort of each attempt the user is."""
    found: Places = {}
    for event in events(path):
        for header, strings in _ours(event, schema.CATALOGUE_TAG):
            users = pb.Catalogue.FromString(strings[1]).users
            places = {place for place, known in enumerate(users) if known.id == user}
            found.setdefault(header.attempt.id, set()).update(places)
    return found


def _ours(event: event_pb2.Event, *tags: str) -> Iterator[tuple[pb.FrameHeader, Sequence[bytes]]]:
    """Yield header and blobs of the event's values with these tags, if they are to be read."""
    for value in event.summary.value:
        strings = value.tensor.string_val
        if value.tag in tags and len(strings) > 1:
            try:
                yield codec.open_header(strings[0]), strings
            except codec.CorruptChunkError:
                continue


def _rewrite(path: Path, user: str, places: Places, done: Purged) -> None:
    kept_items = _items_of_others(path, places)
    part = path.with_name(f".purging-{secrets.token_hex(4)}")
    read_bytes = 0
    try:
        with part.open("xb") as file:
            for event, data in records(path):
                read_bytes += len(frame_record(data))
                changed, frames = _without(event, user, places, kept_items)
                done.frames += frames
                file.write(frame_record(event.SerializeToString() if changed else data))
            file.flush()
            os.fsync(file.fileno())
        unreadable_bytes = max(0, path.stat().st_size - read_bytes)
        if unreadable_bytes and not path.name.endswith(OUR_SUFFIX):
            raise NotPurgedError(
                f"{path.name} is damaged after {read_bytes} bytes and holds others' data, too: "
                "delete it, or mend it first"
            )
        done.unreadable_bytes += unreadable_bytes
        part.chmod(path.stat().st_mode & 0o7777)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _sync_directory(path.parent)
    done.files.append(path.name)


def _items_of_others(path: Path, places: Places) -> dict[str, set[int]]:
    """Return, by attempt, items that somebody or something else refers to."""
    kept: dict[str, set[int]] = {}
    for event in events(path):
        for header, strings in _ours(event, schema.RECOMMENDATIONS_TAG):
            items = kept.setdefault(header.attempt.id, set())
            gone = places.get(header.attempt.id, set())
            for user, blob in enumerate(strings[1:]):
                if user not in gone:
                    items.update(pb.Recommendations.FromString(blob).items)
        for header, strings in _ours(event, schema.CATALOGUE_TAG):
            items = kept.setdefault(header.attempt.id, set())
            gone = places.get(header.attempt.id, set())
            part = pb.Catalogue.FromString(strings[1])
            for axis in part.axes:
                items.update(axis.items)
            for user, known in enumerate(part.users):
                if user not in gone:
                    items.update(i for axis in known.axes.values() for i in axis.items)
                    items.update([known.target_item] if known.has_target else [])
    return kept


def _without(
    event: event_pb2.Event, user: str, places: Places, kept_items: dict[str, set[int]]
) -> tuple[bool, int]:
    """Take the user out of `event`; return whether they were in it, and in how many frames."""
    changed, frames = False, 0
    for value in event.summary.value:
        strings = list(value.tensor.string_val)
        if value.metadata.plugin_data.plugin_name != schema.PLUGIN_NAME or not strings:
            continue
        try:
            header = codec.open_header(strings[0])
        except codec.CorruptChunkError:
            continue
        gone = places.get(header.attempt.id, set())
        if not gone:
            continue
        if value.tag == schema.CATALOGUE_TAG:
            strings[1:] = [_catalogue_without(strings[1], user, kept_items[header.attempt.id])]
        elif value.tag == schema.MODEL_TAG:
            strings[1:] = _model_without(strings[1:], gone)
        elif value.tag == schema.RECOMMENDATIONS_TAG or header.chunks:
            for place in gone:
                if 1 + place < len(strings):
                    frames += bool(strings[1 + place])
                    strings[1 + place] = b""
                if place < len(header.chunks):
                    header.chunks[place].CopyFrom(pb.Chunk(rejected_reason=REASON))
        changed = True
        header.ClearField("header_crc32c")
        strings[0] = codec.seal_header(header.SerializeToString())
        value.tensor.string_val[:] = strings
    return changed, frames


def _model_without(blobs: Sequence[bytes], gone: set[int]) -> list[bytes]:
    """Return a portable model whose tables of users have zeros where the user was.

    What cannot be read is not kept: it may hold them, too.
    """
    try:
        message = pb.PortableModel.FromString(blobs[0])
        tensors = weights.from_bytes(b"".join(blobs[1:]))
    except (DecodeError, IndexError, weights.WeightsError):
        return []
    for name, array in tensors.items():
        if name.startswith(OF_USERS):
            rows = [place for place in gone if place < len(array)]
            tensors[name] = array.copy()
            tensors[name][rows] = 0
    data = weights.to_bytes(tensors)
    return model_blobs(message.description, data, message.vocabulary_axis)


def _catalogue_without(blob: bytes, user: str, kept: set[int]) -> bytes:
    try:
        catalogue = pb.Catalogue.FromString(blob)
    except DecodeError:
        return b""
    theirs: set[int] = set()
    for known in catalogue.users:
        if known.id == user:
            theirs |= {item for axis in known.axes.values() for item in axis.items}
            theirs |= {known.target_item} if known.has_target else set()
            known.CopyFrom(pb.User(id=REMOVED_USER, label=f"({REASON})"))
    for item in catalogue.items:
        if item.index in theirs and item.index not in kept:
            item.CopyFrom(pb.Item(index=item.index, id=f"{REMOVED_USER}-{item.index}"))
    return catalogue.SerializeToString()


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
