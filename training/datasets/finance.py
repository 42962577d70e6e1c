"""Finance: which instrument a customer buys next, in the schema of FAR-Trans, from a path.

FAR-Trans itself is not shipped. Without a path, a generated sample in its schema takes its place,
and is called synthetic wherever it is shown.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.dataset import Dataset, Loading, Origin, Words, assemble
from training.datasets.finance_sample import generate
from training.preprocessing.columns import Attributes, Columns, DataSpec
from training.preprocessing.outliers import InterquartileRange
from training.preprocessing.preparation import prepare
from training.preprocessing.readers import read_table
from training.preprocessing.rules import not_positive
from training.preprocessing.tables import Tables

FILES = {
    "interactions": "transactions.csv",
    "items": "asset_information.csv",
    "users": "customer_information.csv",
}
REAL = Origin("real", "FAR-Trans, from your path", "Sanz-Cruzado et al. (2024), arXiv:2407.08692.")
SYNTHETIC = Origin(
    "synthetic", "Generated transactions in the schema of FAR-Trans", "No real customer or market."
)
WORDS = Words(
    item="instrument",
    items="instruments",
    user="customer",
    users="customers",
    interaction="purchase",
    fields={
        "assetCategory": "kind",
        "assetSubCategory": "sub-kind",
        "sector": "sector",
        "riskLevel": "risk level",
        "customerType": "customer type",
        "investmentCapacity": "capacity",
    },
)
OF_CUSTOMERS = ("riskLevel", "customerType", "investmentCapacity")
SPEC = DataSpec(
    interactions=Columns(
        "customerID", "ISIN", "timestamp", behaviour="transactionType", numeric=("totalValue",)
    ),
    items=Attributes(
        "ISIN",
        title="assetName",
        categorical=("assetCategory", "assetSubCategory", "sector"),
        text=("assetName", "assetCategory", "sector"),
    ),
    users=Attributes("customerID", categorical=OF_CUSTOMERS),
    behaviours=frozenset({"Buy"}),
    rules=(not_positive("totalValue", "the value is not positive"),),
    outliers=(InterquartileRange("totalValue", limit=3.0, logarithm=True),),
    first_only=True,
    min_interactions=3,
)


def load(path: Path | None = None, loading: Loading = Loading()) -> Dataset:  # noqa: B008
    """Return purchases of FAR-Trans in the directory `path`, or of a generated sample.

    Raises:
      TableError: a file or a column is missing.
    """
    if path is None:
        tables = generate()
    else:
        tables = Tables(**{part: read_table(path / file) for part, file in FILES.items()})
    return assemble(
        prepare(tables, SPEC, loading.split),
        loading,
        words=WORDS,
        origin=SYNTHETIC if path is None else REAL,
        # Of made-up customers everything may be written.
        public_attributes=frozenset(OF_CUSTOMERS if path is None else {"riskLevel"}),
    )
