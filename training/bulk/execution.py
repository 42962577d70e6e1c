"""One bulk run, top to bottom: the pipeline, then everything that is published of its sums."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.options.pipeline_options import PipelineOptions

from training.bulk import pipeline, segment_run, tables
from training.bulk.checkpoint import provenance
from training.bulk.command import Report, Settings, about, runner_arguments, versions
from training.bulk.partition import Group, name
from training.bulk.sums import GroupSums
from training.bulk.tables import Release
from training.bulk.users import Columns, Rejected, row_groups

_REJECTED_SCHEMA = pa.schema([("file", pa.string()), ("row", pa.int64()), ("reason", pa.string())])
_WRITTEN_AT_ONCE = 100_000

logging.getLogger("apache_beam").setLevel(logging.WARNING)  # at INFO it tells its type hints


def execute(settings: Settings, directory: Path) -> Report:
    """Do what `settings` say; leave everything in `directory`.

    Raises:
      ValueError: files or columns are missing, or there are fewer than `k` users.
      OSError: rows got lost, or something could not be written.
    """
    scratch = settings.scratch or str(directory / "scratch")
    if settings.scratch is None:
        Path(scratch).mkdir()
    elif pipeline.files(scratch):
        raise ValueError(f"{scratch} has files of an earlier run: name an empty directory")
    try:
        return _execute(settings, directory, scratch)
    finally:
        pipeline.remove(scratch)
        if settings.scratch is None:
            Path(scratch).rmdir()


def _execute(settings: Settings, directory: Path, scratch: str) -> Report:
    columns = Columns(settings.user, settings.history, settings.segment_by)
    parts = row_groups(
        settings.users, columns, has_item_ids=settings.checkpoint.item_ids is not None
    )
    job = pipeline.Job(
        settings.checkpoint, columns, settings.k, settings.top, settings.batch_size, scratch
    )
    run_pipeline(parts, job, settings)
    rows = sum(part.rows for part in parts)
    report = _accounted(rows, scratch, settings)
    _same_people(settings, report)
    _publish(settings, scratch, directory, report)
    _tell_operator(scratch, directory, report)
    return report


def run_pipeline(parts: list[Any], job: pipeline.Job, settings: Settings) -> None:
    """Run the pipeline and wait for its end."""
    options = PipelineOptions(list(runner_arguments(settings)))
    runner: Any = settings.runner
    if runner == "DirectRunner":
        # The same that DirectRunner chooses, without looking for a download first.
        from apache_beam.runners.portability.fn_api_runner import FnApiRunner

        runner = FnApiRunner()
    with beam.Pipeline(runner=runner, options=options) as made:
        pipeline.build(made, parts, job)


def _same_people(settings: Settings, report: Report) -> None:
    """Refuse groups that differ from those of an earlier release.

    Raises:
      ValueError: what is published could be subtracted from what was.
    """
    for earlier in settings.after:
        try:
            content = (earlier / "operator" / "account.json").read_text(encoding="utf-8")
            before = json.loads(content)["members"]
        except (OSError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"--after {earlier}: no account of a bulk run: {error}") from error
        if before != report.members:
            other = sum(before.get(group) != said for group, said in report.members.items())
            raise ValueError(
                f"{other} of {report.groups} groups have other members than in {earlier}: whoever "
                "has both could subtract them and learn about fewer than k people. Take the same "
                "users, columns and k; nothing was written"
            )


def _accounted(rows: int, scratch: str, settings: Settings) -> Report:
    """Return what became of `rows`.

    Raises:
      ValueError: there are too few users.
      OSError: rows are missing.
    """
    k, users, unknown = settings.k, 0, 0
    members: dict[str, str] = {}
    for group, sums in pipeline.groups_written(scratch):
        users, unknown = users + sums.users, unknown + sums.unknown_items
        members[name(group, settings.segment_by)] = f"{sums.members:032x}"
        if sums.users < k:
            raise OSError(f"a group of {sums.users} users, fewer than k={k}: nothing is published")
    rejected = Counter(row.reason for row in pipeline.rejected_written(scratch))
    if not members and rows - rejected.total() < k:
        left = rows - rejected.total()
        why = "".join(f"; {count} rejected: {reason}" for reason, count in rejected.items())
        raise ValueError(f"{left} users, fewer than k={k}: nothing can be published of them{why}")
    if rows != users + rejected.total():
        raise OSError(f"{rows} rows, but {users} users and {rejected.total()} rejected")
    return Report(rows, users, len(members), dict(rejected), unknown, members)


def _publish(settings: Settings, scratch: str, directory: Path, report: Report) -> None:
    said = {**provenance(settings.checkpoint), "versions": json.dumps(versions())}
    release = Release(settings.checkpoint, settings.segment_by, settings.k, settings.top, said)
    sizes = {group: sums.users for group, sums in pipeline.groups_written(scratch)}
    order = sorted(sizes, key=lambda group: name(group, settings.segment_by))
    tables.write(_in_order(order, scratch), len(order), release, directory / "tables")
    chosen = segment_run.shown([(group, sizes[group]) for group in order], _cells(scratch))
    segment_run.write(list(_in_order(chosen, scratch)), release, directory / "segments")
    (directory / "about.json").write_text(about(settings, said, report), encoding="utf-8")


def _in_order(groups: list[Group], scratch: str) -> Iterator[tuple[Group, GroupSums]]:
    return ((group, pipeline.read_group(scratch, group)) for group in groups)


def _cells(scratch: str) -> int:
    _, sums = next(pipeline.groups_written(scratch))
    return max(int(layer.size) for layer in sums.attention.values())


def _tell_operator(scratch: str, directory: Path, report: Report) -> None:
    """Write the exact account and the rejected rows, which are not for publication."""
    private = directory / "operator"
    private.mkdir(mode=0o700)
    (private / "account.json").write_text(json.dumps(asdict(report), indent=2) + "\n")
    with pq.ParquetWriter(private / "rejected.parquet", _REJECTED_SCHEMA) as writer:
        held: list[dict[str, Any]] = []
        for row in pipeline.rejected_written(scratch):
            held.append(_as_row(row))
            if len(held) == _WRITTEN_AT_ONCE:
                writer.write_table(pa.Table.from_pylist(held, schema=_REJECTED_SCHEMA))
                held = []
        writer.write_table(pa.Table.from_pylist(held, schema=_REJECTED_SCHEMA))


def _as_row(row: Rejected) -> dict[str, Any]:
    return {"file": row.file, "row": row.row, "reason": row.reason}
