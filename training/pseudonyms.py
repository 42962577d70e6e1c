"""The pseudonyms a log has already: a run that goes on from it calls the same users the same.

Without a key of the operator's each training makes a random one, which is in no file. What it gave
the users is in the log, and that is all that is needed to compare them with themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tensorboard_plugin_attn import Cohort, Privacy
from tensorboard_plugin_attn.reading.event_index import EventIndex
from tensorboard_plugin_attn.reading.runs import Runs

HISTORY = "history"


@dataclass(frozen=True)
class KnownPseudonyms(Privacy):
    """`Privacy` that calls known users what they were called before.

    Attributes:
      known: pseudonym by raw id.
    """

    known: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Settle the key, and that it is not only a random one."""
        super().__post_init__()
        object.__setattr__(self, "random", not self.known)

    def pseudonym(self, user_id: str) -> str:
        """Return what the user was called; else what the key gives."""
        return self.known.get(user_id) or super().pseudonym(user_id)


def going_on(privacy: Privacy, cohort: Cohort, directory: Path) -> Privacy:
    """Return `privacy` with the pseudonyms in the log of the run in `directory`.

    It is returned as it is if it has a key of its own, or if the log is not of these users: as
    many, with these histories.
    """
    if not privacy.random:
        return privacy
    runs = Runs(EventIndex(str(directory)))
    runs.refresh()
    with runs.locked() as known:
        names = [name for name, run in known.items() if run.catalogues]
    for name in names:
        catalogue = runs.catalogue(name)
        histories = [
            [catalogue.items[item].id for item in user.axes[HISTORY].items]
            for user in catalogue.users
            if HISTORY in user.axes
        ]
        if histories == [list(user.history) for user in cohort.users]:
            ids = [user.id for user in cohort.users]
            called = [user.id for user in catalogue.users]
            return KnownPseudonyms(
                privacy.key,
                privacy.user_attributes,
                privacy.user_labels,
                privacy.item_labels,
                dict(zip(ids, called, strict=True)),
            )
    return privacy
