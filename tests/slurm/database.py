"""The accounting database of a test cluster: MariaDB, with all its files in one folder."""

import subprocess
from pathlib import Path

PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb", "slurmdbd", "sacct", "sacctmgr")

CONFIGURATION = """\
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database_port}
StorageUser=slurm
StoragePass=slurm
"""


def prepare(folder: Path, port: int) -> list[str]:
    """Make an empty database in `folder`; the command that serves it on loopback."""
    data = folder / "database"
    options = ["--no-defaults", f"--datadir={data}", "--user=root"]
    subprocess.run(
        [
            "mariadb-install-db",
            *options,
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
        ],
        check=True,
        capture_output=True,
    )
    small = ["--innodb-buffer-pool-size=64M", "--innodb-lock-wait-timeout=900"]
    where = ["--bind-address=127.0.0.1", f"--port={port}", f"--socket={folder}/database.socket"]
    return ["mariadbd", *options, *small, *where, f"--pid-file={folder}/database.pid"]


def answers(folder: Path) -> bool:
    """Whether the database can be asked."""
    return _ask(folder, "select 1").returncode == 0


def configure(folder: Path, database_port: int, port: int) -> None:
    """Give slurmdbd a user in the database, and its configuration."""
    for statement in (
        "create user 'slurm'@'127.0.0.1' identified by 'slurm'",
        "grant all on *.* to 'slurm'@'127.0.0.1'",
    ):
        _ask(folder, statement).check_returncode()
    configuration = folder / "slurmdbd.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        CONFIGURATION.format(folder=folder, port=port, database_port=database_port)
    )


def _ask(folder: Path, statement: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["mariadb", "--no-defaults", f"--socket={folder}/database.socket", "-e", statement],
        capture_output=True,
        text=True,
    )
