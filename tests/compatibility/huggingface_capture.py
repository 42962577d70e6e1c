"""The capture of Hugging Face models: `python huggingface_capture.py` prints rows of the table.

The output difference is that of the attention to what the model's eager implementation gives when
it is asked (`output_attentions=True`), or that of the output, whichever is larger.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import transformers

from tensorboard_plugin_attn.capture.padding import PaddingSide
from tensorboard_plugin_attn.capture.torch_probe import Probe

REQUIREMENTS = ["transformers==4.57.* tokenizers==0.22.* huggingface_hub==0.36.*", ""]

USERS, LENGTH, ITEMS, HEADS = 3, 6, 20, 4
FLOAT32 = 1e-5
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 32}
SPECIAL = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": 0}

MASK = np.ones((USERS, LENGTH), np.int64)
MASK[1, 4:] = 0  # padding, on the right
INPUTS = {
    "input_ids": np.random.default_rng(0).integers(1, ITEMS, (USERS, LENGTH)) * MASK,
    "attention_mask": MASK,
}
REAL = MASK.astype(bool)  # [user, position]


def bert() -> Any:
    heads = {"num_attention_heads": HEADS}
    return transformers.BertModel(
        transformers.BertConfig(vocab_size=ITEMS, pad_token_id=0, **heads, **SIZES)
    )


def gpt2() -> Any:
    sizes = {"n_embd": 16, "n_layer": 2, "n_head": HEADS, "n_positions": LENGTH}
    return transformers.GPT2Model(transformers.GPT2Config(vocab_size=ITEMS, **sizes, **SPECIAL))


def llama() -> Any:
    """Return one whose four heads of the query share two of the key."""
    heads = {"num_attention_heads": HEADS, "num_key_value_heads": 2}
    return transformers.LlamaModel(
        transformers.LlamaConfig(vocab_size=ITEMS, **heads, **SIZES, **SPECIAL)
    )


def hidden(module: Any, query: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    """Stand for a fused kernel of another library: nothing of it can be seen."""
    return query.transpose(1, 2), None


MODELS: dict[str, Callable[[], Any]] = {"BERT": bert, "GPT-2": gpt2, "Llama, grouped": llama}


def row(case: str, model: Any, implementation: str) -> dict[str, Any]:
    """Capture `model`'s attention and compare with what it gives when asked."""
    tensors = {name: torch.from_numpy(array) for name, array in INPUTS.items()}
    model.eval()
    model.config._attn_implementation = "eager"
    with torch.no_grad():
        asked = [each.numpy() for each in model(**tensors, output_attentions=True).attentions]
        seen = implementation if implementation != "hidden_kernel" else "sdpa"
        model.config._attn_implementation = seen
        alone = model(**tensors)[0].numpy()
    model.config._attn_implementation = implementation
    probe = Probe(
        model.train(),
        INPUTS,
        call=None,
        scores=lambda model, inputs: model(**inputs)[0],
        padding=PaddingSide(None),
    )
    found, output = probe.run()
    assert output is not None
    assert model.config._attn_implementation == implementation
    arrays = [each.transpose(0, 2, 1, 3)[REAL] for _, each in found]
    differences = [
        np.abs(each - expected.transpose(0, 2, 1, 3)[REAL]).max()
        for each, expected in zip(arrays, asked, strict=True)
    ]
    return {
        "framework": "Transformers",
        "version": ".".join(transformers.__version__.split(".")[:2]),
        "case": case,
        "captured": {name: list(each.shape) for name, each in found},
        "row_sum_error": float(max(np.abs(each.sum(axis=-1) - 1).max() for each in arrays)),
        "output_difference": float(max(*differences, np.abs(output - alone)[REAL].max())),
        "allowed": FLOAT32,
    }


def main() -> None:
    """Print a row for each model and implementation."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    transformers.AttentionInterface.register("hidden_kernel", hidden)
    for name, made in MODELS.items():
        for implementation in ("sdpa", "eager"):
            print(json.dumps(row(f"{name}, `{implementation}`", made(), implementation)))
        case = f"{name}, a kernel that cannot be seen into: run as `sdpa`"
        print(json.dumps(row(case, made(), "hidden_kernel")))


if __name__ == "__main__":
    main()
