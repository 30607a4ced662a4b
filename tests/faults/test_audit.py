"""The audit tells an advisory, a clean bill and a service that does not answer from each other."""

import http.server
import json
import sys
import threading

from tools import audit

import pytest


class Advisories(http.server.BaseHTTPRequestHandler):
    """A service that knows an advisory for old pillows, or answers what it is told to."""

    status, text = 200, None

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        package = {"name": "pillow", "ecosystem": "PyPI"}
        known = {"id": "PYSEC-0000-1", "affected": [{"package": package, "ranges": []}]}
        is_old = asked["package"]["name"] == "pillow" and asked["version"] == "11.3.0"
        answer = self.text or json.dumps({"vulns": [known]} if is_old else {})
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    """The address of the service, while it runs."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Advisories)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def ask(service, monkeypatch, tmp_path, capsys, *pins):
    """What the audit says of pins, and how it ends."""
    (tmp_path / "some.lock").write_text("".join(f"{pin} \\\n    --hash=sha256:0\n" for pin in pins), encoding="utf-8")
    monkeypatch.setattr(audit, "LISTS", [tmp_path / "some.lock"])
    with pytest.raises(SystemExit) as end:
        audit.main(["-s", "osv", "--osv-url", service])
        sys.exit(0)
    return end.value.code, capsys.readouterr().out


def test_an_advisory_fails_the_audit_by_name(service, monkeypatch, tmp_path, capsys):
    """Also where another Python has a newer version of the package."""
    pins = ["pillow==13.0.0", "pillow==11.3.0 ; python_version < '3.10'", "requests==2.34.2"]
    code, said = ask(service, monkeypatch, tmp_path, capsys, *pins)
    assert (code, "pillow 11.3.0: PYSEC-0000-1" in said) == (1, True), said
    code, said = ask(service, monkeypatch, tmp_path, capsys, "pillow==13.0.0", "requests==2.34.2")
    assert (code, "2 pinned versions of 2 packages: no known advisories" in said) == (0, True), said


@pytest.mark.parametrize(("status", "text"), [(503, None), (200, "<html>log in</html>"), (0, None)])
def test_a_service_that_does_not_answer_is_told_from_a_clean_bill(
    status, text, service, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(Advisories, "status", status)
    monkeypatch.setattr(Advisories, "text", text)
    address = service if status else "http://127.0.0.1:9"
    code, said = ask(address, monkeypatch, tmp_path, capsys, "pillow==13.0.0")
    assert (code, "not checked for advisories, since no service answers here: " in said) == (0, True), said
    assert "no known advisories" not in said
