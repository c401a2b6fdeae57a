"""AES-256-CBC with PKCS7, as order notices are encrypted; the only place that knows the library."""

from __future__ import annotations

import base64

_BLOCK_BITS = 128


def encrypted(text: str, key: str, iv: str) -> str:
    """Return a text encrypted, in base64.

    Args:
        text: Anything.
        key: 32 characters.
        iv: 16 characters.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    padder = PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key.encode()), modes.CBC(iv.encode())).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
