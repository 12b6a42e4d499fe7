"""A small experiment on disk, and the real server of its survey on loopback."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas
import pytest
import sqlalchemy
from people import Person, Server

from cil.files import write_parquet
from cil.images.store import write_store
from cil.search.sources.wordfreq import WordFreq
from cil.survey.experiment import Survey
from cil.survey.screenshot import serving


@pytest.fixture(scope="session")
def counts(hierarchy):
    """How often each name is found, by wordfreq."""
    names = sorted({synset.name for synset in hierarchy.synsets.values()})
    source = WordFreq()
    return pandas.DataFrame(
        {"name": names, "source": "wordfreq", "count": [source.count(name) for name in names]}
    )


@pytest.fixture(scope="session")
def familiar(counts):
    """The counts by name."""
    return counts.set_index("name")["count"]


@pytest.fixture(scope="session")
def experiment(tmp_path_factory, hierarchy, counts) -> Path:
    """The folder of an experiment with hierarchy, counts and two tiny pictures of each class."""
    folder = tmp_path_factory.mktemp("results") / "small"
    hierarchy.write(folder / "hierarchy")
    write_parquet(counts, folder / "search" / "counts.parquet")
    classes = np.repeat(np.arange(1000), 2)
    colours = np.random.default_rng(0).integers(0, 256, (1000, 1, 1, 3), dtype=np.uint8)
    pictures = np.broadcast_to(np.repeat(colours, 2, axis=0), (2000, 8, 8, 3))
    about = {"kind": "test", "synthetic": True, "description": "plain", "source": "test"}
    splits = {"train": [(pictures, classes)], "val": [(pictures, classes)]}
    write_store(folder / "images", splits, hierarchy.classes, 8, about)
    return folder


@pytest.fixture(scope="session")
def server(experiment, tmp_path_factory):
    """One server, in a process of its own, for all tests; each test invites its own voters."""
    database = tmp_path_factory.mktemp("survey") / "votes.sqlite"
    running = Server(experiment, str(database)).start()
    yield running
    running.stop()


@pytest.fixture
def own_server(experiment, tmp_path):
    """A server of a test's own, in this process: what others voted does not count."""
    database = str(tmp_path / "votes.sqlite")
    with serving(Survey.open(experiment, database, create=True)) as address:
        yield Server(experiment, database, address=address)


@pytest.fixture
def voter(server) -> Person:
    """Somebody who was just invited."""
    return server.invite("Ada")


@pytest.fixture(scope="session")
def postgresql():
    """The address of a PostgreSQL server that listens on a socket, to be ended by a name."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        data, user = Path(folder) / "data", {}
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            user = {"user": "postgres"}
            shutil.chown(folder, "postgres")

        def run(program: str, *arguments: str) -> None:
            command = [str(programs[-1] / program), "-D", str(data), *arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **user)

        run("initdb", "-U", "survey", "-A", "trust")
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", options, "start")
        yield f"postgresql+psycopg://survey@/{{}}?host={folder}"
        run("pg_ctl", "-m", "immediate", "stop")


@pytest.fixture
def postgresql_database(postgresql, request):
    """The address of an empty PostgreSQL database."""
    engine = sqlalchemy.create_engine(postgresql.format("postgres"), isolation_level="AUTOCOMMIT")
    name = f"survey_{abs(hash(request.node.nodeid)):x}"
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return postgresql.format(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "votes.sqlite")
    return request.getfixturevalue("postgresql_database")
