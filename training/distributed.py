"""Training on several devices or machines, with a loop of our own around Keras' `train_step`.

Keras 3's `fit` fails under `MultiWorkerMirroredStrategy` (docs/decisions), while its optimizers do
sum gradients over replicas. So batches, callbacks and progress are handled here, and what a step
does stays Keras'. Every replica gets its rows of the same global batch; no data is exchanged.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import tensorflow as tf


def strategy_of(name: str) -> Any | None:
    """Return the `tf.distribute` strategy called `name`; `None` for `"none"`.

    To be called before anything else of TensorFlow: several workers find each other here, as
    `TF_CONFIG` says.

    Raises:
      ValueError: `"multiworker"` without a `TF_CONFIG` that names workers.
    """
    if name == "mirrored":
        devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([device.name for device in devices])
    if name == "multiworker":
        cluster = json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster", {})
        if not cluster.get("worker"):
            raise ValueError(
                "strategy multiworker needs TF_CONFIG in the environment of every worker, such as "
                '{"cluster": {"worker": ["a:2222", "b:2222"]}, "task": {"type": "worker", '
                '"index": 0}}'
            )
        return tf.distribute.MultiWorkerMirroredStrategy()
    return None


def is_chief(strategy: Any | None) -> bool:
    """Tell whether this process is the one that writes: the only one, or worker 0."""
    resolver = getattr(strategy, "cluster_resolver", None)
    return resolver is None or not resolver.task_id


def scope_of(strategy: Any | None) -> AbstractContextManager[Any]:
    """Return the strategy's scope, in which models are made."""
    return nullcontext() if strategy is None else strategy.scope()


def steps_of(model: Any) -> int:
    """Return the steps the model's optimizer took, on one device or on many."""
    return int(keras.ops.convert_to_numpy(model.optimizer.iterations))


def fit(
    model: Any,
    batches: Any,
    strategy: Any,
    *,
    epochs: int,
    initial_epoch: int,
    callbacks: Sequence[keras.callbacks.Callback],
    verbose: int,
) -> None:
    """Do what `model.fit(batches, ...)` does, over the replicas of `strategy`.

    Args:
      model: compiled and built in the strategy's scope.
      batches: a `PyDataset` of global batches, the same in every process.
      strategy: see `strategy_of`.
      epochs: as of `fit`.
      initial_epoch: as of `fit`.
      callbacks: as of `fit`.
      verbose: 0 for no progress bar.

    Raises:
      ValueError: a batch has fewer rows than there are replicas.
    """
    replicas = strategy.num_replicas_in_sync
    if len(keras.tree.flatten(batches[0])[0]) < replicas:
        raise ValueError(f"a batch has fewer rows than the {replicas} replicas: use larger batches")
    with strategy.scope():
        model.optimizer.build(model.trainable_variables)

    @tf.function
    def step(batch: Any) -> Any:
        logs = strategy.run(model.train_step, args=(batch,))
        return strategy.reduce(tf.distribute.ReduceOp.MEAN, logs["loss"], axis=None)

    watching = keras.callbacks.CallbackList(
        list(callbacks),
        add_progbar=verbose != 0,
        model=model,
        epochs=epochs,
        steps=len(batches),
        verbose=verbose,
    )
    model.stop_training = False
    watching.on_train_begin()
    batches.on_epoch_end()  # as `fit` does, so batches are those of a training on one device
    for epoch in range(initial_epoch, epochs):
        model.reset_metrics()
        watching.on_epoch_begin(epoch)
        logs: dict[str, Any] = {}
        for number in range(len(batches)):
            watching.on_train_batch_begin(number)
            logs = {"loss": float(step(_parts(strategy, batches[number])))}
            watching.on_train_batch_end(number, logs)
        batches.on_epoch_end()
        watching.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    watching.on_train_end(logs)


def _parts(strategy: Any, batch: Any) -> Any:
    """Return `batch` with each array's rows dealt out to the replicas of this process."""
    replicas = strategy.num_replicas_in_sync

    def dealt(array: Any) -> Any:
        return strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(array[context.replica_id_in_sync_group :: replicas])
        )

    return keras.tree.map_structure(dealt, batch)
