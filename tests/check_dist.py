"""Build what is published and prove that it is whole, small and runs from anywhere.

Run as ``python -m tests.check_dist``. It makes environments of its own, so it needs the package
index; the tests themselves never do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
LARGEST_WHEEL = 1_000_000
NEEDED = ("py.typed", "__main__.py", "locale/ko/LC_MESSAGES/kiwoomctl.mo", "topics/orders.ko.md")
SHARED = (
    "man/man1/kiwoomctl-buy.1",
    "man/ko/man1/kiwoomctl-buy.1",
    "bash-completion/completions/kiwoomctl",
    "zsh/site-functions/_kiwoomctl",
    "fish/vendor_completions.d/kiwoomctl.fish",
)
UNWANTED = (".po", ".pyc", ".orig")


def run(*words: str | Path, folder: Path, **env: str) -> str:
    """Run a program; return its stdout. Ends all where it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env={**os.environ, "PIP_CONSTRAINT": str(ROOT / "constraints.txt"), **env},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        encoding="utf-8",
    )
    return done.stdout


def build(source: Path, into: Path) -> tuple[Path, Path]:
    """Build the source archive, and from it the wheel; return wheel and archive."""
    run(sys.executable, "-m", "build", "--outdir", into, source, folder=source)
    [wheel] = into.glob("*.whl")
    [archive] = into.glob("*.tar.gz")
    return wheel, archive


def check_wheel(wheel: Path) -> None:
    """Look into a wheel: everything there, nothing else, and small."""
    size = wheel.stat().st_size
    assert size < LARGEST_WHEEL, f"the wheel has {size:,} bytes"
    with zipfile.ZipFile(wheel) as content:
        names = content.namelist()
    missing = [name for name in NEEDED if f"kiwoomctl/{name}" not in names]
    share = f"{'-'.join(wheel.name.split('-')[:2])}.data/data/share"
    missing += [name for name in SHARED if f"{share}/{name}" not in names]
    assert not missing, f"not in the wheel: {missing}"
    package = {name for name in names if not name.split("/", 1)[0].startswith("kiwoomctl")}
    assert not package, f"not ours: {package}"
    assert not [name for name in names if name.endswith(UNWANTED)]
    print(f"{wheel.name}: {size:,} bytes, {len(names)} files")  # noqa: T201 - it tells


def check_archive(archive: Path, wheel: Path, scratch: Path) -> None:
    """Build once more from nothing but the archive; the wheel must be the same, byte for byte."""
    with tarfile.open(archive) as content:
        content.extractall(scratch, filter="data")
    [source] = scratch.iterdir()
    again, _ = build(source, scratch / "again")
    assert again.read_bytes() == wheel.read_bytes(), "the archive builds another wheel"
    print(f"{archive.name}: builds the same wheel")  # noqa: T201 - it tells


def check_run(wheel: Path, scratch: Path) -> None:
    """Run the wheel without installing it, in an empty home."""
    home = {
        "HOME": str(scratch),
        "PIPX_HOME": str(scratch / "pipx"),
        "KIWOOMCTL_CONFIG": str(scratch / "profiles.toml"),
        "KIWOOMCTL_STATE_DIR": str(scratch / "state"),
    }
    # In an environment of its own: it brings click, with which httpx loads much more.
    tool = scratch / "tool"
    run(sys.executable, "-m", "venv", tool, folder=scratch)
    python = tool / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", "pipx", folder=scratch)
    pipx = (python, "-m", "pipx", "run", "--spec", wheel, "kiwoomctl")
    version = run(*pipx, "--version", folder=scratch, **home).strip()
    assert version.endswith(wheel.name.split("-")[1]), version
    shown = json.loads(run(*pipx, "positions", "--demo", "-o", "json", folder=scratch, **home))
    assert (shown["status"], len(shown["data"])) == ("ok", 15), shown
    print(f"pipx run: {version}, {len(shown['data'])} positions of the demo")  # noqa: T201


def main() -> None:
    """Check all of it; ends with an error where something is wrong."""
    with TemporaryDirectory() as name:
        scratch = Path(name)
        for folder in ("dist", "archive", "home"):
            (scratch / folder).mkdir()
        wheel, archive = build(ROOT, scratch / "dist")
        check_wheel(wheel)
        check_archive(archive, wheel, scratch / "archive")
        check_run(wheel, scratch / "home")


if __name__ == "__main__":
    main()
