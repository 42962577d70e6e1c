"""Packs UCI Online Retail II into the one small file the demo ships: interactions and item names.

`python demo/data/pack.py online_retail_2009_2010.parquet demo/data/online_retail_ii.npz` gives the
same bytes every time. It keeps no invoice, no quantity and no row a person could be known by
beyond the data set's own customer numbers, which are replaced by a running number.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

CORE = 5  # every kept customer and item has at least this many interactions
PRODUCT_CODE = r"\d{5}[A-Za-z]{0,2}"  # others are postage, fees, samples, manual entries
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def clean(rows: pd.DataFrame) -> pd.DataFrame:
    """Return real purchases of products by known customers, in order of time."""
    bought = rows[
        ~rows.invoice.str.startswith("C")
        & (rows.quantity > 0)
        & (rows.price > 0)
        & rows.customer_id.notna()
        & rows.stock_code.str.fullmatch(PRODUCT_CODE)
    ].copy()
    bought["stock_code"] = bought.stock_code.str.upper()
    bought["time"] = pd.to_datetime(bought.time)
    return bought.sort_values("time", kind="stable")


def first_purchases(bought: pd.DataFrame) -> pd.DataFrame:
    """Return each customer's first purchase of each product."""
    return bought.drop_duplicates(["customer_id", "stock_code"])


def core(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what is left when customers and items with fewer than `CORE` rows are taken out."""
    while True:
        per_user = rows.customer_id.map(rows.customer_id.value_counts())
        per_item = rows.stock_code.map(rows.stock_code.value_counts())
        kept = rows[(per_user >= CORE) & (per_item >= CORE)]
        if len(kept) == len(rows):
            return kept
        rows = kept


def titles(bought: pd.DataFrame, codes: list[str]) -> list[str]:
    """Return each product's most frequent description, with single spaces."""
    names = bought.dropna(subset="description").groupby("stock_code").description
    best = names.agg(lambda texts: texts.str.strip().value_counts().index[0])
    return [" ".join(str(best.get(code, code)).split()) for code in codes]


def pack(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the arrays of the packed file; docs in demo/data/README.md."""
    bought = clean(rows)
    kept = core(first_purchases(bought))
    kept = kept.sort_values(["customer_id", "time"], kind="stable")
    customers = sorted(kept.customer_id.unique())
    codes = sorted(kept.stock_code.unique())
    countries = sorted(kept.country.unique())
    user = kept.customer_id.map({name: n for n, name in enumerate(customers)})
    minutes = (kept.time - kept.time.min()).dt.total_seconds() // 60
    country = kept.groupby("customer_id").country.first()
    prices = bought.groupby("stock_code").price.median()
    return {
        "interactions_per_user": user.value_counts(sort=False).sort_index().to_numpy(np.uint16),
        "item": kept.stock_code.map({code: n for n, code in enumerate(codes)}).to_numpy(np.uint16),
        "minutes": np.diff(minutes.to_numpy(np.int64), prepend=0).astype(np.int32),
        "country": np.array([countries.index(country[name]) for name in customers], np.uint8),
        "country_names": np.frombuffer("\n".join(countries).encode(), np.uint8),
        "item_codes": np.frombuffer("\n".join(codes).encode(), np.uint8),
        "item_titles": np.frombuffer("\n".join(titles(bought, codes)).encode(), np.uint8),
        "item_price_pence": np.rint(100 * prices.loc[codes].to_numpy()).astype(np.uint32),
    }


def write(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Write `arrays` as an .npz without timestamps, so that packing again gives the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array, allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", _FIXED_TIME),
                buffer.getvalue(),
                zipfile.ZIP_DEFLATED,
                9,
            )


def main() -> None:
    """Pack the file named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parquet", type=Path, help="all rows of sheet 'Year 2009-2010'")
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    arrays = pack(pd.read_parquet(options.parquet))
    write(arrays, options.output)
    print(
        f"{len(arrays['item'])} interactions, {len(arrays['interactions_per_user'])} customers, "
        f"{len(arrays['item_price_pence'])} items, {options.output.stat().st_size} bytes"
    )


if __name__ == "__main__":
    main()
