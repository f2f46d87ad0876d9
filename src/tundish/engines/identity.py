"""Whose result is this? A part's key: the same only for the same function, values, file contents and program."""

from __future__ import annotations

import ast
import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.metadata import version
from importlib.util import find_spec, resolve_name
from pathlib import Path

from tundish.engines.wire import Work, pack_work
from tundish.errors import NoSuchFile

LIBRARIES = ("numba", "numpy", "polars")
"""Libraries whose versions may move a result's last bit or a file's bytes."""
_KNOWN = 65536
"""Digests of files remembered in one process."""


@cache
def program(function: str) -> str:
    """The program that computes: the source of the function's module and of all that it imports from this program, with the
    words (YAML) that lie beside, and the versions of Python and of the libraries that numbers come from.

    A version number would not do: it stays while results move during development, and moves when a page was made prettier.
    """
    digest = hashlib.blake2b(digest_size=16)
    for name, path in sorted(_sources(function.partition(":")[0]).items()):
        digest.update(f"{name}\0".encode() + hashlib.blake2b(path.read_bytes()).digest())
    digest.update(json.dumps([platform.python_version(), [version(name) for name in LIBRARIES]]).encode())
    return digest.hexdigest()


def inputs(work: Work) -> dict[str, str]:
    """Path -> digest of the content of every file and folder among the values; NoSuchFile for one that is not there."""
    return {str(path): _content(path) for path in sorted(set(_paths((work.shared, work.values))))}


def key(work: Work, contents: Mapping[str, str]) -> bytes:
    """32 bytes that name the work itself, wherever its results lie."""
    whole = json.loads(pack_work(work))
    told = {name: whole[name] for name in ("function", "shared", "part", "values", "program")}
    text = json.dumps({**told, "inputs": dict(contents)}, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=32).digest()


def _sources(module: str) -> dict[str, Path]:
    """Name -> file of the module, of all that it may import inside its own package and this one, and of words beside them."""
    packages = {"tundish", module.partition(".")[0]}
    found: dict[str, Path] = {}
    rooms: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _file(name) if name not in found and name.partition(".")[0] in packages else None
        if path is not None:
            found[name] = path
            package = name if path.stem == "__init__" else name.rpartition(".")[0]
            waiting += _imported(ast.parse(path.read_bytes()), package)
            rooms |= {package: path.parent} if "." in package else {}
    words = {
        f"{room}/{path.relative_to(place).as_posix()}": path for room, place in rooms.items() for path in place.rglob("*.yaml")
    }
    return found | words


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    """Names of modules that stand behind ``import``, anywhere in the source; ``from a import b`` may mean ``a`` or ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module or ""
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _file(module: str) -> Path | None:
    """Where a module's source lies, without importing it."""
    top, *rest = module.split(".")
    spec = find_spec(top)
    if spec is None or spec.origin is None:
        return None
    if not spec.submodule_search_locations:
        return None if rest else Path(spec.origin)
    place = Path(spec.origin).parent.joinpath(*rest)
    return next((path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file()), None)


def _paths(value: object) -> Iterator[Path]:
    if isinstance(value, Path):
        yield value
    elif isinstance(value, Mapping):
        yield from _paths(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _paths(inner)


def _content(path: Path) -> str:
    if not path.exists():
        raise NoSuchFile(file=path)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        listed = "\n".join(f"{file.relative_to(path).as_posix()}\0{_content(file)}" for file in files)
        return hashlib.blake2b(listed.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    stat = path.stat()
    return _of_file(path, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@lru_cache(maxsize=_KNOWN)
def _of_file(path: Path, *state: int) -> str:
    """Digest of a file in the state that the system tells; computed once a process."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()  # processors have it built in
