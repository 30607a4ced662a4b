"""The kernels that notebooks run in: this very Python, under guard, whatever the user has set up."""

import json
import os
import signal
from contextlib import suppress
from typing import Any

import zmq
from jupyter_client import AsyncKernelManager
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.provisioning import LocalProvisioner
from jupyter_client.session import Session

from . import guard
from .nursery import Nursery

LARGEST = 64_000_000  # bytes of a message that is read; what is printed at once comes in one
# What stands for a larger one, be it an output or a reply.
WORDS = f"a message of more than {LARGEST // 10**6} MB"
TOO_LARGE = {"status": "error", "ename": "TooLarge", "evalue": WORDS, "traceback": [f"TooLarge: {WORDS}"]}


class OurSession(Session):
    """Reads messages; of one that is too large, only what kind it is and how large."""

    def deserialize(self, msg_list: list, content: bool = True, copy: bool = True) -> dict[str, Any]:
        size = sum(map(len, msg_list[3:]))  # of all that follows its signature and two headers
        if size > LARGEST:
            parts = [*msg_list[1:3], b"{}", json.dumps(TOO_LARGE).encode()]
            msg_list = [self.sign(parts), *parts]
        message = super().deserialize(msg_list, content=content, copy=copy)
        return {**message, "size": size}


class Forked(LocalProvisioner):
    """Has a kernel forked from a nursery."""

    nursery: Nursery

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        arguments = cmd[cmd.index("-f") :]
        kernel = self.nursery.fork(arguments, options["env"], options["cwd"], options["stderr"].fileno())
        self.process = kernel  # type: ignore[assignment]
        self.pid = self.pgid = kernel.pid
        return self.connection_info


class OurKernel(AsyncKernelManager):
    """Starts this very Python under guard, whatever kernels the user has installed, and leaves nothing of it."""

    def __init__(self, nursery: Nursery | None, **options: Any) -> None:
        # Where no folder has one, jupyter_client makes the kernel `python3` out of the Python that it runs in.
        spec = KernelSpecManager(kernel_dirs=[])
        super().__init__(kernel_spec_manager=spec, session=OurSession(), shutdown_wait_time=2, **options)
        if nursery:
            self.provisioner = Forked(kernel_id="", kernel_spec=self.kernel_spec, parent=self)
            self.provisioner.nursery = nursery

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        return guard.command(*super().format_kernel_cmd(extra_arguments))

    def client(self, **options: Any) -> Any:
        client = super().client(**options)
        # Otherwise what a cell tells is dropped while we are busy, and with it that the cell has ended.
        client.context.setsockopt(zmq.RCVHWM, 0)
        return client

    async def cleanup_resources(self, restart: bool = False) -> None:  # type: ignore[override]
        group = getattr(self.provisioner, "pgid", None)
        await super().cleanup_resources(restart)
        if group:
            with suppress(OSError):  # all of it has ended
                os.killpg(group, signal.SIGKILL)


def environment(scratch: str) -> dict[str, str]:
    """A kernel's environment: the user's, without what would make Python, IPython or matplotlib behave otherwise."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MPLBACKEND"))}
    return {**kept, "PYTHONUTF8": "1", "IPYTHONDIR": scratch, "MATPLOTLIBRC": os.devnull}
