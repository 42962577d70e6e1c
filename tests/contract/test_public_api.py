"""The public names and their signatures; a change here is a change for every user."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

import tensorboard_plugin_attn

NAMES = [
    "AttentionWriter",
    "Cohort",
    "Item",
    "Privacy",
    "QueueLimits",
    "User",
    "UserRecommendations",
    "WriterStatus",
    "__version__",
    "schedule",
    "summary",
]

SUMMARY_OPTIONS = (
    "*, lengths=None, causal=False, layer_index=0, kind='self', query_axis=None, key_axis=None, "
    "queries=None, keys=None, users=None, head_names=(), similarity='scaled_dot_product', "
    "mode='evaluation', dropout_stage='before_dropout', precision='u8')"
)

SIGNATURES = {
    "AttentionWriter": "(logdir, *, cohort=None, worker=0, privacy=None, precision='u8', "
    "queue_limits=None, budget_bytes=10737418240, models_bytes=67108864, scalars=True, "
    "scalars_every=20, alerts=True, strict=False)",
    "AttentionWriter.attention": "(self, layer, attention, *, step, epoch=None, lengths=None, "
    "layer_index=0, causal=False, kind='self', query_axis=None, key_axis=None, queries=None, "
    "keys=None, users=None, head_names=(), similarity='scaled_dot_product', mode='evaluation', "
    "dropout_stage='before_dropout', cost=None, importance=None)",
    "AttentionWriter.portable_model": "(self, description, tensors, *, items, step, epoch=None, "
    "is_last=False)",
    "AttentionWriter.thinned": "(self, layer, *, step, detail)",
    "AttentionWriter.recommendations": "(self, recommendations, *, step, epoch=None)",
    "AttentionWriter.flush": "(self, timeout_s=10.0)",
    "AttentionWriter.close": "(self, timeout_s=10.0)",
    "AttentionWriter.status": "(self)",
    "summary.attention": "(name, data, step=None, " + SUMMARY_OPTIONS,
    "summary.attention_pb": "(name, data, step, " + SUMMARY_OPTIONS,
    "summary.catalogue": "(cohort, *, privacy=None)",
    "schedule.at_steps": "(steps)",
    "schedule.every_epochs": "(epochs=1)",
    "schedule.every_step": "()",
    "schedule.every_steps": "(steps)",
    "schedule.log_spaced": "(per_decade=10)",
    "summary.catalogue_pb": "(cohort, *, privacy=None)",
    "QueueLimits": "(entries=64, size_bytes=67108864)",
}

FIELDS = {
    "Cohort": ["users", "items", "inputs"],
    "Item": ["id", "label", "attributes"],
    "User": ["id", "history", "target", "label", "attributes", "known"],
    "Privacy": ["key", "user_attributes", "user_labels", "item_labels"],
    "UserRecommendations": ["items", "scores", "target_rank", "target_score", "seen_removed"],
    "WriterStatus": [
        "offered",
        "written",
        "dropped",
        "rejected",
        "thinned",
        "failed",
        "waiting",
        "written_bytes",
        "degraded",
        "file",
    ],
}


def find(path: str) -> object:
    found: object = tensorboard_plugin_attn
    for name in path.split("."):
        found = getattr(found, name)
    return found


def signature_of(path: str) -> str:
    signature = inspect.signature(find(path))  # type: ignore[arg-type]
    plain = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    return str(inspect.Signature(plain))


def test_these_names_are_public() -> None:
    assert tensorboard_plugin_attn.__all__ == NAMES
    assert all(find(name) is not None for name in NAMES)


@pytest.mark.parametrize("path", SIGNATURES)
def test_signatures_are_kept(path: str) -> None:
    assert signature_of(path) == SIGNATURES[path]


@pytest.mark.parametrize("name", FIELDS)
def test_fields_are_kept(name: str) -> None:
    fields = dataclasses.fields(find(name))  # type: ignore[arg-type]
    assert [field.name for field in fields if field.init] == FIELDS[name]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "__version__"])
def test_public_names_say_what_they_are(name: str) -> None:
    assert inspect.getdoc(find(name))


def test_writers_have_no_other_public_method() -> None:
    public = {name for name in dir(find("AttentionWriter")) if not name.startswith("_")}
    assert public == {
        path.partition(".")[2] for path in SIGNATURES if path.startswith("AttentionWriter.")
    }


def test_unknown_names_are_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Writer'"):
        tensorboard_plugin_attn.Writer  # noqa: B018
