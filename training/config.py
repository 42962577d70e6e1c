"""What one training run is: frozen, so that it can be logged as hyperparameters and repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

ARCHITECTURES = {
    "sasrec": "SASRec",
    "bert4rec": "BERT4Rec",
    "feature_attention": "FeatureAttention",
}
SIMILARITIES = ("scaled_dot_product", "bilinear")
SCORINGS = ("mlp", "dot")
LOSSES = ("auto", "full_softmax", "sampled_softmax", "gbce")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
STRATEGIES = ("none", "mirrored", "multiworker")

FULL_SOFTMAX_ITEMS = 50_000  # above, logits of all items at all positions cost too much


def _one_of(name: str, value: str, choices: Any) -> None:
    if value not in choices:
        raise ValueError(f"{name}={value!r}: must be one of {', '.join(choices)}")


@dataclass(frozen=True)
class ModelConfig:
    """The shape of a model.

    Attributes:
      architecture: `"sasrec"`, `"bert4rec"` or `"feature_attention"`.
      history_length: newest items a model sees.
      dimension: of an item's embedding.
      heads: of each attention layer.
      layers: of self-attention (`feature_attention` has one).
      dropout: share that is dropped in training.
      similarity: of `feature_attention`: `"scaled_dot_product"` or `"bilinear"`.
      scoring: of `feature_attention`: `"mlp"` or `"dot"`.
    """

    history_length: int = 50
    dimension: int = 64
    heads: int = 4
    layers: int = 2
    dropout: float = 0.3
    architecture: str = "sasrec"
    similarity: str = "scaled_dot_product"
    scoring: str = "mlp"

    def __post_init__(self) -> None:
        """Refuse heads that do not share the dimension evenly, and unknown names."""
        _one_of("architecture", self.architecture, ARCHITECTURES)
        _one_of("similarity", self.similarity, SIMILARITIES)
        _one_of("scoring", self.scoring, SCORINGS)
        if self.dimension % self.heads:
            raise ValueError(
                f"dimension {self.dimension} is not a multiple of {self.heads} heads: "
                f"try {self.heads * max(1, self.dimension // self.heads)}"
            )


@dataclass(frozen=True)
class LossConfig:
    """What is minimised.

    Attributes:
      name: `"full_softmax"`, `"sampled_softmax"`, `"gbce"`, or `"auto"`: the first below 50 000
        items, the second above.
      negatives: drawn for the last two.
      popularity: sampled softmax draws an item in proportion to its count to this power.
      gbce_t: calibration of gBCE, 0 (none) to 1 (full).
      seed: of what is drawn.
    """

    name: str = "auto"
    negatives: int = 256
    popularity: float = 0.5
    gbce_t: float = 0.75
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        _one_of("loss", self.name, LOSSES)
        if self.negatives < 1:
            raise ValueError(f"negatives={self.negatives}: must be 1 or more")
        if not 0 <= self.gbce_t <= 1:
            raise ValueError(f"gbce_t={self.gbce_t}: must be from 0 to 1")

    def resolved(self, item_count: int) -> str:
        """Return the loss that `"auto"` stands for with so many items."""
        if self.name != "auto":
            return self.name
        return "full_softmax" if item_count <= FULL_SOFTMAX_ITEMS else "sampled_softmax"


@dataclass(frozen=True)
class FitConfig:
    """How a model is trained.

    Attributes:
      epochs: how often the training goes through the data.
      batch_size: windows (or examples) in a batch, over all replicas.
      learning_rate: of Adam.
      seed: of weights, batches and dropout.
      max_users: train on so many users only.
      accumulate: batches whose gradients make one step.
      precision: Keras' dtype policy.
      patience: epochs without a better validation NDCG@10 before stopping; `None`: never stop.
      mask_share: of BERT4Rec's training items.
      examples_per_user: of FeatureAttention, in an epoch.
      strategy: `"none"`, `"mirrored"` or `"multiworker"`.
    """

    epochs: int = 5
    batch_size: int = 128
    learning_rate: float = 1e-3
    seed: int = 0
    max_users: int | None = None
    accumulate: int = 1
    precision: str = "float32"
    patience: int | None = None
    mask_share: float = 0.2
    examples_per_user: int = 8
    strategy: str = "none"

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        _one_of("precision", self.precision, PRECISIONS)
        _one_of("strategy", self.strategy, STRATEGIES)
        for name in ("epochs", "batch_size", "accumulate", "examples_per_user"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: must be 1 or more")


@dataclass(frozen=True)
class LoggingConfig:
    """What is logged of it."""

    cohort_size: int = 8
    every_steps: int = 1
    max_overhead: float | None = 0.05  # of the training's own time
    top_k: int = 10
    models: bool = True  # portable ones, which the tab replays
    candidates: int = 8  # whose attention over features is logged, FeatureAttention only


@dataclass(frozen=True)
class RunConfig:
    """Everything that makes a run."""

    model: ModelConfig = field(default_factory=ModelConfig)
    fit: FitConfig = field(default_factory=FitConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    logging: LoggingConfig = field(default_factory=LoggingConfig)

    def hyperparameters(self) -> dict[str, int | float | str]:
        """Return model, loss and fit settings, flat, for TensorBoard's HParams."""
        loss = {
            ("loss" if name == "name" else name): value
            for name, value in asdict(self.loss).items()
            if name != "seed"
        }
        flat = {**asdict(self.model), **loss, **asdict(self.fit)}
        return {name: value for name, value in flat.items() if value is not None}

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> RunConfig:
        """Return the configuration `as_json` described."""
        return cls(
            model=ModelConfig(**content["model"]),
            fit=FitConfig(**content["fit"]),
            loss=LossConfig(**content["loss"]),
            logging=LoggingConfig(**content["logging"]),
        )
