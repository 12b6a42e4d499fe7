"""A real SLURM cluster on one machine, from Debian's packages: up in seconds, gone without trace.

    python tests/slurm/cluster.py up FOLDER [--accounting]      prints the SLURM_CONF to export
    python tests/slurm/cluster.py down FOLDER

Each node is a slurmd with a name and a port of its own; all files, keys and logs lie in FOLDER.
The machine's own SLURM or munge, if it has one, is left alone. Needs root: slurmd starts every
job as its user.
"""

import argparse
import contextlib
import getpass
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import database

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
# No control groups: a machine of any kind will do.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
{accounting}
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
ReturnToService=2
KillWait=10
MailProg=/bin/true
MpiDefault=none
# The nodes promise more than the machine has.
SlurmdParameters=config_overrides
GresTypes=gpu
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes=ALL MaxTime=INFINITE State=UP
"""


# The tests look at all jobs in the end.
NO_ACCOUNTING = """\
AccountingStorageType=accounting_storage/none
MinJobAge=36000"""

# The controller forgets a job at once, as a busy one may: who wants to know asks the database.
ACCOUNTING = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={port}
# With munge this is the socket by which slurmdbd is asked.
AccountingStoragePass={folder}/munge.socket
MinJobAge=2"""


def missing(accounting: bool = False) -> str:
    """Why no cluster can be had here; empty if it can."""
    if os.geteuid() != 0:
        return "slurmd needs root"
    programs = PROGRAMS + (database.PROGRAMS if accounting else ())
    absent = [program for program in programs if shutil.which(program) is None]
    if absent:
        packages = "slurm-wlm, munge" + (", slurmdbd, mariadb-server" if accounting else "")
        return f"not installed: {', '.join(absent)} (Debian: {packages})"
    return ""


@dataclass(frozen=True)
class Cluster:
    """A running cluster whose files are in `folder` (an absolute path that all users may enter)."""

    folder: Path

    @classmethod
    def up(
        cls,
        folder: Path,
        nodes: int = 2,
        cpus: int = 2,
        memory_mb: int = 8000,
        accounting: bool = False,
    ) -> "Cluster":
        """Start munge, the controller and `nodes` nodes with one GPU each, a plain file.

        With `accounting` there is a database as well, with an account `lab` for this user.
        """
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        (folder / "state").mkdir(exist_ok=True)
        key = folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(64))
        port, database_port, slurmdbd_port, *node_ports = _free_ports(nodes + 3)
        names = [f"node{number}" for number in range(1, nodes + 1)]
        for name in names:
            (folder / name).mkdir(exist_ok=True)
            (folder / f"{name}-gpu0").touch()
        lines = [
            f"NodeName={name} NodeHostName={name} NodeAddr=127.0.0.1 Port={node_port}"
            f" CPUs={cpus} RealMemory={memory_mb} Gres=gpu:fake:1 State=UNKNOWN"
            for name, node_port in zip(names, node_ports, strict=True)
        ]
        (folder / "slurm.conf").write_text(
            CONFIGURATION.format(
                host=socket.gethostname(),
                port=port,
                folder=folder,
                nodes="\n".join(lines),
                accounting=ACCOUNTING.format(port=slurmdbd_port, folder=folder)
                if accounting
                else NO_ACCOUNTING,
            )
        )
        (folder / "gres.conf").write_text(
            "".join(f"NodeName={n} Name=gpu Type=fake File={folder}/{n}-gpu0\n" for n in names)
        )
        cluster = cls(folder)
        try:
            cluster._start_munge()
            if accounting:
                cluster._start_accounting(database_port, slurmdbd_port)
            cluster._start(names)
        except BaseException:
            cluster.down()
            raise
        return cluster

    def _start_munge(self) -> None:
        folder = self.folder
        munge = ["munged", "--foreground", f"--key-file={folder}/munge.key"]
        munge += [f"--{kind}={folder}/munge.{kind}" for kind in ("socket", "log-file", "pid-file")]
        self._spawn("munged", *munge, f"--seed-file={folder}/munge.seed")
        _wait_until(lambda: (folder / "munge.socket").exists(), "munged opens its socket")

    def _start_accounting(self, database_port: int, slurmdbd_port: int) -> None:
        self._spawn("mariadbd", *database.prepare(self.folder, database_port))
        _wait_until(lambda: database.answers(self.folder), "the database answers")
        database.configure(self.folder, database_port, slurmdbd_port)
        self._spawn("slurmdbd", "slurmdbd", "-D")
        add = ("sacctmgr", "--immediate", "add")
        _wait_until(lambda: "test" in self.said(*add, "cluster", "test"), "slurmdbd answers")
        self.said(*add, "account", "lab")
        self.said(*add, "user", getpass.getuser(), "account=lab")

    def _start(self, names: list[str]) -> None:
        folder, conf = self.folder, self.folder / "slurm.conf"
        self._spawn("slurmctld", "slurmctld", "-D", "-f", conf)
        _wait_until(lambda: "is UP" in self.said("scontrol", "ping"), "slurmctld answers")
        for name in names:
            # Jobs whose environment lost SLURM_CONF look in /etc/slurm; there they find ours.
            self._spawn(
                name,
                "unshare",
                "--mount",
                "sh",
                "-c",
                f"""
                mount --bind {folder} /etc/slurm && exec slurmd -D -N {name}""",
            )
        _wait_until(
            lambda: self.said("sinfo", "-hNo", "%T").split().count("idle") >= 2 * len(names),
            f"the nodes are idle (see {folder}/*.log)",
        )

    def _spawn(self, name: str, *command: str | Path) -> None:
        """Start a daemon and write down its process id."""
        with (self.folder / f"{name}.out").open("ab") as out:
            daemon = subprocess.Popen(
                list(map(str, command)),
                env=self.environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        pids = self._pids() | {name: daemon.pid}
        (self.folder / "pids.json").write_text(json.dumps(pids))

    def _pids(self) -> dict[str, int]:
        written = self.folder / "pids.json"
        return json.loads(written.read_text()) if written.exists() else {}

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which SLURM's commands mean this cluster."""
        return os.environ | {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def said(self, *command: str) -> str:
        """What a SLURM command prints, whether or not it succeeds."""
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60
        ).stdout

    def jobs(self) -> list[dict[str, str]]:
        """Every job that the controller remembers, with SLURM's own keys (JobId, JobState, …)."""
        lines = self.said("scontrol", "show", "jobs", "--oneliner").splitlines()
        return [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines if "JobId=" in line]

    def down(self) -> None:
        """Cancel all jobs, stop all daemons and wait for their end."""
        if "slurmctld" in self._pids():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.said("scancel", "--user=root")
                _wait_until(lambda: not self.said("squeue", "-h"), "the jobs end", timeout=30)
        for pid in reversed(self._pids().values()):
            _stop(pid)
        (self.folder / "pids.json").unlink(missing_ok=True)


def _free_ports(count: int) -> list[int]:
    """Ports that no one listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for candidate in sockets:
            candidate.bind(("127.0.0.1", 0))
        return [candidate.getsockname()[1] for candidate in sockets]


def _wait_until(condition, what: str, timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:.0f} s until {what}")
        time.sleep(0.1)


def _stop(pid: int) -> None:
    """End a daemon, by force after five seconds."""
    for sign, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        with contextlib.suppress(TimeoutError):
            _wait_until(lambda: _gone(pid), f"process {pid} ends", seconds)
            return


def _gone(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def main() -> int:
    """Bring a cluster up or take it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["up", "down"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--accounting", action="store_true", help="with an accounting database")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    if arguments.action == "down":
        Cluster(folder).down()
        return 0
    if reason := missing(arguments.accounting):
        sys.stderr.write(f"no cluster here: {reason}\n")
        return 1
    cluster = Cluster.up(folder, arguments.nodes, accounting=arguments.accounting)
    sys.stdout.write(f"export SLURM_CONF={cluster.environment['SLURM_CONF']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
