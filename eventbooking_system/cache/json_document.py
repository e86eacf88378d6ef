"""JSON documents as they are sent: bytes, compressed bytes, and a digest."""

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

# For a smaller document, compression saves less than its headers cost.
_WORTH_COMPRESSING = 1000
# Documents may change every second, so a higher level would cost more than it saves.
_LEVEL = 2
_lock = Lock()


@dataclass
class Document:
    """
    A body that is the same for all clients.

    It is cached, and compressed once.
    """

    body: bytes
    digest: str
    _compressed: bytes | None = field(default=None, repr=False)

    @property
    def is_long(self) -> bool:
        return len(self.body) >= _WORTH_COMPRESSING

    @property
    def compressed(self) -> bytes:
        """Return the body compressed with gzip."""
        if self._compressed is None:
            with _lock:  # Requests that come together compress it once.
                if self._compressed is None:
                    self._compressed = gzip.compress(self.body, _LEVEL, mtime=0)
        return self._compressed

    def __len__(self) -> int:
        return 2 * len(self.body)

    def __reduce__(self) -> Any:
        # With the compressed body, so that other processes need not compress it again.
        return Document, (self.body, self.digest, self.compressed if self.is_long else None)


def digest_of(parts: Iterable[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
