"""Where a feed can be delivered to. One module per type, registered by the word that YAML uses for it.

A destination takes a folder of finished, checked files and makes them the receiver's, the manifest last; it knows
nothing of differences or the ledger. Secrets come from the environment, never from YAML.
"""

from dagster_project.activation.feeds.destinations.folder import FolderDestination
from dagster_project.activation.feeds.destinations.protocol import (
    MANIFEST,
    Destination,
    DestinationFailed,
    Receipt,
)
from dagster_project.activation.feeds.destinations.registry import (
    DestinationFaults,
    checked_destination,
    destination_identity,
    open_destination,
    register,
)

__all__ = [
    "MANIFEST",
    "Destination",
    "DestinationFailed",
    "DestinationFaults",
    "FolderDestination",
    "Receipt",
    "checked_destination",
    "destination_identity",
    "open_destination",
    "register",
]
