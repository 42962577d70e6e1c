"""The Beam pipeline: rows to users, users to groups, groups to sums. Only sums leave it.

    row groups ─ read ─► rows ─ one per person ─► count per segment ─► partition
                  │                  │                                    │
                  ▼                  ▼                                    ▼
               rejected           rejected      users ─ group ─ RunInference ─ sum ─► a file a group

Whoever is there twice is counted once: k rows are not k people.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems
from apache_beam.ml.inference.base import RunInference

from training.bulk.checkpoint import Checkpoint
from training.bulk.inference import AttentionHandler, Example, UserResult
from training.bulk.partition import Group, Segment, partition
from training.bulk.sums import GroupSums
from training.bulk.users import Columns, Rejected, RowGroup, UserRow, read

REJECTED = "rejected"
_HELD_GROUPS = 32  # sums a worker holds before it hands them on: 160 kB each at 2 x 4 x 50 x 50


@dataclass(frozen=True)
class Job:
    """What one bulk run does.

    Attributes:
      checkpoint: the model.
      columns: of the users' files.
      k: the smallest group of users.
      top: items to recommend to each user.
      batch_size: users of one call of the model.
      scratch: a directory that the workers can write to and the caller can read.
    """

    checkpoint: Checkpoint
    columns: Columns
    k: int
    top: int
    batch_size: int
    scratch: str


def build(pipeline: beam.Pipeline, parts: Sequence[RowGroup], job: Job) -> None:
    """Add everything that `job` does with `parts` to `pipeline`."""
    rows = (
        pipeline
        | "Parts" >> beam.Create(list(parts))
        | "Spread" >> beam.Reshuffle()
        | "Read" >> beam.ParDo(ReadRows(job)).with_outputs(REJECTED, main="rows")
    )
    people = (
        rows["rows"]
        | "ByPerson" >> beam.Map(lambda row: (row.user, row))
        | "OnePerPerson" >> beam.GroupByKey()
        | "FirstRow" >> beam.ParDo(FirstRow()).with_outputs(REJECTED, main="people")
    )
    groups = (
        people["people"]
        | "Segment" >> beam.Map(lambda row: row.segment)
        | "Count" >> beam.combiners.Count.PerElement()
        | "AllCounts" >> beam.combiners.ToDict()
        | "Partition" >> beam.Map(partition_or_none, job.k)
    )
    _ = (
        people["people"]
        | "Group" >> beam.FlatMap(in_group, beam.pvalue.AsSingleton(groups))
        | "Model" >> RunInference(AttentionHandler(job.checkpoint, job.batch_size, job.top))
        | "Add" >> beam.ParDo(AddUp(job.checkpoint.positions))
        | "AddAll" >> beam.CombinePerKey(Together(job.checkpoint.positions))
        | "WriteSums" >> beam.Map(write_sums, job.scratch)
    )
    _ = (
        (rows[REJECTED], people[REJECTED])
        | "AllRejected" >> beam.Flatten()
        | "ByFile" >> beam.Map(lambda row: (row.file, row))
        | "FilesRejected" >> beam.GroupByKey()
        | "WriteRejected" >> beam.Map(write_rejected, job.scratch)
    )


class ReadRows(beam.DoFn):  # type: ignore[misc]
    """Reads a row group; rows that cannot be used go to the output `REJECTED`."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._columns, self._checkpoint = job.columns, job.checkpoint

    def setup(self) -> None:
        """Make the table of item numbers, once per worker."""
        ids = self._checkpoint.item_ids or ()
        self._numbers = {item: number for number, item in enumerate(ids) if number}

    def process(self, part: RowGroup) -> Iterator[Any]:
        """Yield each row."""
        for row in read(part, self._columns, self._checkpoint.item_count, self._numbers):
            yield beam.pvalue.TaggedOutput(REJECTED, row) if isinstance(row, Rejected) else row


class FirstRow(beam.DoFn):  # type: ignore[misc]
    """Keeps a person's first row, by file and row; the others are rejected."""

    def process(self, person: tuple[str, Iterable[UserRow]]) -> Iterator[Any]:
        """Yield the row that counts."""
        first, *again = sorted(person[1], key=lambda row: (row.file, row.row))
        yield first
        for row in again:
            rejected = Rejected(row.file, row.row, "the user has an earlier row")
            yield beam.pvalue.TaggedOutput(REJECTED, rejected)


def partition_or_none(counts: Mapping[Segment, int], k: int) -> dict[Segment, Group]:
    """Return the groups; none if there are fewer than `k` users: the caller says so."""
    return partition(counts, k) if sum(counts.values()) >= k else {}


def in_group(row: UserRow, groups: Mapping[Segment, Group]) -> Iterator[Example]:
    """Yield the user with their group and without their id; nobody if there are no groups."""
    if groups:
        yield Example(groups[row.segment], row.items, row.unknown_items, member(row.user))


def member(user: str) -> int:
    """Return a number of 128 bits for a person; only sums of a whole group are kept."""
    return int.from_bytes(hashlib.sha256(b"member\0" + user.encode()).digest()[:16], "big")


class AddUp(beam.DoFn):  # type: ignore[misc]
    """Adds up users as they come from the model, a bundle at a time."""

    def __init__(self, places: int) -> None:
        super().__init__()
        self._places = places
        self._held: dict[Group, GroupSums] = {}

    def start_bundle(self) -> None:
        """Begin with nothing: a bundle that failed is done again."""
        self._held = {}

    def process(self, user: UserResult) -> Iterator[tuple[str, GroupSums]]:
        """Take in one user; hand on everything that is held if it gets much."""
        if user.group not in self._held and len(self._held) == _HELD_GROUPS:
            yield from self._flushed()
        self._held.setdefault(user.group, GroupSums(self._places)).add(user)

    def finish_bundle(self) -> Iterator[Any]:
        """Hand on what is held."""
        window = beam.transforms.window.GlobalWindow()
        for pair in self._flushed():
            yield beam.utils.windowed_value.WindowedValue(pair, window.max_timestamp(), [window])

    def _flushed(self) -> Iterator[tuple[str, GroupSums]]:
        held, self._held = self._held, {}
        for group, sums in held.items():
            yield key_of(group), sums


class Together(beam.CombineFn):  # type: ignore[misc]
    """Merges the sums of one group."""

    def __init__(self, places: int) -> None:
        super().__init__()
        self._places = places

    def create_accumulator(self) -> GroupSums:
        """Return sums over nobody."""
        return GroupSums(self._places)

    def add_input(self, mutable_accumulator: GroupSums, element: GroupSums) -> GroupSums:
        """Return both together."""
        mutable_accumulator.merge(element)
        return mutable_accumulator

    def merge_accumulators(self, accumulators: Iterable[GroupSums]) -> GroupSums:
        """Return all together."""
        merged = self.create_accumulator()
        for each in accumulators:
            merged.merge(each)
        return merged

    def extract_output(self, accumulator: GroupSums) -> GroupSums:
        """Return the sums."""
        return accumulator


def key_of(group: Group) -> str:
    """Return a group as text, so that every runner can shuffle by it."""
    return json.dumps(group)


def group_of(key: str) -> Group:
    """Return the group that `key_of` wrote."""
    return tuple(json.loads(key))


def write_sums(pair: tuple[str, GroupSums], scratch: str) -> None:
    """Write one group's sums; done again, it writes the same file."""
    key, sums = pair
    content = json.dumps({"group": key}).encode() + b"\n" + sums.to_bytes()
    _write(scratch, "group", key, content)


def write_rejected(pair: tuple[str, Iterable[Rejected]], scratch: str) -> None:
    """Write which rows of one file were rejected, in order."""
    file, rows = pair
    reasons = sorted((row.row, row.reason) for row in rows)
    content = {"file": file, "rows": reasons}
    _write(scratch, "rejected", file, json.dumps(content).encode())


def _write(scratch: str, kind: str, key: str, content: bytes) -> None:
    with FileSystems.create(_path(scratch, kind, key)) as file:
        file.write(content)


def _path(scratch: str, kind: str, key: str) -> str:
    return f"{scratch.rstrip('/')}/{kind}-{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def written(scratch: str, kind: str) -> Iterator[bytes]:
    """Yield what the workers wrote, a file at a time."""
    for path in files(scratch, kind):
        with FileSystems.open(path) as file:
            yield file.read()


def files(scratch: str, kind: str = "") -> list[str]:
    """Return the files that the workers wrote."""
    [match] = FileSystems.match([f"{scratch.rstrip('/')}/{kind}*-*"])
    return sorted(each.path for each in match.metadata_list)


def remove(scratch: str) -> None:
    """Remove what the workers wrote."""
    if found := files(scratch):
        FileSystems.delete(found)


def groups_written(scratch: str) -> Iterator[tuple[Group, GroupSums]]:
    """Yield each group and its sums."""
    for content in written(scratch, "group"):
        yield _group(content)


def read_group(scratch: str, group: Group) -> GroupSums:
    """Return the sums of `group`."""
    with FileSystems.open(_path(scratch, "group", key_of(group))) as file:
        return _group(file.read())[1]


def _group(content: bytes) -> tuple[Group, GroupSums]:
    head, _, body = content.partition(b"\n")
    return group_of(json.loads(head)["group"]), GroupSums.from_bytes(body)


def rejected_written(scratch: str) -> Iterator[Rejected]:
    """Yield each rejected row, file by file in the order of rows."""
    found = [json.loads(content) for content in written(scratch, "rejected")]
    for content in sorted(found, key=lambda each: str(each["file"])):
        for row, reason in content["rows"]:
            yield Rejected(content["file"], row, reason)
