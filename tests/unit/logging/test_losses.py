"""What was lost is remembered until it is written."""

from __future__ import annotations

from tensorboard_plugin_attn import attn_pb2 as pb
from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.logging.entries import AttentionEntry, Moment, RecommendationsEntry
from tensorboard_plugin_attn.logging.frames import LayerDescription
from tensorboard_plugin_attn.logging.losses import HELD_FRAMES, MAX_MARKERS, Losses


def lost(step: int, layer: str = "l") -> AttentionEntry:
    return AttentionEntry(LayerDescription(layer, 0, 2, causal=True), (), Moment(step, None, 0.0))


def test_neighbouring_losses_of_one_kind_are_one_marker() -> None:
    losses = Losses()
    for step in (4, 5, 7):
        losses.add(pb.DROPPED, lost(step), "queue full")
    (marker,) = losses.take()
    assert (marker.first_step, marker.last_step, marker.frame_count) == (4, 7, 3)
    assert (marker.reason, marker.layer, marker.detail) == (pb.DROPPED, "l", "queue full")


def test_other_reasons_layers_and_details_are_other_markers() -> None:
    losses = Losses()
    losses.add(pb.DROPPED, lost(1), "a")
    losses.add(pb.REJECTED, lost(1), "a")
    losses.add(pb.REJECTED, lost(1, "m"), "a")
    losses.add(pb.REJECTED, lost(1, "m"), "b")
    assert len(losses.take()) == 4


def test_taken_markers_are_forgotten_until_put_back_in_front() -> None:
    losses = Losses()
    losses.add(pb.DROPPED, lost(1), "")
    taken = losses.take()
    assert losses.take() == []
    losses.add(pb.REJECTED, lost(2), "")
    losses.put_back(taken)
    assert [marker.first_step for marker in losses.take()] == [1, 2]


def test_lost_recommendations_name_no_layer() -> None:
    losses = Losses()
    losses.add(pb.DROPPED, RecommendationsEntry((), Moment(3, None, 0.0)), "")
    assert losses.take()[0].layer == ""


def test_a_long_detail_is_clipped() -> None:
    losses = Losses()
    losses.add(pb.REJECTED, lost(1), "x" * 1000)
    assert len(losses.take()[0].detail) == schema.MAX_STRING


def test_thinned_steps_wait_for_one_marker() -> None:
    losses = Losses()
    losses.add(pb.DROPPED, lost(1), "")
    for step in range(1, HELD_FRAMES):
        losses.add_step(pb.THINNED, "l", step, "max_overhead")
    assert [marker.reason for marker in losses.take(held=False)] == [pb.DROPPED]
    assert not losses.is_empty
    losses.add_step(pb.THINNED, "l", HELD_FRAMES, "max_overhead")
    [marker] = losses.take(held=False)
    assert (marker.first_step, marker.last_step) == (1, HELD_FRAMES)
    assert marker.frame_count == HELD_FRAMES
    assert losses.is_empty


def test_thinned_steps_do_not_wait_for_more_when_the_file_is_closed() -> None:
    losses = Losses()
    losses.add_step(pb.THINNED, "l", 3, "max_overhead")
    assert [marker.first_step for marker in losses.take()] == [3]


def test_markers_that_are_put_back_again_and_again_do_not_grow() -> None:
    losses = Losses()
    for step in range(1, 51):
        losses.add(pb.WRITE_FAILED, lost(step), "disk full")
        taken = losses.take()
        losses.add(pb.DROPPED, lost(step), "queue full")
        losses.put_back(taken)
    counts = [(marker.reason, marker.frame_count, marker.last_step) for marker in losses.take()]
    assert counts == [(pb.WRITE_FAILED, 50, 50), (pb.DROPPED, 50, 50)]


def test_reasons_and_layers_without_end_are_merged_and_still_counted() -> None:
    losses = Losses()
    for step in range(5000):
        losses.add(pb.REJECTED, lost(step, f"layer {step}"), f"reason {step}")
    taken = losses.take()
    assert len(taken) <= 2 * MAX_MARKERS + 1
    assert sum(marker.frame_count for marker in taken) == 5000
    assert (taken[0].detail, taken[-1].layer) == ("reason 0", "")
    assert max(marker.last_step for marker in taken) == 4999
