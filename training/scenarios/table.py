"""The six scenarios. What differs between them is here, and in `training/datasets`."""

from __future__ import annotations

from dataclasses import replace

from training.arguments import Defaults
from training.config import FitConfig, LoggingConfig, LossConfig, ModelConfig, RunConfig
from training.datasets import ecommerce, finance, movies, music, news, support
from training.scenarios.scenario import Scenario


def _defaults(
    history_length: int, epochs: int, feature_epochs: int, negatives: int = 64
) -> Defaults:
    """Return settings of a domain.

    Args:
      history_length: newest items a model sees.
      epochs: of SASRec and BERT4Rec.
      feature_epochs: of FeatureAttention.
      negatives: drawn for each of its examples.
    """
    model = ModelConfig(history_length=history_length, dimension=64, heads=4, layers=2, dropout=0.3)
    fit = FitConfig(epochs=epochs, batch_size=64, learning_rate=1e-3)
    loss = LossConfig(negatives=negatives)
    usual = RunConfig(model, fit, loss, LoggingConfig())
    # FeatureAttention takes a higher rate and less dropout. On the dialogues a run of 2 epochs at
    # 0.001 reached NDCG@10 0.05, and one of 4 epochs at 0.004 0.76: they differed in users, dropout
    # and negatives too, so this does not say how much of it is due to the rate.
    features = replace(
        usual,
        model=replace(model, dropout=0.1),
        fit=replace(fit, epochs=feature_epochs, learning_rate=4e-3),
    )
    # To see that it works, not how well.
    return Defaults(usual, replace(fit, epochs=2, max_users=1000), features)


ECOMMERCE = Scenario(
    "ecommerce",
    "E-commerce: what a customer of a UK gift shop buys next (UCI Online Retail II, shipped).",
    ecommerce.load,
    "the sheet of Online Retail II as Parquet or CSV; without it, the shipped purchases",
    folder=False,
    defaults=_defaults(history_length=50, epochs=20, feature_epochs=8),
)
SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        ECOMMERCE,
        Scenario(
            "movies",
            "Movies: what a viewer rates next (MovieLens-100k, from a path or an installed "
            "recbole).",
            movies.load,
            "a directory of RecBole's ml-100k files, which `python -m training.datasets.movies "
            "DIRECTORY` fetches; without it, that of an installed recbole",
            folder=True,
            defaults=_defaults(history_length=50, epochs=20, feature_epochs=8),
        ),
        Scenario(
            "news",
            "News: which category a visitor of MSNBC.com turns to next (a sample, shipped).",
            news.load,
            "visits packed by training/samples/news/pack.py; without it, the shipped sample",
            folder=False,
            defaults=_defaults(history_length=20, epochs=5, feature_epochs=4, negatives=32),
        ),
        Scenario(
            "support",
            "Customer service: which answer a query needs (BANKING77 and CLINC150, shipped; "
            "dialogues are built).",
            support.load,
            "queries with columns source, part, domain, intent, text, as CSV or Parquet; without "
            "it, the shipped ones",
            folder=False,
            defaults=_defaults(history_length=12, epochs=10, feature_epochs=4),
        ),
        Scenario(
            "finance",
            "Finance: which instrument a customer buys next (FAR-Trans from a path, else a "
            "synthetic sample).",
            finance.load,
            "the directory of FAR-Trans; without it, a sample is generated, and called synthetic",
            folder=True,
            defaults=_defaults(history_length=20, epochs=10, feature_epochs=20),
        ),
        Scenario(
            "music",
            "Music: which artist a listener takes to next, with friends (HetRec Last.fm from a "
            "path, else a synthetic sample).",
            music.load,
            "the directory of HetRec 2011 Last.fm; without it, a sample is generated, and called "
            "synthetic",
            folder=True,
            defaults=_defaults(history_length=30, epochs=15, feature_epochs=20),
        ),
    )
}
