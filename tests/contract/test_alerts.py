"""Alerts mean the same in TensorBoard's Text tab, in our tab and in the glossary."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from tensorboard_plugin_attn.analysis import alerts
from tensorboard_plugin_attn.analysis.alerts import LIMITS
from tensorboard_plugin_attn.logging.alert_text import SENTENCES

ROOT = Path(__file__).parents[2]
RULES = ROOT / "frontend" / "src" / "analysis" / "alerts.ts"
WORDS = ROOT / "frontend" / "src" / "i18n" / "en_pictures.ts"


def block(text: str, begin: str, end: str) -> str:
    """Return what stands between two marks, both of which must be there."""
    _, found, rest = text.partition(begin)
    inner, ended, _ = rest.partition(end)
    assert found and ended, begin
    return inner


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def test_the_tab_has_the_same_limits() -> None:
    source = block(RULES.read_text(), "export const LIMITS = {", "}")
    theirs = {name: float(value) for name, value in re.findall(r"(\w+): ([\d.]+),", source)}
    assert theirs == {camel(name): value for name, value in dataclasses.asdict(LIMITS).items()}


def test_the_tab_knows_the_same_kinds_in_the_same_order() -> None:
    source = block(RULES.read_text(), "export const KINDS = [", "]")
    assert tuple(re.findall(r"'(\w+)'", source)) == alerts.KINDS


def test_the_tab_says_the_same_sentences() -> None:
    source = block(WORDS.read_text(), "  alerts: {", "\n  },") + "\n"
    assert set(SENTENCES) == set(alerts.KINDS)
    for kind, sentence in SENTENCES.items():
        theirs = block(source, f"    {kind}: (mean: string, steps: string) =>", ",\n")
        spoken = "".join(re.findall(r"[`'](.*?)[`']", theirs, re.DOTALL))
        assert spoken.replace("${", "{") == sentence


def test_the_glossary_has_the_same_limits() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text()
    section = block(glossary, "### Alerts", "\n## ")
    for name, value in dataclasses.asdict(LIMITS).items():
        assert f"`{name}` {value:g}" in section, name
    assert f"`ENDS_BELOW` {alerts.ENDS_BELOW:g}" in section
