"""What a transformer is made of besides products: normalisation, softmax, activations, in float32.

Written for speed on one core: each works in blocks that stay in the cache, or in place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MASKED = np.float32(-1e9)  # a logit that is ruled out: its exponential is 0
_UNTHREADED = 1 << 17  # multiplications: OpenBLAS' threads begin at 2^18
_LEAST_ROWS = 8  # fewer at a time would cost more than threads do
_BLOCK = 1 << 15  # numbers that are worked on at once

# erf(x) = x P(x^2) / Q(x^2) for |x| <= 4, within 2e-7: the rational of Eigen and XLA, which
# TensorFlow computes gelu with.
_CLIP = np.float32(3.9999999)
_P = [-2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05]
_P += [-7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02]
_Q = [-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03]
_Q += [-7.37332916720468e-03, -1.42647390514189e-02]
_ROOT_HALF = np.float32(np.sqrt(0.5))


def product(x: Floats, weight: Floats) -> Floats:
    """Return `x [..., in] @ weight [in, out]`, a few rows at a time.

    OpenBLAS wakes a second thread for larger products. That is no faster here, and on a machine
    with other work it is waited for: the 95th percentile of a what-if was 130 ms, and is 13 ms so.
    """
    if x.ndim > 2:
        flat = product(x.reshape(-1, x.shape[-1]), weight)
        return flat.reshape(*x.shape[:-1], weight.shape[1])
    rows = _UNTHREADED // weight.size
    whole = len(x) // rows * rows if rows >= _LEAST_ROWS else 0
    if whole == 0:
        return np.asarray(x @ weight, np.float32)
    found = np.empty((len(x), weight.shape[1]), np.float32)
    parts = x[:whole].reshape(-1, rows, x.shape[1])
    np.matmul(parts, weight, out=found[:whole].reshape(-1, rows, weight.shape[1]))
    if whole < len(x):
        np.matmul(x[whole:], weight, out=found[whole:])
    return found


def normalised(x: Floats, scale: Floats, offset: Floats, epsilon: float) -> Floats:
    """Return `x [..., dimension]` with mean 0 and variance 1, scaled and shifted."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.einsum("...d,...d->...", centred, centred) / np.float32(x.shape[-1])
    centred *= (1 / np.sqrt(variance + np.float32(epsilon)))[..., None]
    centred *= scale
    centred += offset
    return np.asarray(centred, np.float32)


def softmax(logits: Floats) -> Floats:
    """Return the softmax of `logits` over their last axis, made in place."""
    logits -= logits.max(axis=-1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=-1, keepdims=True)
    return logits


def erf(x: Floats) -> Floats:
    """Return the error function of `x`, within 5e-7."""
    clipped = np.clip(x, -_CLIP, _CLIP)
    square = clipped * clipped
    return np.asarray(clipped * _polynomial(_P, square) / _polynomial(_Q, square), np.float32)


def _polynomial(coefficients: list[float], x: Floats) -> Floats:
    """Return the polynomial whose highest coefficient is first, by Horner's rule."""
    value: Floats = x * np.float32(coefficients[0])
    for coefficient in coefficients[1:-1]:
        value += np.float32(coefficient)
        value *= x
    value += np.float32(coefficients[-1])
    return value


def gelu(x: Floats) -> Floats:
    """Return `x` times the normal distribution's share below it, made in place."""
    flat = x.reshape(-1)
    for first in range(0, len(flat), _BLOCK):
        block = flat[first : first + _BLOCK]
        share = erf(block * _ROOT_HALF)
        share += 1
        share *= np.float32(0.5)
        block *= share
    return x


def relu(x: Floats) -> Floats:
    """Return `x` where it is positive, else 0, made in place."""
    return np.maximum(x, 0, out=x)


ACTIVATIONS = {"gelu": gelu, "relu": relu}
