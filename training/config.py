"""What one training run is: frozen, so that it can be logged as hyperparameters and repeated."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class ModelConfig:
    """The shape of a SASRec model."""

    history_length: int = 50
    dimension: int = 64
    heads: int = 4
    layers: int = 2
    dropout: float = 0.3

    def __post_init__(self) -> None:
        """Refuse heads that do not share the dimension evenly."""
        if self.dimension % self.heads:
            raise ValueError(
                f"dimension {self.dimension} is not a multiple of {self.heads} heads: "
                f"try {self.heads * max(1, self.dimension // self.heads)}"
            )


@dataclass(frozen=True)
class FitConfig:
    """How it is trained."""

    epochs: int = 5
    batch_size: int = 128
    learning_rate: float = 1e-3
    seed: int = 0
    max_users: int | None = None  # train on so many customers only


@dataclass(frozen=True)
class LoggingConfig:
    """What is logged of it."""

    cohort_size: int = 8
    every_steps: int = 1
    max_overhead: float | None = 0.05  # of the training's own time
    top_k: int = 10


@dataclass(frozen=True)
class RunConfig:
    """Everything that makes a run."""

    model: ModelConfig = field(default_factory=ModelConfig)
    fit: FitConfig = field(default_factory=FitConfig)
    logging: LoggingConfig = field(default_factory=LoggingConfig)

    def hyperparameters(self) -> dict[str, int | float]:
        """Return model and fit settings, flat, for TensorBoard's HParams."""
        flat = {**asdict(self.model), **asdict(self.fit)}
        return {name: value for name, value in flat.items() if value is not None}
