"""The objects of a sink on any location of fsspec: a directory, a bucket, memory.

The layout below the sink's address::

    crawl.json                                   which crawl this is
    plan.jsonl                                   its shards
    inputs/000000.json                           titles or ids, if the plan is made of them
    commits/SHARD/000001.ATTEMPT.PARENT.ROWS.json
    splits/SHARD.ATTEMPT.jsonl                   the shards that a slow one was divided into
    data/wiki=NAME/SHARD.000001.ATTEMPT.parquet  rows
    left_out/SHARD.000001.ATTEMPT.json           what these rows lack, if it was too large
    result.json                                  the parts that count, once the crawl is complete

Every object is written once, under a name that no other one has. Workers write commits and rows; the program that runs
the crawl writes the others. See https://filesystem-spec.readthedocs.io/.
"""

from __future__ import annotations

import itertools
import os
import posixpath
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import fsspec
from attrs import field, frozen

from mwclient_async.dask.commits import Chain, Commit, CommitName, choose
from mwclient_async.dask.shards import Shard

MANIFEST = "crawl.json"
"""The first object of a sink, which the program writes before its workers open the sink."""

PLAN = "plan.jsonl"
"""The object that has the shards of the plan."""

PART = re.compile(r"data/wiki=[^/]+/[^/]+\.\d{6,}\.[0-9a-f]{8}\.(jsonl|parquet)")
"""The names of parts. Other objects below ``data`` are not ours."""

_CREDENTIALS = re.compile(r"://[^/]*@")
_QUERY = re.compile(r"(://[^?]*\?).+")
_DIRECTORIES = ("commits", "data", "inputs", "left_out", "splits")
_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{8}")

StorageOptions = Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None


def absolute(url: str | os.PathLike[str]) -> str:
    """The address of a sink. A relative path is one of the program that makes the crawl, not of a worker."""
    text = os.fspath(url)
    return text if "://" in text or "::" in text else str(Path(text).absolute())


def shown_url(url: str) -> str:
    """How an address is shown: without a password or a signature, as ``sftp://bot:password@host/crawl`` has one."""
    return repr(_QUERY.sub(r"\1...", _CREDENTIALS.sub("://...@", url)))


@frozen
class Location:
    """An address of fsspec, and the options of its file system.

    ``options`` is a mapping, or a function that returns one on the worker, so that no key is in the crawl.
    """

    url: str = field(repr=shown_url)
    options: StorageOptions = field(default=None, repr=False)

    def open(self) -> Store:
        """Open the file system."""
        options = self.options() if callable(self.options) else self.options or {}
        files, root = fsspec.core.url_to_fs(self.url, **options)
        protocols = files.protocol if isinstance(files.protocol, tuple | list) else (files.protocol,)
        return Store(files, root.rstrip("/"), is_local="file" in protocols)


@frozen
class Store:
    """The objects of one sink. All methods block; a shell calls them in a thread."""

    _files: Any
    _root: str
    _is_local: bool = field(kw_only=True)

    def put(self, name: str, content: bytes) -> None:
        """Write one object: all of it, or nothing that a reader would take for it."""
        path = self.path(name)
        if not self._is_local:  # the object of a store appears whole
            self._files.makedirs(posixpath.dirname(path), exist_ok=True)
            self._files.pipe_file(path, content)
            return
        with _unfinished(Path(path), content) as file:
            file.replace(path)

    def put_once(self, name: str, content: bytes, *, is_whole: Callable[[bytes], bool]) -> bytes:
        """Write one object, unless another program has done it before. Returns the content that counts.

        An object that ``is_whole`` refuses was not written to its end, and is written again. A directory decides
        which of two programs is first. A bucket cannot, if both write within the time that this call takes.
        """
        found = self.get(name)
        if found is not None and is_whole(found):
            return found
        if found is not None or not self._is_local:
            self.put(name, content)
        else:
            with _unfinished(Path(self.path(name)), content) as file, suppress(FileExistsError):
                _link(file, self.path(name))
        return self.get(name) or content

    def get(self, name: str) -> bytes | None:
        """Read one object; None if there is none."""
        try:
            return bytes(self._files.cat_file(self.path(name)))
        except FileNotFoundError:
            return None

    def names(self, directory: str) -> dict[str, int]:
        """The objects below a directory, and their sizes in bytes."""
        self._files.invalidate_cache()
        try:
            found: Mapping[str, Any] = self._files.find(self.path(directory), detail=True)
        except FileNotFoundError:
            return {}
        paths = {path.removeprefix(self._root).lstrip("/"): int(info["size"]) for path, info in found.items()}
        return {path: size for path, size in paths.items() if not posixpath.basename(path).startswith(".")}

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects."""
        for name in names:
            self._files.rm_file(self.path(name))

    def path(self, name: str) -> str:
        """The path of an object in its file system."""
        return f"{self._root}/{name}"

    def remove_unfinished(self) -> None:
        """Remove what programs and workers have left that were killed while they wrote a file. No one writes now."""
        if self._is_local:
            for path in itertools.chain.from_iterable(Path(self._root, name).glob("**/.*") for name in _DIRECTORIES):
                if _UNFINISHED.fullmatch(path.name):
                    path.unlink(missing_ok=True)

    def release(self, manifest: bytes) -> None:
        """Remove all that a crawl has written, if nothing of it was committed. Another crawl can have the sink then.

        ``manifest`` is that of the crawl: if another one has the sink already, nothing is removed.
        """
        if self.get(MANIFEST) == manifest and not self.names("commits"):
            parts = [name for name in self.names("data") if PART.fullmatch(name)]
            ours = itertools.chain.from_iterable(map(self.names, ("inputs", "left_out", "splits", PLAN)))
            self.remove([*parts, *ours, MANIFEST])

    # Commits

    def commit(self, shard: str, name: CommitName, commit: Commit) -> None:
        """Make a part count. This is the last of what is written for it."""
        self.put(f"commits/{shard}/{name}", commit.to_json())

    def chain(self, shard: str) -> Chain | None:
        """The commits of a shard that count."""
        return self._choose(shard, map(posixpath.basename, self.names(f"commits/{shard}")))

    def chains(self) -> dict[str, Chain]:
        """The commits of all shards that count. It reads one object for each shard."""
        by_shard: dict[str, list[str]] = {}
        for path in self.names("commits"):
            _, shard, name = path.split("/")
            by_shard.setdefault(shard, []).append(name)
        chains = {shard: self._choose(shard, names) for shard, names in by_shard.items()}
        return {shard: chain for shard, chain in chains.items() if chain is not None}

    def _choose(self, shard: str, names: Iterable[str]) -> Chain | None:
        parsed = [found for found in map(CommitName.parse, names) if found is not None]
        return choose(parsed, lambda name: self.get(f"commits/{shard}/{name}") or b"")

    # Shards

    def put_shards(self, name: str, shards: Iterable[Shard]) -> list[Shard]:
        """Write shards, one in a line, unless another program has. Returns those that count.

        The last line is their number: a file system that does not write an object whole could end it at any line.
        """
        lines = [shard.to_json() for shard in shards]
        content = "".join(f"{line}\n" for line in [*lines, len(lines)]).encode()
        return _shards(self.put_once(name, content, is_whole=lambda found: _shards(found) is not None)) or []

    def shards(self, name: str) -> list[Shard] | None:
        """Read shards; None if there is no such object, or if it was not written to its end."""
        content = self.get(name)
        return None if content is None else _shards(content)


def _shards(content: bytes) -> list[Shard] | None:
    *lines, last = content.split(b"\n")[:-1] or [b""]
    return [Shard.from_json(line.decode()) for line in lines] if last == str(len(lines)).encode() else None


@contextmanager
def _unfinished(target: Path, content: bytes) -> Iterator[Path]:
    """A file with this content beside the target, under a name that no reader takes. It is gone at the end."""
    target.parent.mkdir(parents=True, exist_ok=True)
    path = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield path
    finally:
        path.unlink(missing_ok=True)


def _link(file: Path, target: str) -> None:
    """Give a file a further name. Raises FileExistsError if there is a file of that name."""
    try:
        os.link(file, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        file.replace(target)
