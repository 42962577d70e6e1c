"""Attention from a TensorFlow loop of one's own, through tf.summary's default writer."""

import sys

import tensorflow as tf

from tensorboard_plugin_attn import Cohort, Item, User, summary

ITEMS = {f"i{number}": Item(f"i{number}", f"Item {number}") for number in range(1, 9)}
COHORT = Cohort(
    users=(
        User("anna", history=["i1", "i2", "i3", "i4"], target="i5"),
        User("boris", history=["i4", "i6", "i7", "i8"], target="i1"),
    ),
    items=ITEMS,
)


@tf.function
def train_step(queries: tf.Tensor, keys: tf.Tensor, step: tf.Tensor) -> None:
    """Stand for a model's step: attention comes out of it."""
    scores = tf.matmul(queries, keys, transpose_b=True)  # [user, head, query, key]
    mask = tf.linalg.band_part(tf.ones_like(scores), -1, 0)
    weights = tf.nn.softmax(tf.where(mask > 0, scores, -1e9))
    summary.attention("block_0", weights, step=step, causal=True)


def main(logdir: str) -> None:
    """Log twenty steps of a run."""
    random = tf.random.Generator.from_seed(0)
    keys = random.normal((2, 2, 4, 8))  # [user, head, key, dimension]
    with tf.summary.create_file_writer(f"{logdir}/run1").as_default():
        summary.catalogue(COHORT)
        for step in range(20):
            queries = keys * step / 10 + random.normal((2, 2, 4, 8))
            train_step(queries, keys, tf.constant(step, tf.int64))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "logs")
