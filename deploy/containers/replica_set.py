"""`python -m deploy.containers.replica_set mongodb:27017`: make the replica set of a fresh MongoDB, and wait for its primary."""

import sys
import time

from deploy.local.mongodb import direct_client, ensure_replica_set, is_primary

PATIENCE_SECONDS = 120.0


def make(member: str) -> bool:
    """Whether the node takes writes in the end; one that is a replica set already stays as it is."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with direct_client(member) as client:
        ensure_replica_set(client, member)
        while not is_primary(client):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
    return True


if __name__ == "__main__":
    sys.exit(0 if make(sys.argv[1]) else f"{sys.argv[1]} has not become primary within {PATIENCE_SECONDS:.0f} s")
