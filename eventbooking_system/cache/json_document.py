"""JSON as it is sent: its bytes, the same compressed, and their validator."""

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

# Below, the headers weigh more than what compression saves.
_WORTH_COMPRESSING = 1000
# Of what changes every second, higher levels would cost more than the bytes that they save.
_LEVEL = 2
_lock = Lock()


@dataclass
class Document:
    """A body that is the same for everyone, and so may be kept and compressed once for all."""

    body: bytes
    digest: str
    _compressed: bytes | None = field(default=None, repr=False)

    @property
    def is_long(self) -> bool:
        return len(self.body) >= _WORTH_COMPRESSING

    @property
    def compressed(self) -> bytes:
        """With gzip."""
        if self._compressed is None:
            with _lock:  # So that a rush compresses once.
                if self._compressed is None:
                    self._compressed = gzip.compress(self.body, _LEVEL, mtime=0)
        return self._compressed

    def __len__(self) -> int:
        return 2 * len(self.body)

    def __reduce__(self) -> Any:
        # With the compressed body, so that other processes need not make it again.
        return Document, (self.body, self.digest, self.compressed if self.is_long else None)


def digest_of(parts: Iterable[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
