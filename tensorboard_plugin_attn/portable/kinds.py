"""Which architectures there is NumPy code for, by the name a description says."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from tensorboard_plugin_attn import schema
from tensorboard_plugin_attn.portable.description import (
    SEQUENCE,
    SERVED,
    VERSION,
    Description,
    DescriptionError,
    Served,
)
from tensorboard_plugin_attn.portable.feature_description import FEATURES, FeatureDescription

AnyDescription = Description | FeatureDescription | Served


def read_description(text: bytes) -> AnyDescription:
    """Return the description in `text`.

    Raises:
      DescriptionError: it is none, of another version, or over the limits.
    """
    content = _object(text)
    if content.get("version") != VERSION:
        raise DescriptionError("a version this package does not read: upgrade it")
    architecture = content.get("architecture")
    kind = KINDS.get(architecture) if isinstance(architecture, str) else None
    if kind is None:
        raise DescriptionError("an architecture this package does not replay: upgrade it")
    if content.keys() - {field.name for field in fields(kind)}:
        raise DescriptionError("it holds settings this package does not know")
    try:
        return kind(**content)
    except TypeError as error:  # a field is missing
        raise DescriptionError("it is not whole") from error


KINDS: dict[str, type[AnyDescription]] = {
    SEQUENCE: Description,
    FEATURES: FeatureDescription,
    SERVED: Served,
}


def _object(text: bytes) -> dict[str, Any]:
    if len(text) > schema.MAX_DESCRIPTION_BYTES:
        raise DescriptionError("it is too long")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DescriptionError("it is not JSON") from error
    if not isinstance(content, dict):
        raise DescriptionError("it is not an object")
    return content
