"""UCI Online Retail II: purchases of a UK gift retailer, packed with the project or from a path."""

from __future__ import annotations

from pathlib import Path

from training.datasets.dataset import Dataset, Loading, Origin, Words, assemble, split_again
from training.preprocessing.columns import Attributes, Columns, DataSpec
from training.preprocessing.interactions import read_online_retail
from training.preprocessing.outliers import RobustZScore
from training.preprocessing.preparation import Prepared, prepare
from training.preprocessing.readers import read_table
from training.preprocessing.report import DropReport
from training.preprocessing.rules import does_not_match, not_positive, starts_with
from training.preprocessing.tables import Table, Tables

PACKED = Path(__file__).parents[2] / "demo" / "data" / "online_retail_ii.npz"
ORIGIN = Origin(
    "real",
    "UCI Online Retail II, 2009-2010",
    "Chen, D. (2019), doi:10.24432/C5CG6D, CC BY 4.0.",
)
WORDS = Words(
    item="product",
    items="products",
    user="customer",
    users="customers",
    interaction="purchase",
    fields={"price": "price band (£)", "country": "country"},
)
SPEC = DataSpec(
    interactions=Columns("customer_id", "stock_code", "time", numeric=("quantity", "price")),
    items=Attributes("stock_code", title="description", numeric=("price",), text=("description",)),
    users=Attributes("customer_id", categorical=("country",)),
    rules=(
        starts_with("invoice", "C", "cancelled: the invoice starts with C"),
        not_positive("quantity", "quantity is not positive: returned, broken or lost"),
        not_positive("price", "price is not positive: a gift or a correction"),
        does_not_match(
            "stock_code", r"\d{5}[A-Za-z]{0,2}", "no product code: postage, fees, samples"
        ),
    ),
    outliers=(
        RobustZScore("quantity", limit=6.0, logarithm=True),
        RobustZScore("price", limit=6.0, logarithm=True),
    ),
    first_only=True,
    min_interactions=5,
)


def load(path: Path | None = None, loading: Loading = Loading()) -> Dataset:  # noqa: B008
    """Return the shipped purchases, or those of the sheet in `path` (Parquet or CSV).

    The shipped file has no quantities, so fences are only set in a sheet.

    Raises:
      TableError: `path` is not a sheet of Online Retail II.
    """
    data = _packed(loading) if path is None else _sheet(path, loading)
    return assemble(
        data, loading, words=WORDS, origin=ORIGIN, public_attributes=frozenset({"country"})
    )


def _packed(loading: Loading) -> Prepared:
    interactions = read_online_retail(PACKED)
    report = DropReport(PACKED.name, sum(map(len, interactions.sequences)))
    report.notes.append("was cleaned when it was packed: see demo/data/README.md")
    return Prepared(interactions, split_again(interactions, loading.split), report)


def _sheet(path: Path, loading: Loading) -> Prepared:
    table = read_table(path)
    codes = table.column("stock_code").astype(str).str.upper()
    rows = Table(table.name, table.frame.assign(stock_code=codes), table.types)
    return prepare(Tables(rows, _products(rows), _customers(rows)), SPEC, loading.split)


def _products(rows: Table) -> Table:
    """Return one row a product: its most frequent description and its median price.

    Both are facts of a catalogue, which is known before anything is sold.
    """
    frame = rows.frame.assign(price=rows.numbers("price"), description=rows.texts("description"))
    frame = frame[(frame.price > 0) & frame.description.notna()]
    products = frame.groupby("stock_code").agg(
        description=("description", lambda texts: " ".join(texts.value_counts().index[0].split())),
        price=("price", "median"),
    )
    return Table(rows.name, products.reset_index())


def _customers(rows: Table) -> Table:
    return Table(rows.name, rows.frame.drop_duplicates("customer_id").reset_index(drop=True))
