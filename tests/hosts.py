"""Several hosts on one machine: network namespaces that share a switch, and nothing with the machine's own network."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import count

import pytest

NUMBERS = count()
NO_QUEUE = "this kernel has neither netem nor tbf: no link was slowed down"


class Refused(Exception):
    """This machine lets us make no network."""


@dataclass
class Host:
    """A network namespace with the interface eth0, in which processes run.

    Attributes:
        name: of the namespace (str).
        address: its IPv4 address (str).
    """

    name: str
    address: str

    def start(self, *command: str, **settings) -> subprocess.Popen:
        """Start Python with some arguments here, in a session of its own; it ends when its host does."""
        within = ["ip", "netns", "exec", self.name, sys.executable, *command]
        return subprocess.Popen(within, start_new_session=True, **settings)

    def unplug(self) -> None:
        """Lose the link: nothing comes in or goes out any more, and nobody is told."""
        _ip("-n", self.name, "link", "set", "eth0", "down")

    def slow_down(self) -> None:
        """Make the link slow: late by 50 ms where the kernel has netem, narrow (2 Mbit/s) where not; else a skip."""
        for kind in ("netem delay 50ms", "tbf rate 2mbit burst 32kbit latency 1s"):
            slower = ["tc", "-n", self.name, "qdisc", "add", "dev", "eth0", "root", *kind.split()]
            if not subprocess.run(slower, capture_output=True).returncode:
                return
        pytest.skip(NO_QUEUE)


@contextmanager
def network(num_hosts: int) -> Iterator[list[Host]]:
    """Make hosts that reach each other for as long as a block runs; a skip where that is not allowed.

    Args:
        num_hosts: how many (int, at most 200).

    Yields:
        A list of Host. Afterwards, they and all processes in them are gone.
    """
    name = f"d2l-{os.getpid()}-{next(NUMBERS)}"
    with ExitStack() as made:
        try:
            hosts = _wire(made, name, num_hosts)
        except Refused as refused:
            pytest.skip(f"no network of several hosts can be made here: {refused}")
        yield hosts


def _wire(made, name, num_hosts):
    """A switch, and hosts with a cable to it. All is in namespaces, so that nothing outlives those."""
    switch = _namespace(made, f"{name}-switch")
    _ip("-n", switch, "link", "add", "bridge", "type", "bridge")
    _ip("-n", switch, "link", "set", "bridge", "up")
    hosts = []
    for number in range(1, num_hosts + 1):
        host = Host(_namespace(made, f"{name}-{number}"), f"10.77.0.{number}")
        ours, theirs = ["name", f"port{number}", "netns", switch], ["name", "eth0", "netns", host.name]
        _ip("link", "add", *ours, "type", "veth", "peer", *theirs)
        _ip("-n", switch, "link", "set", f"port{number}", "master", "bridge", "up")
        _ip("-n", host.name, "address", "add", f"{host.address}/24", "dev", "eth0")
        for interface in ("lo", "eth0"):
            _ip("-n", host.name, "link", "set", interface, "up")
        hosts.append(host)
    return hosts


def _namespace(made, name):
    _ip("netns", "add", name)
    made.callback(_remove, name)
    return name


def _remove(name):
    for pid in _ip("netns", "pids", name).split():
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.kill(int(pid), signal.SIGKILL)
    _ip("netns", "delete", name)


def _ip(*arguments):
    """What the tool ip prints; Refused where it fails."""
    if not shutil.which("ip"):
        raise Refused("the tool ip is not installed")
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise Refused(done.stderr.strip())
    return done.stdout
