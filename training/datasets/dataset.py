"""A domain's data as a scenario takes it: interactions, split, features, words, origin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.datasets.domain import Domain, Origin, Words
from training.features.text_encoder import TextEncoder
from training.preprocessing.features import FeatureEncoder, Features
from training.preprocessing.interactions import Interactions
from training.preprocessing.preparation import Prepared, SplitKind
from training.preprocessing.report import DropReport
from training.preprocessing.splitting import Split, global_time_split, leave_one_out, time_cuts

__all__ = ["Dataset", "Domain", "Loading", "Origin", "Words", "assemble", "split_again"]


@dataclass(frozen=True)
class Dataset:
    """Everything a scenario needs to train.

    Attributes:
      interactions: the histories.
      split: what of them may be learned from.
      features: what else models may attend to.
      encoder: what was learned to make the features; save it with the model.
      report: what was dropped.
      words: what the domain calls things.
      origin: where the data is from.
      repeats: an item may come again, so seen items must stay candidates.
      public_attributes: attributes of users that may be written to a log.
    """

    interactions: Interactions
    split: Split
    features: Features
    encoder: FeatureEncoder
    report: DropReport
    words: Words
    origin: Origin
    repeats: bool = False
    public_attributes: frozenset[str] = frozenset()

    @property
    def domain(self) -> Domain:
        """Return what a training calls things, and what it must say of them."""
        return Domain(self.words, self.origin.label, self.repeats)


@dataclass(frozen=True)
class Loading:
    """How any of the data sets is loaded.

    Attributes:
      split: how validation and test items are held out.
      text_encoder: what makes vectors of texts; none are made without.
      cache: directory in which vectors are kept.
      max_users: so many users, spread evenly; all if `None`.
    """

    split: SplitKind = "leave_one_out"
    text_encoder: TextEncoder | None = None
    cache: Path | None = None
    max_users: int | None = None


def assemble(
    data: Prepared,
    loading: Loading,
    *,
    words: Words,
    origin: Origin,
    repeats: bool = False,
    public_attributes: frozenset[str] = frozenset(),
) -> Dataset:
    """Return the data set of `data`, with features learned from its training part."""
    interactions, split = data.interactions, data.split
    if loading.max_users is not None:
        interactions = interactions.first_users(loading.max_users)
        split = split_again(interactions, loading.split, data.cuts)
    encoder = FeatureEncoder.learn(interactions, split, loading.text_encoder)
    return Dataset(
        interactions=interactions,
        split=split,
        features=encoder.encode(interactions, loading.cache),
        encoder=encoder,
        report=data.report,
        words=words,
        origin=origin,
        repeats=repeats,
        public_attributes=public_attributes,
    )


def split_again(
    interactions: Interactions, kind: SplitKind, cuts: tuple[float, float] | None = None
) -> Split:
    """Return the split of interactions that were prepared before.

    Raises:
      ValueError: it is to be by time, and there are no times.
    """
    if kind == "leave_one_out":
        return leave_one_out(interactions.sequences)
    if interactions.timestamps is None:
        raise ValueError("this data has no times: split it with leave_one_out")
    times = interactions.timestamps
    return global_time_split(interactions.sequences, times, cuts or time_cuts(times))
