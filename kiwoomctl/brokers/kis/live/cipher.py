"""Order notices decrypted: AES-256-CBC with PKCS7; the only place that knows the library."""

from __future__ import annotations

import base64
from typing import Final

_BLOCK_BITS: Final = 128


def decrypted(text: str, key: str, iv: str) -> str:
    """Return a text that was encrypted.

    Args:
        text: base64.
        key: 32 characters, which are its bytes.
        iv: 16 characters.

    Raises:
        ValueError: it was not encrypted so, or with another key.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    decryptor = Cipher(algorithms.AES(key.encode()), modes.CBC(iv.encode())).decryptor()
    padded = decryptor.update(base64.b64decode(text.strip(), validate=True)) + decryptor.finalize()
    unpadder = PKCS7(_BLOCK_BITS).unpadder()
    return (unpadder.update(padded) + unpadder.finalize()).decode()
