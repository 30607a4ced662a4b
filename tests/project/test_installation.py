"""make installs into the environment, whatever the user's pip is told to do."""

import hashlib
import subprocess
import sys
import zipfile
from importlib import metadata

from tiny_project import make

PIP_CONF = "[install]\nuser = true\ntarget = /no\nno-binary = :all:\n"
ELSEWHERE = {"PIP_USER": "1", "PIP_TARGET": "/no", "PIP_PREFIX": "/no", "PIP_ROOT": "/no", "PIP_NO_BINARY": ":all:"}
ELSEWHERE |= {"PIP_CONSTRAINT": "/no", "PIP_REQUIRE_VIRTUALENV": "1"}


def wheel_of(package, folder):
    """Pack a package that is installed here into a wheel, and return the wheel's path."""
    path = folder / f"{package}-{metadata.version(package)}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file in metadata.files(package):
            if ".." not in file.parts and "__pycache__" not in file.parts:
                wheel.write(file.locate(), file)
    return path


def test_installation_does_not_heed_where_pip_should_install(project, tmp_path):
    """What says how to reach an index still works: nothing but setuptools is to be had, and that from a folder."""
    wheel = wheel_of("setuptools", tmp_path)
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    pin = f"setuptools=={metadata.version('setuptools')} --hash=sha256:{sha256}\n"
    (project / "requirements.lock").write_text(pin, encoding="utf-8")
    (tmp_path / ".config" / "pip").mkdir(parents=True)
    (tmp_path / ".config" / "pip" / "pip.conf").write_text(PIP_CONF, encoding="utf-8")
    index = {"PIP_FIND_LINKS": str(tmp_path), "PIP_NO_INDEX": "1", "HOME": str(tmp_path)}
    target = "_build/installed/.readers"
    code, _, output = make(project, "VENV=_build/installed", target, PYTHON=sys.executable, **index, **ELSEWHERE)
    assert code == 0, output
    asked = "from importlib import metadata; print(metadata.version('setuptools'), metadata.version('d2l-utils'))"
    python = project / "_build" / "installed" / "bin" / "python"
    installed = subprocess.check_output([python, "-c", asked], encoding="utf-8")
    assert installed.split() == [metadata.version("setuptools"), metadata.version("d2l-utils")]
