"""Ask a server of this machine without TLS: loading certificates takes longer than the answer."""

from __future__ import annotations

import ssl
from functools import partial

import httpx

# It trusts nobody and is never used: no server here speaks TLS.
_UNUSED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

get = partial(httpx.get, trust_env=False, verify=_UNUSED)
post = partial(httpx.post, trust_env=False, verify=_UNUSED)
Client = partial(httpx.Client, trust_env=False, verify=_UNUSED)
