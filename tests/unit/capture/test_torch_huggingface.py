"""Hugging Face models made from a configuration: captured is what `output_attentions` gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from transformers import (
    AttentionInterface,
    BertConfig,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    T5Config,
    T5Model,
)

from tensorboard_plugin_attn.capture.torch_attention import capturing
from tensorboard_plugin_attn.capture.torch_huggingface import visible_implementation

ITEMS, LENGTH, HEADS = 20, 6, 4
SPECIAL = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": 0}


def bert() -> PreTrainedModel:
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 32}
    return BertModel(
        BertConfig(vocab_size=ITEMS, num_attention_heads=HEADS, pad_token_id=0, **sizes)
    )


def gpt2() -> PreTrainedModel:
    return GPT2LMHeadModel(
        GPT2Config(vocab_size=ITEMS, n_embd=16, n_layer=2, n_head=HEADS, n_positions=32, **SPECIAL)
    )


def llama() -> PreTrainedModel:
    """Return one whose four heads of the query share two of the key."""
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 32}
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=ITEMS, num_attention_heads=HEADS, num_key_value_heads=2, **sizes, **SPECIAL
        )
    )


MODELS = [bert, gpt2, llama]


def batch(side: str) -> dict[str, torch.Tensor]:
    mask = torch.ones(3, LENGTH, dtype=torch.long)
    mask[1, slice(2) if side == "left" else slice(-2, None)] = 0
    items = torch.randint(1, ITEMS, (3, LENGTH), generator=torch.Generator().manual_seed(0))
    return {"input_ids": items * mask, "attention_mask": mask}


def asked(model: PreTrainedModel, inputs: dict[str, Any]) -> list[np.ndarray]:
    """Return the attention of the eager implementation, as the model gives it when asked."""
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    with torch.no_grad():
        answer = model(**inputs, output_attentions=True).attentions
    model.set_attn_implementation(before)
    return [attention.numpy() for attention in answer]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
@pytest.mark.parametrize("made", MODELS)
def test_captured_is_what_the_model_gives_when_asked(
    made: Callable[[], PreTrainedModel], implementation: str, side: str
) -> None:
    model, inputs = made().eval(), batch(side)
    model.set_attn_implementation(implementation)
    with torch.no_grad():
        expected = model(**inputs)[0]
        with capturing(model) as capture:
            output = model(**inputs)[0]
    assert torch.equal(output, expected)
    is_real = inputs["attention_mask"].bool().numpy()  # [user, query]
    for one, attention in zip(capture.found, asked(model, inputs), strict=True):
        found = one.attention.numpy().transpose(0, 2, 1, 3)[is_real]
        np.testing.assert_allclose(found, attention.transpose(0, 2, 1, 3)[is_real], atol=1e-5)


def test_layers_are_named_by_their_path() -> None:
    model = llama().eval()
    with torch.no_grad(), capturing(model) as capture:
        model(**batch("left"))
    assert [one.name for one in capture.found] == [
        "model.layers.0.self_attn",
        "model.layers.1.self_attn",
    ]


def test_position_biases_are_part_of_the_scores() -> None:
    model = T5Model(
        T5Config(vocab_size=ITEMS, d_model=16, d_kv=4, d_ff=32, num_layers=1, num_heads=HEADS)
    ).eval()
    inputs = batch("right") | {"decoder_input_ids": torch.ones(3, LENGTH, dtype=torch.long)}
    with torch.no_grad(), capturing(model) as capture:
        model(**inputs)
    model.set_attn_implementation("eager")
    with torch.no_grad():
        answer = model(**inputs, output_attentions=True)
    expected = [*answer.encoder_attentions, *answer.decoder_attentions, *answer.cross_attentions]
    for one, attention in zip(capture.found, expected, strict=True):
        is_real = (
            inputs["attention_mask"].bool()
            if one.name.startswith("encoder")
            else torch.ones(3, LENGTH, dtype=torch.bool)
        )
        torch.testing.assert_close(
            one.attention.transpose(1, 2)[is_real],
            attention.transpose(1, 2)[is_real],
            atol=1e-5,
            rtol=0,
        )


def hidden(module: Any, query: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    """Stand for a fused kernel of another library: nothing of it can be seen."""
    return query.transpose(1, 2), None


@pytest.mark.parametrize("made", MODELS)
def test_an_implementation_that_cannot_be_seen_is_exchanged_for_the_time(
    made: Callable[[], PreTrainedModel],
) -> None:
    AttentionInterface.register("hidden_kernel", hidden)
    model, inputs = made().eval(), batch("right")
    model.config._attn_implementation = "hidden_kernel"
    expected = pytest.raises(RuntimeError, match="meanwhile")
    with expected, torch.no_grad(), capturing(model) as capture:
        model(**inputs)
        raise RuntimeError("meanwhile")
    assert len(capture.found) == 2
    configs = {id(module.config): module.config for module in model.modules() if _has(module)}
    assert {config._attn_implementation for config in configs.values()} == {"hidden_kernel"}
    is_real = inputs["attention_mask"].bool().numpy()
    for one, attention in zip(capture.found, asked(model, inputs), strict=True):
        found = one.attention.numpy().transpose(0, 2, 1, 3)[is_real]
        np.testing.assert_allclose(found, attention.transpose(0, 2, 1, 3)[is_real], atol=1e-5)


def _has(module: Any) -> bool:
    return hasattr(getattr(module, "config", None), "_attn_implementation")


def test_parts_of_a_configuration_get_their_own_back() -> None:
    class Config:
        sub_configs: dict[str, type] = {"text": object}  # noqa: RUF012

        def __init__(self, name: str, text: Config | None = None) -> None:
            self.text = text
            self._attn_implementation = name

        def __setattr__(self, name: str, value: Any) -> None:
            object.__setattr__(self, name, value)
            if name == "_attn_implementation" and self.text is not None:
                self.text._attn_implementation = value  # as transformers does

    class Model(torch.nn.Module):
        _supports_sdpa = True

        def __init__(self) -> None:
            super().__init__()
            self.config = Config("flash_attention_2", Config("flex_attention"))
            assert self.config.text is not None
            self.config.text._attn_implementation = "flex_attention"

    model = Model()
    with visible_implementation(model):
        assert model.config._attn_implementation == "sdpa"
        assert model.config.text._attn_implementation == "sdpa"
    assert model.config._attn_implementation == "flash_attention_2"
    assert model.config.text._attn_implementation == "flex_attention"


def test_a_model_without_sdpa_becomes_eager() -> None:
    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.config = type("Config", (), {"_attn_implementation": "flash_attention_2"})()

    model = Model()
    with visible_implementation(model):
        assert model.config._attn_implementation == "eager"


def test_the_installed_transformers_is_one_that_is_supported() -> None:
    assert int(transformers.__version__.partition(".")[0]) in (4, 5)
