"""The user's environment does not leak in: locale, matplotlibrc, kernels, startup files, Python's settings, root."""

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

from book import notebook
from d2l_utils import plot
from tiny_project import NAMES, copy, html, make, write

import matplotlib
import pytest

ROOT = notebook.ROOT
# A chapter that reads, prints and draws what a locale could spoil, and looks at what could have leaked in.
CELLS = (
    "import sys\nfrom d2l_utils import data, plot\nprint('ε ≤ 中文', sys.executable, sys.flags)",
    "print(open('table.csv', encoding='utf-8').read(), data.airfoil()[0].shape)",
    "print(plot.curves({'γ': ([0, 1], [1, 2])}, 'x', '损失').svg())",
    "print('leaked' in globals(), 'leaked' in sys.modules)",
)
LOCALES = {"zh_CN.GBK": ("zh_CN", "GBK"), "de_DE.ISO-8859-1": ("de_DE", "ISO-8859-1")}
STRANGE = """
text.usetex: True
font.family: serif
font.size: 30
axes.facecolor: red
axes.grid: True
axes.prop_cycle: cycler("color", ["k"])
figure.dpi: 300
savefig.bbox: tight
svg.fonttype: path
backend: nonsense
"""
NO_KERNEL = json.dumps({"argv": ["/bin/false"], "display_name": "Theirs", "language": "python"})
OTHER_OPENS = {"Image", "tarfile", "directly", "os"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """As elsewhere, but in a folder that every locale can spell: NumPy 2 cannot be loaded from any other."""
    return copy(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def chapter(project):
    """The tiny project with one chapter, built; and the bytes of all that was written."""
    (project / "notebooks" / "table.csv").write_text("名,ö\n", encoding="utf-8")
    for name in NAMES[1:]:
        (project / "notebooks" / f"{name}.ipynb").unlink()
    write(project, "index", *CELLS)
    assert make(project)[0] == 0
    return project, written(project)


def written(project):
    """The build's files and their bytes."""
    found = [path for path in (project / "_build").rglob("*") if path.is_file() and ".built" not in path.name]
    return {str(path.relative_to(project)): path.read_bytes() for path in found}


def test_chapter_sees_what_the_others_are_compared_by(chapter):
    project, _ = chapter
    page = html(project, "index")
    for text in ("ε ≤ 中文", "名,ö", "(1500, 5)", "损失", "False False", f"{project}/.venv/bin/python"):
        assert text in page


def book(project, **environment):
    """Build without make, which would take most of the user's environment away."""
    env = {**os.environ, "D2L_OFFLINE": "1", **environment}
    command = [project / ".venv" / "bin" / "python", "-m", "book", "html", "_build/html/.built"]
    done = subprocess.run(command, cwd=project, env=env, capture_output=True)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def check_same(chapter, build, **environment):
    """Build once more, from nothing: every file must have the same bytes."""
    project, before = chapter
    shutil.rmtree(project / "_build", ignore_errors=True)
    code, *_, output = build(project, **environment)
    assert code == 0, output
    after = written(project)
    assert sorted(after) == sorted(before)
    assert [name for name in before if before[name] != after[name]] == []


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    """A folder with locales that are not UTF-8, made here."""
    folder = tmp_path_factory.mktemp("locales")
    for name, (language, charset) in LOCALES.items():
        command = ["localedef", "-i", language, "-f", charset, str(folder / name)]
        if not shutil.which("localedef") or subprocess.run(command, capture_output=True).returncode > 1:
            return None
    return folder


@pytest.mark.parametrize("locale", ["C", "POSIX", *LOCALES])
def test_book_has_the_same_bytes_in_every_locale(locale, chapter, locales):
    """Without make, which would switch Python to UTF-8."""
    if locale in LOCALES and not locales:
        pytest.skip("localedef cannot make locales here")

    setting = {"LC_ALL": locale, "LOCPATH": str(locales), "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    asked = "import locale; print(locale.getpreferredencoding(False))"
    encoding = subprocess.check_output([sys.executable, "-c", asked], env={**os.environ, **setting}, encoding="ascii")
    assert "UTF" not in encoding.upper()
    check_same(chapter, book, **setting)


@pytest.fixture
def theirs(tmp_path):
    """Folders of a user who has set up everything otherwise."""
    startup = {"profile_default/startup/00.py": "leaked = 1", "profile_default/ipython_kernel_config.py": "1 / 0"}
    kernel = {"kernels/python3/kernel.json": NO_KERNEL}
    modules = dict.fromkeys(("numpy.py", "mxnet.py", "d2l_utils.py", "nbclient.py"), "1 / 0")
    home = {f".ipython/{name}": text for name, text in startup.items()}
    home |= {f".local/share/jupyter/{name}": text for name, text in kernel.items()}
    home |= {".config/matplotlib/matplotlibrc": STRANGE}
    files = {"ipython": startup, "jupyter": kernel, "home": home}
    files["modules"] = {**modules, "sitecustomize.py": "import leaked", "leaked.py": "", "startup.py": "leaked = 1"}
    files["matplotlib"] = {"matplotlibrc": STRANGE}
    for folder, contents in files.items():
        for name, text in contents.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return tmp_path


VARIABLES = {
    "JUPYTER_PATH": "{}/jupyter",
    "IPYTHONDIR": "{}/ipython",
    "PYTHONSTARTUP": "{}/modules/startup.py",
    "MATPLOTLIBRC": "{}/matplotlib",
    "MPLBACKEND": "tkagg",
}
FOLDERS = {"HOME": "{}/home", "JUPYTER_PREFER_ENV_PATH": "0"}


@pytest.mark.parametrize("setting", [VARIABLES, FOLDERS], ids=["by variables", "in the home folder"])
def test_book_does_not_heed_what_the_user_has_set_up(setting, chapter, theirs):
    check_same(chapter, book, **{name: value.format(theirs) for name, value in setting.items()})


def test_make_does_not_heed_settings_of_python(chapter, theirs):
    setting = {"PYTHONPATH": f"{theirs}/modules", "PYTHONSTARTUP": f"{theirs}/modules/startup.py", "PYTHONHOME": "/no"}
    active = {"VIRTUAL_ENV": "/no", "CONDA_PREFIX": "/no", "MPLBACKEND": "nonsense"}
    check_same(chapter, make, **setting, **active, PYTHONSAFEPATH="1", PYTHONWARNINGS="error", PYTHONUTF8="0")


def test_terminal_that_lacks_a_letter_does_not_end_a_build(project):
    write(project, "index", "raise KeyError('ε is missing')")
    code, output = book(project, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert code != 0
    assert "FAILED     index, cell 2 of 2" in output
    assert "KeyError: '\\u03b5 is missing'" in output
    assert "notebooks failed; their last good pages stay" in output
    write(project, "index", *CELLS)


def opens_text(call):
    """Tell whether a call opens a file as text; the open() of what is no file has another owner."""
    name, owner = getattr(call.func, "attr", None), getattr(call.func, "value", None)
    if isinstance(call.func, ast.Name):
        name = call.func.id
    elif getattr(owner, "id", None) in OTHER_OPENS:
        return False
    modes = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
    return name in ("read_text", "write_text", "open") and not {"rb", "wb", "xb", "ab"} & {*modes}


def modules():
    """All of the project's Python files."""
    return [
        path for top in ("d2l_utils", "book", "tools", "benchmarks", "tests") for path in (ROOT / top).rglob("*.py")
    ]


def test_every_text_file_is_opened_in_utf8():
    """In the chapters, too."""
    texts = {path: path.read_text(encoding="utf-8") for path in modules()}
    texts |= {name: "\n".join(notebook.sources(notebook.read(name))) for name in notebook.names()}
    calls = [(where, node) for where, text in texts.items() for node in ast.walk(ast.parse(text))]
    opened = [(where, node) for where, node in calls if isinstance(node, ast.Call) and opens_text(node)]
    assert len(opened) > 50
    for where, call in opened:
        encodings = [word.value.value for word in call.keywords if word.arg == "encoding"]
        assert encodings == ["utf-8"], f"{where}, line {call.lineno}: {ast.unparse(call)}"


def test_users_matplotlibrc_changes_no_picture(theirs):
    """Outside the book, too: in the user's own notebooks, with a matplotlibrc in the current folder."""
    draw = "plot.trajectories(lambda a, b: a * a + b * b, {'GD': [(-1, 2), (0.5, 1)]}).svg()"
    code = f"from d2l_utils import plot; print({draw})"
    drawn = subprocess.run(
        [sys.executable, "-c", code], cwd=theirs / "matplotlib", capture_output=True, encoding="utf-8", check=True
    )
    assert drawn.stdout.strip() == eval(draw, {"plot": plot}).strip()
    assert matplotlib.rcParams["axes.facecolor"] == matplotlib.rcParamsDefault["axes.facecolor"]


def kernels(address):
    """What a server that is starting offers as kernels, as soon as it answers."""
    base, token = address.groups()
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(100):
        try:
            with directly.open(f"{base}api/kernelspecs{token}", timeout=20) as answer:
                return json.load(answer)["kernelspecs"]
        except OSError:  # it tells its address before it listens
            time.sleep(0.1)
    return pytest.fail(f"{base} does not answer")


def test_lab_opens_with_the_environments_own_python(project, theirs):
    """As root, too, as in a container."""
    settings = {"HOME": str(theirs / "home"), "JUPYTER_PATH": str(theirs / "jupyter"), "JUPYTER_PREFER_ENV_PATH": "0"}
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "-o.venv/.readers", "lab"]
    options = {"stderr": subprocess.PIPE, "encoding": "utf-8", "start_new_session": True}
    lab = subprocess.Popen(command, cwd=project, env={**env, **settings}, **options)
    try:
        addresses = (re.search(r"(http://localhost\S+/)lab(\?\S+)", line) for line in lab.stderr)
        address = next(filter(None, addresses), None)
        assert address, "it ended before it gave an address"
        kernel = kernels(address)["python3"]["spec"]
    finally:
        os.killpg(lab.pid, signal.SIGTERM)
        lab.communicate(timeout=20)
    assert kernel["argv"][1:3] == ["-m", "ipykernel_launcher"]
    assert kernel["display_name"] == "Python 3 (ipykernel)"
