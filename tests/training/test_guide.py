"""The guide's programs run, in the order in which they stand, on data as it describes it."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "training_data.md"


def test_every_program_of_the_guide_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    people, articles = [f"c{n}" for n in range(6)], [f"a{n}" for n in range(9)]
    bought = [
        (c, a, f"2024-01-{1 + n:02d}", 1 + n % 3) for c in people for n, a in enumerate(articles)
    ]
    bought.append(("c0", "a0", "2024-02-01", -1))
    columns = ["customer", "article", "bought_at", "quantity"]
    pd.DataFrame(bought, columns=columns).to_csv("purchases.csv", index=False)
    described = pd.DataFrame({"article": articles, "name": "a mug", "price": 2.5, "group": "mugs"})
    described.to_csv("articles.csv", index=False)
    pd.DataFrame({"customer": people, "country": "FR"}).to_csv("customers.csv", index=False)
    pd.DataFrame({"customer": ["c0"], "friend": ["c1"]}).to_csv("friends.csv", index=False)
    Path("ml-100k").mkdir()
    lines = ["user_id:token\titem_id:token\ttimestamp:float"]
    lines += [f"{c}\t{a}\t{n}" for c in people for n, a in enumerate(articles)]
    Path("ml-100k/ml-100k.inter").write_text("\n".join(lines))

    programs = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(programs) == 4
    names: dict[str, object] = {}
    for program in programs:
        exec(compile(program, GUIDE.name, "exec"), names)
    printed = capsys.readouterr().out
    assert "SYNTHETIC" in printed
    assert "        1  returned" in printed
    assert (tmp_path / "run" / "features.json").is_file()
