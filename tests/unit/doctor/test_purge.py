"""A user who is taken out is in no byte of the log, and everybody else is where they were."""

from __future__ import annotations

import contextlib
import os
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tensorboard_plugin_attn import AttentionWriter, Cohort, Item, Privacy, User, summary
from tensorboard_plugin_attn.__main__ import main
from tensorboard_plugin_attn.doctor.purge import NotPurgedError, purge_older_than, purge_user
from tensorboard_plugin_attn.doctor.records import records
from tensorboard_plugin_attn.portable.feature_model import FeatureModel
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.models import read_model
from tensorboard_plugin_attn.reading.runs import Runs
from tests.fixtures.logs import KEY, LAYER, attention, event_files, recommendations, write_log
from tests.fixtures.tab import Tab
from tests.unit.portable.test_feature_description import description, tensors

RUN = "d32/attention"
PRIVACY = Privacy(key=KEY, user_labels=True, user_attributes=frozenset({"country"}))


def write(directory: Path, users: int = 3) -> None:
    """Write a log in which user 1 has a name, an attribute and an item of their own."""
    items = {name: Item(name, f"Title {name}") for name in ("a", "b", "c", "rare-canary")}
    histories = [("a", "b", "c", "a"), ("a", "rare-canary", "c", "b"), ("b", "c", "a", "b")]
    people = [
        User(
            f"id-{n}",
            histories[n],
            "c",
            label=f"Name-canary-{n}",
            attributes={"country": f"C-canary-{n}"},
        )
        for n in range(users)
    ]
    with AttentionWriter(directory, cohort=Cohort(people, items), privacy=PRIVACY) as writer:
        for step in range(1, 5):
            writer.attention(LAYER, attention(users, seed=step), step=step, causal=True)
            writer.recommendations(recommendations(users), step=step)
    for file in event_files(directory):
        os.utime(file, (time.time() - 3600,) * 2)


def inflated(directory: Path) -> bytes:
    """Return every byte of the log, and what every zlib stream in it inflates to."""
    raw = b"".join(file.read_bytes() for file in directory.rglob("*") if file.is_file())
    streams = [raw]
    at = raw.find(b"\x78")
    while at >= 0:
        with contextlib.suppress(zlib.error):
            streams.append(zlib.decompressobj().decompress(raw[at:], 1 << 16))
        at = raw.find(b"\x78", at + 1)
    return b"".join(streams)


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    write(tmp_path / RUN)
    return tmp_path


def test_nothing_of_the_user_is_in_any_byte(logdir: Path) -> None:
    user = PRIVACY.pseudonym("id-1")
    canaries = (user, "Name-canary-1", "C-canary-1", "rare-canary")
    before = inflated(logdir)
    for canary in canaries:
        assert canary.encode() in before, canary
    done = purge_user(logdir, user)
    assert (len(done.files), done.frames, done.unreadable_bytes) == (1, 8, 0)
    after = inflated(logdir)
    for canary in canaries:
        assert canary.encode() not in after, canary
    assert b"Name-canary-0" in after


def test_the_others_are_bit_for_bit_where_they_were(logdir: Path) -> None:
    before = Tab(logdir)
    expected = {
        user: before.frames(run=RUN, layer=LAYER, user=user, steps="1-4") for user in (0, 2)
    }
    lists = {u: before.json("/recommendations", run=RUN, user=u, steps="1-4") for u in (0, 2)}
    purge_user(logdir, PRIVACY.pseudonym("id-1"))
    after = Tab(logdir)
    for user, frames in expected.items():
        found = after.frames(run=RUN, layer=LAYER, user=user, steps="1-4")
        assert found.header == frames.header
        assert found.chunks == frames.chunks
        assert after.json("/recommendations", run=RUN, user=user, steps="1-4") == lists[user]


def test_the_user_is_shown_as_removed(logdir: Path) -> None:
    purge_user(logdir, PRIVACY.pseudonym("id-1"))
    tab = Tab(logdir)
    users = tab.json("/catalogue", run=RUN)["users"]
    assert [user["id"] for user in users][1] == "removed"
    assert users[1]["label"] == "(removed on request)"
    assert users[1]["axes"] == {}
    frames = tab.frames(run=RUN, layer=LAYER, user=1, steps="1-4")
    assert frames.steps == []
    assert set(frames.absent.values()) == {"rejected"}
    assert not tab.json("/status")["problems"]


def test_an_open_tab_sees_it_too(logdir: Path) -> None:
    tab = Tab(logdir)
    assert tab.frames(run=RUN, layer=LAYER, user=1, steps="1-4").steps == [1, 2, 3, 4]
    purge_user(logdir, PRIVACY.pseudonym("id-1"))
    assert tab.frames(run=RUN, layer=LAYER, user=1, steps="1-4").steps == []


def test_a_training_that_still_writes_is_left_alone(logdir: Path) -> None:
    [file] = event_files(logdir)
    before = file.read_bytes()
    os.utime(file)
    user = PRIVACY.pseudonym("id-1")
    with pytest.raises(NotPurgedError, match="end the training first"):
        purge_user(logdir, user)
    assert file.read_bytes() == before
    assert purge_user(logdir, user, force=True).files == [file.name]


def test_what_nobody_can_read_is_not_kept(logdir: Path) -> None:
    [file] = event_files(logdir)
    with file.open("ab") as end:
        end.write(b"torn record of rare-canary")
    os.utime(file, (time.time() - 3600,) * 2)
    done = purge_user(logdir, PRIVACY.pseudonym("id-1"))
    assert done.unreadable_bytes == 26
    assert b"rare-canary" not in file.read_bytes()
    assert Tab(logdir).frames(run=RUN, layer=LAYER, user=0, steps="1-4").steps == [1, 2, 3, 4]


def test_an_unknown_user_and_foreign_files_change_nothing(logdir: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "events.out.tfevents.1.host"
    foreign.write_bytes(b"somebody else's")
    [ours] = event_files(tmp_path / RUN)
    before = ours.read_bytes()
    assert purge_user(logdir, "u-nobody").files == []
    assert purge_older_than(logdir, 0.0).files == []
    assert (ours.read_bytes(), foreign.read_bytes()) == (before, b"somebody else's")


def test_a_link_to_elsewhere_is_not_followed(logdir: Path, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write(elsewhere)
    [file] = event_files(elsewhere)
    before = file.read_bytes()
    (logdir / "link.tfevents.attn").symlink_to(file)
    purge_user(logdir, PRIVACY.pseudonym("id-1"))
    assert file.read_bytes() == before


def test_what_is_old_goes_and_the_rest_stays(logdir: Path) -> None:
    write_log(logdir / "new" / "attention")
    [old] = event_files(logdir / "d32")
    assert purge_older_than(logdir, time.time() - 1800).files == []  # its events are of now
    assert purge_older_than(logdir, time.time() + 3600).files
    assert not old.exists()


def test_a_models_table_of_users_forgets_the_user_and_nobody_else(tmp_path: Path) -> None:
    of = description(users=3, user_vectors=["age"])
    items = [None, *(f"i{number}" for number in range(1, of.item_count))]
    given = tensors(of)
    given["users.vector.0"][:] = [[11.0], [22.5], [33.0]]  # in float32: bytes to look for
    write(tmp_path / RUN)
    with AttentionWriter(
        tmp_path / RUN, cohort=Cohort([User(f"id-{n}") for n in range(3)]), privacy=PRIVACY
    ) as writer:
        writer.portable_model(of, given, items=items, step=9)
    for file in event_files(tmp_path):
        os.utime(file, (time.time() - 3600,) * 2)
    assert np.float32(22.5).tobytes() * 4 in inflated(tmp_path)
    assert len(purge_user(tmp_path, PRIVACY.pseudonym("id-1")).files) == 2
    assert np.float32(22.5).tobytes() * 4 not in inflated(tmp_path)
    runs = Runs(EventIndex(str(tmp_path)))
    runs.refresh()
    with runs.locked() as known:
        models = known[RUN].models
        assert models is not None
        [frame] = models.timeline(known[RUN].attempts)
    kept = read_model(runs, frame).model
    assert isinstance(kept, FeatureModel)
    for name, array in given.items():
        expected = array.copy()
        if name.startswith("users."):
            expected[1] = 0
        assert np.array_equal(kept.tensors[name], expected), name


def write_with_tensorflow(directory: Path) -> Path:
    """Write a log through tf.summary's own writer, beside a scalar of somebody else's."""
    writer = tf.summary.create_file_writer(str(directory))
    people = [User(f"id-{n}", ("a", "b"), label=f"Name-canary-{n}") for n in range(3)]
    with writer.as_default():
        summary.catalogue(Cohort(people, {}), privacy=PRIVACY)
        tf.summary.scalar("loss", 0.5, step=1)
        summary.attention(LAYER, attention(3, queries=2), step=1, causal=True)
    writer.close()
    [file] = event_files(directory)
    os.utime(file, (time.time() - 3600,) * 2)
    return file


def test_what_tensorflow_wrote_is_purged_too_and_the_rest_of_it_stays(tmp_path: Path) -> None:
    file = write_with_tensorflow(tmp_path / RUN)
    scalars = [data for event, data in records(file) if "loss" in str(event.summary)]
    user = PRIVACY.pseudonym("id-1")
    assert user.encode() in file.read_bytes()
    assert purge_user(tmp_path, user).files == [file.name]
    for canary in (user, "Name-canary-1"):
        assert canary.encode() not in inflated(tmp_path)
    assert [data for event, data in records(file) if "loss" in str(event.summary)] == scalars
    assert Tab(tmp_path).frames(run=RUN, layer=LAYER, user=0, steps="1").steps == [1]


def test_a_damaged_file_of_another_writer_is_left_as_it_is(tmp_path: Path) -> None:
    file = write_with_tensorflow(tmp_path / RUN)
    with file.open("ab") as end:
        end.write(b"somebody's data behind a torn record")
    os.utime(file, (time.time() - 3600,) * 2)
    before = file.read_bytes()
    with pytest.raises(NotPurgedError, match="holds others' data"):
        purge_user(tmp_path, PRIVACY.pseudonym("id-1"))
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_commands(logdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    user = PRIVACY.pseudonym("id-1")
    assert main(["purge", str(logdir), "--user", user]) == 0
    assert "taken out of 8 frames" in capsys.readouterr().out
    assert main(["purge", str(logdir), "--user", user]) == 1
    assert main(["purge", str(logdir / "nowhere"), "--user", user]) == 2
    assert "is no directory" in capsys.readouterr().err


def test_the_doctor_says_what_of_people_is_there(
    logdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", str(logdir)]) == 1
    printed = capsys.readouterr().out
    assert "3 users under pseudonyms" in printed
    assert " !! d32/attention: 3 users have labels of their own" in printed
    assert "attributes of users: country" in printed
    assert "histories of 4 to 4 items" in printed
    assert "4 steps from 1 to 4, 1 attempts, layers block_0/attention" in printed
    for canary in ("canary", "id-1", PRIVACY.pseudonym("id-1")):
        assert canary not in printed


def test_the_doctor_finds_nothing_wrong_where_nothing_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_log(tmp_path / "d32" / "attention")
    assert main(["doctor", str(tmp_path)]) == 0
    assert "!!" not in capsys.readouterr().out


def test_the_doctor_names_a_bad_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_log(tmp_path / "d32" / "attention")
    data = bytearray(file.read_bytes())
    data[len(data) // 2 :] = b"\0" * (len(data) - len(data) // 2)
    file.write_bytes(data)
    assert main(["doctor", str(tmp_path)]) == 1
    assert f"{file.name} at byte" in capsys.readouterr().out
