"""The backward pass is the derivative of the forward pass, by finite differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tensorboard_plugin_attn.portable.edits import Edit
from tensorboard_plugin_attn.portable.gradients import gradients
from tests.fixtures.portable_models import HISTORY, portable_model


@pytest.mark.parametrize("predicts_from", ["newest", "mask"])
@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_it_is_the_slope_of_each_keys_log_weight(predicts_from: str, activation: str) -> None:
    model = portable_model(predicts_from=predicts_from, activation=activation)
    inputs = model.inputs(HISTORY, [Edit()])
    items = [3, 7]
    found = gradients(model, model.stages(inputs), items)
    slopes = sum(layer.logit.sum(axis=(1, 2)) for layer in found)  # [item, key]
    for key in range(inputs.items.shape[1]):
        change = np.zeros_like(inputs.bias)
        change[..., key] = 5e-3
        up = model.scores(replace(inputs, bias=inputs.bias + change))[0, items]
        down = model.scores(replace(inputs, bias=inputs.bias - change))[0, items]
        np.testing.assert_allclose(slopes[:, key], (up - down) / 1e-2, atol=2e-3)


def test_a_score_is_linear_in_the_last_layers_attention_to_first_order() -> None:
    model = portable_model()
    stages = model.stages(model.inputs(HISTORY, [Edit()]))
    found = gradients(model, stages, [5])[-1]
    assert found.attention.shape == (1, *stages[-1].attention.shape[1:])
    assert np.abs(found.attention[0, :, :-1]).max() == 0  # only the place that predicts is scored
    assert np.abs(found.attention[0, :, -1]).max() > 0
