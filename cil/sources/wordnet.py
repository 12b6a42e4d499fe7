"""WordNet 3.0 as NLTK reads it: found, downloaded or taken from Debian, and checked.

The classes of ImageNet are noun offsets of WordNet 3.0; in any other version they name other
synsets.
"""

import logging
import re
import shutil
import subprocess
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from cil.errors import UserError
from cil.sources.wordnet_files import DATA_FILES, FILES, NEEDED, supply_missing

if TYPE_CHECKING:
    from nltk.corpus.reader import CorpusReader
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

logger = logging.getLogger(__name__)

VERSION = "3.0"
CORPUS = "corpora/wordnet"
# Synsets by file, from wnstats(7WN) of WordNet 3.0.
SYNSETS = {"data.noun": 82115, "data.verb": 13767, "data.adj": 18156, "data.adv": 3621}
DEBIAN_FOLDER = Path("/usr/share/wordnet")
DEBIAN_PACKAGE = "wordnet-base"
_COMMAND_SECONDS = 180


class _UnavailableError(Exception):
    """Why one way to WordNet is closed; the next one is tried."""


def provide_wordnet(folder: str | Path) -> None:
    """Fill `folder` with an NLTK data folder that holds WordNet 3.0, complete and checked.

    Tried in this order: what `folder` holds, NLTK's data folders, NLTK's download, Debian's
    package (installed or fetched without root). `folder` is replaced whole or left as it was.
    Raises UserError with the reason of each failure if all fail.
    """
    folder = Path(folder).resolve()  # some of the commands below run in another folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    ways: dict[str, Callable[[Path], Path]] = {
        f"{folder}, as it is": lambda _: _there(folder),
        "NLTK's data folders": _from_nltk_folders,
        "NLTK's download": _from_nltk_download,
        f"Debian's package {DEBIAN_PACKAGE}": _from_debian,
    }
    reasons = []
    for name, fetch in ways.items():
        with tempfile.TemporaryDirectory(prefix=".wordnet.", dir=folder.parent) as scratch:
            try:
                found = fetch(Path(scratch))
                made = Path(scratch) / "nltk_data"
                _assemble(found, made / CORPUS)
            except (_UnavailableError, UserError) as error:
                logger.info("WordNet: no use of %s: %s", name, error)
                reasons.append(f"- {name}: {error}")
                continue
            shutil.rmtree(folder, ignore_errors=True)
            made.rename(folder)
            logger.info("WordNet %s taken from %s (%s)", VERSION, name, found)
            return
    raise UserError(
        f"WordNet {VERSION} cannot be had in any of four ways:\n" + "\n".join(reasons) + "\n"
        "Put its files (data.noun and the others) into corpora/wordnet in one of NLTK's data "
        "folders, or name the folder above corpora in the environment variable NLTK_DATA."
    )


def open_wordnet(
    folder: str | Path, languages: "CorpusReader | None" = None
) -> "WordNetCorpusReader":
    """NLTK's reader of the WordNet in `folder` (filled by `provide_wordnet`), offline.

    `languages` is NLTK's reader of the Open Multilingual Wordnet, if other than English is wanted.
    Adds `folder` to NLTK's data path, as NLTK reads corpora from there only. Raises UserError
    if a file is missing or the version is not 3.0.
    """
    import nltk
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    class Reader(WordNetCorpusReader):
        def open(self, file: str) -> TextIO:
            """An index of lemmas is read once, by line, for which NLTK's streams are slow."""
            if file.startswith("index.") and file != "index.sense":
                return (corpus / file).open(encoding="utf-8")
            return super().open(file)

    folder = Path(folder).resolve()
    corpus = checked_corpus(folder)
    if str(folder) not in nltk.data.path:
        nltk.data.path.append(str(folder))
    with warnings.catch_warnings():
        # "Multilingual functions are not available": none is used without `languages`.
        warnings.simplefilter("ignore", UserWarning)
        return Reader(nltk.data.FileSystemPathPointer(str(corpus)), languages)


def checked_corpus(folder: str | Path) -> Path:
    """The folder of WordNet's files in `folder`; UserError if one lacks, or it is not 3.0."""
    corpus = Path(folder).resolve() / CORPUS
    _require(corpus, FILES)
    _check_version(corpus)
    return corpus


def check_wordnet(corpus: Path) -> None:
    """Raise UserError unless `corpus` holds WordNet 3.0's synsets, each one at its own offset."""
    _require(corpus, NEEDED)
    _check_version(corpus)
    for name, expected in SYNSETS.items():
        found = 0
        offset = 0
        with (corpus / name).open("rb") as file:
            for line in file:
                if not line.startswith(b"  "):
                    if line[:9] != b"%08d " % offset or not line.endswith(b"\n"):
                        raise UserError(
                            f"{corpus / name}: damaged: byte {offset} should begin the synset "
                            f"{offset:08d}, found {line[:20]!r}; delete the file and run again"
                        )
                    found += 1
                offset += len(line)
        if found != expected:
            raise UserError(
                f"{corpus / name}: holds {found} synsets where WordNet {VERSION} has {expected}; "
                "the file is cut off or of another version: delete it and run again"
            )


def _require(corpus: Path, names: tuple[str, ...]) -> None:
    missing = [name for name in names if not (corpus / name).is_file()]
    if missing:
        raise UserError(f"{corpus}: lacks {', '.join(missing)} of WordNet {VERSION}")


def _check_version(corpus: Path) -> None:
    for name in DATA_FILES:
        with (corpus / name).open("rb") as file:
            match = re.search(rb"WordNet (\d+(?:\.\d+)*) Copyright", file.read(2000))
        found = match[1].decode() if match else "no version"
        if found != VERSION:
            raise UserError(
                f"{corpus / name}: states {found} as its version; ImageNet's classes are offsets "
                f"of WordNet {VERSION}, in which they mean other synsets than in any other version"
            )


def _assemble(found: Path, corpus: Path) -> None:
    """Copy the WordNet files in `found` to `corpus`, add what is missing, check all."""
    _require(found, NEEDED)
    corpus.mkdir(parents=True)
    for name in FILES:
        if (found / name).is_file():
            shutil.copyfile(found / name, corpus / name)
    check_wordnet(corpus)
    supply_missing(corpus)


def _there(folder: Path) -> Path:
    if not (folder / CORPUS).is_dir():
        raise _UnavailableError("not there yet")
    return folder / CORPUS


def _from_nltk_folders(scratch: Path) -> Path:
    import nltk

    for place in map(Path, nltk.data.path):
        folder, archive = place / CORPUS, place / f"{CORPUS}.zip"
        if (folder / "data.noun").is_file():
            return folder
        if archive.is_file():
            return _unpack(archive, scratch / "unpacked")
    raise _UnavailableError(f"none of {', '.join(nltk.data.path)} holds {CORPUS}")


def _from_nltk_download(scratch: Path) -> Path:
    from nltk.downloader import Downloader

    target = scratch / "download"
    target.mkdir()
    try:
        Downloader().download("wordnet", download_dir=str(target), quiet=True, raise_on_error=True)
    except (OSError, ValueError) as error:
        raise _UnavailableError(str(error)) from None
    archive = target / f"{CORPUS}.zip"
    if archive.is_file():
        return _unpack(archive, scratch / "unpacked")
    return target / CORPUS


def _unpack(archive: Path, target: Path) -> Path:
    """Unpack the files of WordNet alone, by name: whatever else the archive holds stays there."""
    target.mkdir()
    try:
        with zipfile.ZipFile(archive) as opened:
            held = set(opened.namelist())
            for name in FILES:
                if f"wordnet/{name}" in held:
                    with opened.open(f"wordnet/{name}") as source, (target / name).open("wb") as to:
                        shutil.copyfileobj(source, to)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise _UnavailableError(f"{archive}: {error}") from None
    return target


def _from_debian(scratch: Path) -> Path:
    if (DEBIAN_FOLDER / "data.noun").is_file():
        return DEBIAN_FOLDER
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise _UnavailableError(f"not in {DEBIAN_FOLDER}, and there is no apt-get with dpkg-deb")
    packages = scratch / "packages"
    packages.mkdir()
    download = ["download", DEBIAN_PACKAGE]
    try:
        _apt(download, packages)
    except _UnavailableError:
        # Package lists are often missing (a fresh container) or stale. Lists of our own need no
        # root and leave the system as it is.
        lists, cache = scratch / "lists", scratch / "cache"
        (lists / "partial").mkdir(parents=True)
        (cache / "archives" / "partial").mkdir(parents=True)
        own = ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}"]
        _apt([*own, "update"], packages)
        _apt([*own, *download], packages)
    unpacked = scratch / "unpacked"
    for package in packages.glob("*.deb"):
        _command(["dpkg-deb", "--extract", str(package), str(unpacked)], packages)
    return unpacked / DEBIAN_FOLDER.relative_to("/")


def _apt(arguments: list[str], folder: Path) -> None:
    patience = ["-o", "Acquire::http::Timeout=20", "-o", "Acquire::Retries=2"]
    _command(["apt-get", "--quiet", *patience, *arguments], folder)


def _command(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_COMMAND_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise _UnavailableError(f"{command[0]} took longer than {_COMMAND_SECONDS} s") from None
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        raise _UnavailableError(f"not in {DEBIAN_FOLDER}; {' '.join(command)} failed: {said}")
