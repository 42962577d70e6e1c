"""The writer's side: from arrays in a training loop to records in an event file."""

from tensorboard_plugin_attn.logging.entries import UserRecommendations
from tensorboard_plugin_attn.logging.queue import QueueLimits
from tensorboard_plugin_attn.logging.status import WriterStatus
from tensorboard_plugin_attn.logging.writer import AttentionWriter

__all__ = ["AttentionWriter", "QueueLimits", "UserRecommendations", "WriterStatus"]
