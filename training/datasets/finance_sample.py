"""Generates transactions in the schema of FAR-Trans, with structure that is planted.

Nothing here is a person, a market or advice. Every name starts with "Synthetic" or "synthetic".

Planted, so that a good model can be told from a bad one:
1. A customer's risk level decides the kind: Conservative customers buy bonds with 70%, Aggressive
   ones stocks with 70%, the others as they like.
2. Four of five customers have a favourite sector, and two of three of their stocks are of it.
3. After an instrument its successor (the next number of the same kind) follows with 30%.
4. One purchase in 200 has a value 1000 times too large, and one row in ten is a sale.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import pandas as pd

from training.preprocessing.tables import Table, Tables

KINDS = {"Stock": 80, "Bond": 60, "MTF": 60}  # MTF: mutual funds, as FAR-Trans calls them
SECTORS = ("Technology", "Industrials", "Healthcare", "Financial Services", "Consumer Cyclical")
RISKS = ("Conservative", "Income", "Balanced", "Aggressive")
P_KIND = {
    "Conservative": {"Bond": 0.7, "MTF": 0.25, "Stock": 0.05},
    "Aggressive": {"Bond": 0.05, "MTF": 0.25, "Stock": 0.7},
}
P_SUCCESSOR, P_FAVOURITE, P_SALE, P_TYPING_ERROR = 0.3, 2 / 3, 0.1, 1 / 200
_FIRST_DAY = pd.Timestamp("2020-01-02")


@dataclass(frozen=True)
class Market:
    """The instruments: number in the kind by ISIN-like id."""

    assets: pd.DataFrame

    @classmethod
    def open(cls) -> Market:
        """Return all instruments."""
        rows = []
        for kind, count in KINDS.items():
            for number in range(count):
                sector = SECTORS[number % len(SECTORS)] if kind == "Stock" else None
                sub = {"Bond": ("Government", "Corporate"), "MTF": ("Equity", "Balanced", "Bond")}
                choices = sub.get(kind)
                rows.append(
                    {
                        "ISIN": f"SYN{kind.upper()}{number:04d}",
                        "assetName": f"Synthetic {sector or kind} {number:03d}",
                        "assetCategory": kind,
                        "assetSubCategory": choices and choices[number % len(choices)],
                        "marketID": "SYNTHETIC",
                        "sector": sector,
                        "industry": None,
                        "timestamp": "2020-01-02",
                    }
                )
        return cls(pd.DataFrame(rows))

    def successor(self, isin: str) -> str:
        """Return the next instrument of the same kind; the first follows the last."""
        kind, number = isin[3:-4], int(isin[-4:])
        count = next(count for name, count in KINDS.items() if name.upper() == kind)
        return f"SYN{kind}{(number + 1) % count:04d}"

    def draw(self, risk: str, favourite: str | None, chooser: random.Random) -> str:
        """Return an instrument for a customer, by the planted preferences."""
        shares = P_KIND.get(risk, dict.fromkeys(KINDS, 1 / 3))
        [kind] = chooser.choices(list(shares), list(shares.values()))
        number = chooser.randrange(KINDS[kind])
        if kind == "Stock" and favourite is not None and chooser.random() < P_FAVOURITE:
            number = number // len(SECTORS) * len(SECTORS) + SECTORS.index(favourite)
        return f"SYN{kind.upper()}{number:04d}"


def generate(customers: int = 800, seed: int = 0) -> Tables:
    """Return the three tables of synthetic customers; the same seed, the same tables."""
    chooser = random.Random(seed)
    market = Market.open()
    people, rows = [], []
    for number in range(customers):
        risk = RISKS[number % len(RISKS)]
        favourite = chooser.choice(SECTORS) if chooser.random() < 0.8 else None
        customer = f"synthetic-customer-{number}"
        people.append(
            {
                "customerID": customer,
                "customerType": chooser.choice(["Mass", "Premium"]),
                "riskLevel": risk,
                "investmentCapacity": chooser.choice(["CAP_LT30K", "CAP_30K_80K", "CAP_GT80K"]),
                "lastQuestionnaireDate": "2020-01-02",
                "timestamp": "2020-01-02",
            }
        )
        rows += _purchases(customer, risk, favourite, market, chooser)
    transactions = pd.DataFrame(rows)
    transactions.insert(2, "transactionID", range(len(transactions)))
    return Tables(
        interactions=Table("synthetic transactions", transactions),
        items=Table("synthetic assets", market.assets),
        users=Table("synthetic customers", pd.DataFrame(people)),
    )


def _purchases(
    customer: str, risk: str, favourite: str | None, market: Market, chooser: random.Random
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    day, isin = _FIRST_DAY, None
    for _ in range(chooser.randint(8, 40)):
        if isin is not None and chooser.random() < P_SUCCESSOR:
            isin = market.successor(isin)
        else:
            isin = market.draw(risk, favourite, chooser)
        day += pd.Timedelta(days=chooser.randint(1, 20))
        value = round(chooser.lognormvariate(7, 1), 2)
        rows.append(
            {
                "customerID": customer,
                "ISIN": isin,
                "transactionType": "Sell" if chooser.random() < P_SALE else "Buy",
                "timestamp": f"{day:%Y-%m-%d}",
                "totalValue": value * (1000 if chooser.random() < P_TYPING_ERROR else 1),
                "units": float(chooser.randint(1, 100)),
                "channel": chooser.choice(["Internet Banking", "Branch"]),
                "marketID": "SYNTHETIC",
            }
        )
    return rows
