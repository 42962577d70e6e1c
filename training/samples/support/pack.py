"""Packs a sample of BANKING77 and CLINC150: what customers ask, and which intent it is.

`python training/samples/support/pack.py BANKING77_DIR CLINC_JSON DOMAINS_JSON OUTPUT` gives the
same bytes every time. A query is in the part (train or test) it has in its own data set; queries
that are out of scope, which have no intent, are left out.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import random
from collections import defaultdict
from pathlib import Path

Row = tuple[str, str, str, str, str]  # source, part, domain, intent, text
PER_INTENT = {"train": 40, "test": 10}


def banking77(directory: Path) -> list[Row]:
    """Return the rows of `train.csv` and `test.csv`, packed with gzip or not."""
    rows = []
    for part in PER_INTENT:
        [path] = sorted(directory.glob(f"{part}.csv*"))
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                rows.append(("BANKING77", part, "bank", line["category"], _clean(line["text"])))
    return rows


def clinc150(data: Path, domains: Path) -> list[Row]:
    """Return the rows of `data_full.json`, with the domain `domains.json` gives an intent."""
    opened = gzip.open if data.suffix == ".gz" else open
    with opened(data, "rt", encoding="utf-8") as file:
        parts = json.load(file)
    domain_of = {
        intent: domain
        for domain, intents in json.loads(domains.read_text()).items()
        for intent in intents
    }
    return [
        ("CLINC150", part, domain_of[intent], intent, _clean(text))
        for part in PER_INTENT
        for text, intent in parts[part]
    ]


def sample(rows: list[Row], seed: int = 0) -> list[Row]:
    """Return at most `PER_INTENT` different queries of each part and intent."""
    chooser = random.Random(seed)
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in sorted(set(rows)):
        groups[row[0], row[3], row[1]].append(row)
    chosen = [
        chooser.sample(group, min(PER_INTENT[part], len(group)))
        for (_, _, part), group in sorted(groups.items())
    ]
    return sorted(row for group in chosen for row in group)


def write(rows: list[Row], path: Path) -> None:
    """Write `rows` as CSV packed with gzip, without a time."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("source", "part", "domain", "intent", "text"))
    writer.writerows(rows)
    path.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))


def _clean(text: str) -> str:
    return " ".join(text.split())


def main() -> None:
    """Pack the files named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("banking77", "clinc150", "domains", "output"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    rows = sample(banking77(options.banking77) + clinc150(options.clinc150, options.domains))
    write(rows, options.output)
    print(f"{len(rows)} queries, {options.output.stat().st_size} B")


if __name__ == "__main__":
    main()
