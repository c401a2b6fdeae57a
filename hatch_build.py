"""Add manual pages, in English and Korean, to the wheel; what runs from a checkout needs none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MADE = Path("build") / "man"


class ManualPages(BuildHookInterface[Any]):
    """Makes the pages with the program they describe."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the pages and name them, before the wheel is put together."""
        if version == "editable":
            return
        made = Path(self.root) / MADE
        subprocess.run(
            [sys.executable, "-m", "kiwoomctl.manual", str(made)],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": self.root, "PYTHONDONTWRITEBYTECODE": "1"},
            check=True,
        )
        build_data["shared_data"][str(made)] = "share/man"
