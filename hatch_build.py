"""What goes into the wheel: the package without its docstrings, and the pages of its commands.

The program reads its own docstrings nowhere, and every start would load them; the source archive
and the repository have them. Lines keep their numbers, so what goes wrong is told at its place.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "kiwoomctl"
LEAN = Path("build") / "lean"
PAGES = Path("build") / "man"


class WheelContents(BuildHookInterface[Any]):
    """Makes what is put into a wheel; what runs from a checkout needs none of it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the contents, before the wheel is put together."""
        if version == "editable":
            return
        root = Path(self.root)
        shutil.rmtree(root / LEAN, ignore_errors=True)
        for path in sorted((root / PACKAGE).rglob("*")):
            target = root / LEAN / path.relative_to(root)
            if path.is_dir() or "__pycache__" in path.parts or path.suffix == ".po":
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".py":
                target.write_text(without_docstrings(path.read_text("utf-8")), "utf-8", newline="")
            else:
                shutil.copyfile(path, target)
        subprocess.run(
            [sys.executable, "-m", f"{PACKAGE}.manual", str(root / PAGES)],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": self.root, "PYTHONDONTWRITEBYTECODE": "1"},
            check=True,
        )
        for folder in ("man1", "ko/man1"):
            build_data["shared_data"][str(root / PAGES / folder)] = f"share/man/{folder}"


def without_docstrings(source: str) -> str:
    """Return a module's source with an empty line for each line of a docstring."""
    lines = source.split("\n")
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        told = [part for part in body if _is_text(part)]
        for part in told:
            first, last = part.lineno - 1, part.end_lineno
            empty = "..." if len(told) == len(body) and part is told[0] else ""
            # Columns are counted in bytes.
            margin = lines[first].encode()[: part.col_offset].decode()
            lines[first:last] = [(margin + empty).rstrip(), *[""] * (last - first - 1)]
    lean = "\n".join(lines)
    if _code(lean) != _code(source):
        raise ValueError("more than docstrings would go")
    return lean


def _is_text(node: ast.AST) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _code(source: str) -> str:
    """Return all that a module does, in one text."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            nothing = (ast.Constant,)
            node.body = [  # type: ignore[attr-defined]  # it has one
                part
                for part in body
                if not (
                    isinstance(part, ast.Expr)
                    and isinstance(part.value, nothing)
                    and (isinstance(part.value.value, str) or part.value.value is ...)
                )
            ]
    return ast.dump(tree)
