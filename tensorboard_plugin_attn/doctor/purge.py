"""Takes a user out of a log for good, or what is old: the bytes go, not only the way to them.

A file is written anew without the user and put in the old one's place at once, so a crash leaves
one or the other. What is left are means over the whole cohort, to which the user contributed, and
the model, which learned from everyone: neither can be taken back by a log.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf.message import DecodeError
from tensorboard.compat.proto import event_pb2

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import codec, schema
from tensorboard_plugin_attn.doctor.records import events
from tensorboard_plugin_attn.logging.records import frame_record

OUR_SUFFIX = ".attn"
WRITTEN_LATELY_S = 60.0
REASON = "removed on request"
REMOVED_USER = "removed"


class BusyError(ValueError):
    """A training still writes to the file; the message says what to do."""


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
    """Take the user with this pseudonym out of every file of ours below `logdir`.

    Args:
      logdir: of TensorBoard.
      user: the pseudonym, as the tab shows it.
      force: even where a training still writes: it goes on in a new file, with the user in it.

    Raises:
      BusyError: a file was written in the last minute.
      OSError: a file cannot be read or replaced; those before it are done.
    """
    done = Purged()
    for path in our_files(logdir):
        places = _places(path, user)
        if not any(places.values()):
            continue
        if not force and time.time() - path.stat().st_mtime < WRITTEN_LATELY_S:
            raise BusyError(
                f"{path.name} was written in the last minute: end the training first and leave the "
                "user out of its cohort, or use --force"
            )
        _rewrite(path, user, done)
    return done


def purge_older_than(logdir: Path, before_s: float) -> Purged:
    """Remove files of ours all of whose events are older than `before_s`, seconds since 1970."""
    done = Purged()
    for path in our_files(logdir):
        newest = max((event.wall_time for event in events(path)), default=0.0)
        if max(newest, path.stat().st_mtime) < before_s:
            path.unlink()
            done.files.append(path.name)
    return done


def our_files(logdir: Path) -> Iterator[Path]:
    """Yield the event files of our writer below `logdir`; links are not followed."""
    for directory, _, names in os.walk(logdir):
        for name in sorted(names):
            path = Path(directory) / name
            if "tfevents" in name and name.endswith(OUR_SUFFIX) and not path.is_symlink():
                yield path


def _places(path: Path, user: str) -> dict[str, set[int]]:
    """Return the user's places in the cohort by attempt, and which attempts there are."""
    found: dict[str, set[int]] = {}
    for event in events(path):
        for strings in _catalogue_blobs(event):
            header = codec.open_header(strings[0])
            places = found.setdefault(header.attempt.id, set())
            users = pb.Catalogue.FromString(strings[1]).users
            places |= {place for place, known in enumerate(users) if known.id == user}
    return found


def _catalogue_blobs(event: event_pb2.Event) -> Iterator[list[bytes]]:
    for value in event.summary.value:
        if value.tag == schema.CATALOGUE_TAG and len(value.tensor.string_val) > 1:
            yield list(value.tensor.string_val)


def _rewrite(path: Path, user: str, done: Purged) -> None:
    places = _places(path, user)
    kept_items = _items_of_others(path, places)
    part = path.with_name(f".purging-{secrets.token_hex(4)}")
    read_bytes = 0
    try:
        with part.open("xb") as file:
            for event in events(path):
                read_bytes += len(frame_record(event.SerializeToString()))
                done.frames += _without(event, user, places, kept_items)
                file.write(frame_record(event.SerializeToString()))
            file.flush()
            os.fsync(file.fileno())
        done.unreadable_bytes += max(0, path.stat().st_size - read_bytes)
        part.chmod(path.stat().st_mode & 0o7777)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _sync_directory(path.parent)
    done.files.append(path.name)


def _items_of_others(path: Path, places: dict[str, set[int]]) -> dict[str, set[int]]:
    """Return, by attempt, items that somebody or something else refers to."""
    kept: dict[str, set[int]] = {}
    for event in events(path):
        for value in event.summary.value:
            strings = value.tensor.string_val
            if value.tag not in (schema.CATALOGUE_TAG, schema.RECOMMENDATIONS_TAG) or not strings:
                continue
            attempt = codec.open_header(strings[0]).attempt.id
            items, gone = kept.setdefault(attempt, set()), places.get(attempt, set())
            if value.tag == schema.RECOMMENDATIONS_TAG:
                for user, blob in enumerate(strings[1:]):
                    if user not in gone:
                        items.update(pb.Recommendations.FromString(blob).items)
                continue
            part = pb.Catalogue.FromString(strings[1])
            for axis in part.axes:
                items.update(axis.items)
            for user, known in enumerate(part.users):
                if user not in gone:
                    items.update(i for axis in known.axes.values() for i in axis.items)
                    items.update([known.target_item] if known.has_target else [])
    return kept


def _without(
    event: event_pb2.Event,
    user: str,
    places: dict[str, set[int]],
    kept_items: dict[str, set[int]],
) -> int:
    """Take the user out of `event`; return in how many frames they were."""
    frames = 0
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
        elif value.tag == schema.RECOMMENDATIONS_TAG or header.chunks:
            for place in gone:
                if 1 + place < len(strings):
                    frames += bool(strings[1 + place])
                    strings[1 + place] = b""
                if place < len(header.chunks):
                    header.chunks[place].CopyFrom(pb.Chunk(rejected_reason=REASON))
        header.ClearField("header_crc32c")
        strings[0] = codec.seal_header(header.SerializeToString())
        value.tensor.string_val[:] = strings
    return frames


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
