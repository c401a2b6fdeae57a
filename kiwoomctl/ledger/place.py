"""Which machine this is, and whether a folder is on its own disk.

Both answers are for the ledger: locks and flushes mean nothing over a network, and one
machine sends the orders of an account. The ways of macOS and Windows are written from their
manuals; they were never run.
"""

from __future__ import annotations

import contextlib
import os
import sys
import zlib
from pathlib import Path

from kiwoomctl import errors, files

_MACHINE_ID_FILES = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_NETWORK_TYPES = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb",
        "smb2",
        "smb3",
        "smbfs",
        "afpfs",
        "webdav",
        "davfs",
        "afs",
        "ncpfs",
        "coda",
        "ceph",
        "glusterfs",
        "lustre",
        "gpfs",
        "beegfs",
        "orangefs",
        "pvfs2",
        "vboxsf",
        "vmhgfs",
        "prl_fs",
        "fuse.sshfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.ceph",
        "fuse.davfs2",
        "fuse.vmhgfs-fuse",
        "osxfuse",
        "macfuse",
    ]
)
_REMOTE_DRIVE = 4


def host_id() -> str:
    """Return 16 hex digits that stay the same on this machine; not its name."""
    told = f"kiwoomctl {_machine_id() or _name()}".encode()
    # It must differ, not withstand anybody; a real hash would load OpenSSL for every look.
    return f"{zlib.crc32(told):08x}{zlib.adler32(told):08x}"


def _name() -> str:
    import socket

    return socket.gethostname()


def refuse_network(folder: Path, name: errors.Phrase) -> None:
    """Make sure that the folder is on a local disk.

    Args:
        folder: where a file is, or will be.
        name: which file, for people.

    Raises:
        StateError: It is on a network file system.
    """
    kind = file_system(folder)
    if is_network(kind):
        raise errors.StateError(
            "{file} cannot be kept in {path}: it is on a network file system ({kind})",
            hint="set KIWOOMCTL_STATE_DIR to a folder on a local disk",
            file=name,
            path=folder,
            kind=kind,
        )


def is_network(kind: str) -> bool:
    """Tell whether a type of file system is one over the network."""
    return kind in _NETWORK_TYPES


def is_memory(kind: str) -> bool:
    """Tell whether what is kept there is gone when the machine starts anew."""
    return kind in {"tmpfs", "ramfs"}


def discard(folder: Path) -> None:
    """Remove the ledger of a simulated world; nobody's orders at a broker may be in it.

    The seal goes first: without it no later ledger counts as a lost one. Lock files stay, as
    everywhere: another process may hold one right now. A process that has the ledger open
    finds out at its next change, which then fails.

    Args:
        folder: the world's; it need not exist.

    Raises:
        StateError: A file cannot be removed.
    """
    from kiwoomctl.ledger import seal
    from kiwoomctl.ledger.store import FILE_NAME

    seal.remove(folder)
    backups = sorted(folder.glob(f"{FILE_NAME}.*.bak"))
    for path in (folder / f"{FILE_NAME}-journal", folder / FILE_NAME, *backups):
        try:
            path.unlink(missing_ok=True)
        except OSError as exc:
            raise files.unwritable(path, exc) from exc


def file_system(folder: Path) -> str:
    """Return the type of the file system that holds the folder, "" where unknown."""
    real = os.path.realpath(folder)
    if sys.platform == "win32":
        return _windows_file_system(real)
    if sys.platform == "darwin":
        return _type_at(real, _bsd_mounts(_output("/sbin/mount")))
    text = ""
    with contextlib.suppress(OSError):
        text = Path("/proc/self/mounts").read_text("utf-8", errors="surrogateescape")
    return _type_at(real, _linux_mounts(text))


def _linux_mounts(text: str) -> list[tuple[str, str]]:
    """Return (mount point, type) of every line, later mounts last."""
    mounts = []
    for line in text.splitlines():
        fields = line.split(" ")
        if len(fields) < 4:  # noqa: PLR2004 - device, point, type, options
            continue
        kind = fields[2]
        # WSL shows the drives of Windows as 9p; other 9p (a sandbox's root) is local.
        if kind == "drvfs" or (kind == "9p" and "aname=drvfs" in fields[3]):
            kind = "smbfs"
        mounts.append((_unescaped(fields[1]), kind))
    return mounts


def _unescaped(point: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(code, character)
    return point


def _bsd_mounts(text: str) -> list[tuple[str, str]]:
    """Read lines like ``//u@host/x on /Volumes/x (smbfs, nodev)``."""
    mounts = []
    for line in text.splitlines():
        head, _, options = line.rpartition(" (")
        point = head.partition(" on ")[2]
        if point:
            mounts.append((point, options.rstrip(")").split(",")[0].strip()))
    return mounts


def _type_at(path: str, mounts: list[tuple[str, str]]) -> str:
    """Return the type of the deepest mount above the path; of equals the later one hides."""
    best, found = -1, ""
    for point, kind in mounts:
        inside = point in {"/", path} or path.startswith(point + "/")
        if inside and len(point) >= best:
            best, found = len(point), kind
    return found


def _output(*command: str) -> str:
    import subprocess

    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(
            command, capture_output=True, text=True, timeout=3, check=False
        ).stdout
    return ""


if sys.platform == "win32":
    import ctypes
    import winreg

    def _machine_id() -> str:
        with (
            contextlib.suppress(OSError),
            winreg.OpenKey(
                winreg.HKEY_LOCAL_MACHINE,
                r"SOFTWARE\Microsoft\Cryptography",
                access=winreg.KEY_READ | winreg.KEY_WOW64_64KEY,
            ) as key,
        ):
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
        return ""

    def _windows_file_system(path: str) -> str:
        drive = os.path.splitdrive(path)[0]
        if drive.startswith("\\\\"):
            return "smb"
        kind = ctypes.windll.kernel32.GetDriveTypeW(drive + "\\")
        return "smb" if kind == _REMOTE_DRIVE else ""

else:

    def _machine_id() -> str:
        if sys.platform == "darwin":
            lines = _output("/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice").splitlines()
            return next((line.split('"')[3] for line in lines if "IOPlatformUUID" in line), "")
        for name in _MACHINE_ID_FILES:
            with contextlib.suppress(OSError, UnicodeDecodeError):
                if text := Path(name).read_text("utf-8").strip():
                    return text
        return ""

    def _windows_file_system(path: str) -> str:
        raise NotImplementedError(path)
