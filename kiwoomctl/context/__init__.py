"""The composition root: what the parts of one command are made of, each made when needed."""

from __future__ import annotations

from kiwoomctl.context.parts import DEMO_VARIABLE, Options
from kiwoomctl.context.session import Session

__all__ = ["DEMO_VARIABLE", "Options", "Session"]
