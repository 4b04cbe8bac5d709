"""The desk behind a real nginx with the shipped settings, in a real Chromium."""

from __future__ import annotations

import http.client
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import pytest
from browsing import FAULTS, chromium, come_in, needs_chromium, shown
from desk_browsing import PASSWORD, served
from desk_runs import make_run, photos
from places import ROOT

from pipeline.desk import accounts
from pipeline.desk.accounts import Role
from pipeline.night.folder import LEDGER
from pipeline.store.ledger import Ledger

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")
PREFIX = "/photoproof"
pytestmark = [
    *needs_chromium,
    pytest.mark.skipif(NGINX is None, reason="nginx is absent"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is absent"),
]
AROUND = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/start.log;
events {{}}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/site.conf;
}}
"""
MAKE_CERTIFICATE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    " -subj /CN=localhost"
)
OUTSIDE = """
    prefix => [...document.querySelectorAll('[href], [src], [action]')]
        .flatMap(node => [node.href, node.src, node.action])
        .filter(at => typeof at === 'string' && at && !at.startsWith('blob:'))
        .filter(at => !new URL(at).pathname.startsWith(prefix + '/'))
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_run(tmp_path_factory.mktemp("run"), photos(12))
    with Ledger(made / LEDGER) as ledger:
        accounts.add(ledger, "lu", Role.LEAD, PASSWORD, "test")
    return made


@pytest.fixture(scope="module")
def url(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The desk's address at a proxy that speaks TLS, as deploy/nginx.conf says it."""
    folder = tmp_path_factory.mktemp("nginx")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [*MAKE_CERTIFICATE.split(), "-out", certificate, "-keyout", key],
        check=True,
        capture_output=True,
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with served(run, "--path", PREFIX, "--trusted-proxy", "127.0.0.1") as (_, address):
        site = (ROOT / "deploy/nginx.conf").read_text()
        for shipped, here in (
            ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
            ("photos.example.edu.cn", "localhost"),
            ("/etc/ssl/photoproof.pem", str(certificate)),
            ("/etc/ssl/photoproof.key", str(key)),
            ("/var/log/nginx/photoproof.log", f"{folder}/error.log"),
            ("server 127.0.0.1:8765", f"server {urlsplit(address).netloc}"),
        ):
            assert site.count(shipped) == 1, shipped
            site = site.replace(shipped, here)
        (folder / "site.conf").write_text(site)
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
        proxy = subprocess.Popen([str(NGINX), "-c", folder / "nginx.conf", "-p", folder])
        try:
            _wait(proxy, port, folder)
            yield f"https://localhost:{port}{PREFIX}"
        finally:
            proxy.terminate()
            proxy.wait()


def _wait(proxy: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    for _ in range(100):
        assert proxy.poll() is None, (folder / "start.log").read_text()
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("nginx does not answer")


@pytest.mark.long
def test_the_whole_desk_works_under_the_path(url: str) -> None:
    FAULTS.clear()
    with chromium() as browser:
        page = come_in(browser, url, "lu", ignore_https_errors=True)
        asked: list[tuple[SplitResult, int]] = []
        page.on("response", lambda answer: asked.append((urlsplit(answer.url), answer.status)))
        page.keyboard.press("Enter")
        first = shown(page)
        page.keyboard.press("2")
        page.wait_for_selector(".sheet[data-revealed] .machine")
        page.keyboard.press("Space")
        page.wait_for_function(
            "was => !document.querySelector('.side header p').textContent.startsWith(was)",
            arg=first,
        )
        assert urlsplit(page.url).path.startswith(f"{PREFIX}/case/")
        page.keyboard.press("u")
        page.wait_for_function(
            "was => document.querySelector('.side header p').textContent.startsWith(was)", arg=first
        )
        assert page.evaluate(OUTSIDE, PREFIX) == []
        page.reload()
        assert shown(page) == first
        for path in ("/worklist", "/agreement", "/audit", "/account", "/"):
            page.goto(url + path)
            assert page.evaluate(OUTSIDE, PREFIX) == []
        page.click("a[lang=en]")
        page.wait_for_selector("html[lang=en]")
        assert urlsplit(page.url).path == f"{PREFIX}/"
        page.fill("[name=q]", "2021000000")
        page.press("[name=q]", "Enter")
        page.wait_for_url("**q=2021000000**")
        cookies = page.context.cookies()
        page.click("form[action$='/logout'] button")
        page.wait_for_selector("[name=password]")
    assert {c.get("path") for c in cookies} == {PREFIX}
    assert all(c.get("secure") and c.get("name", "").startswith("__Secure-") for c in cookies)
    assert len(asked) > 30
    asked = [(at, status) for at, status in asked if at.scheme != "blob"]
    assert [at for at in asked if at[1] >= 400 or not at[0].path.startswith(f"{PREFIX}/")] == []
    assert FAULTS == []


def test_the_bare_path_is_sent_on(url: str) -> None:
    trusting = ssl._create_unverified_context()  # noqa: S323 - the certificate is this test's own
    at = urlsplit(url)
    connection = http.client.HTTPSConnection(at.netloc, context=trusting)
    connection.request("HEAD", PREFIX)
    answer = connection.getresponse()
    assert answer.status == 308
    assert urlsplit(str(answer.getheader("location"))).path == f"{PREFIX}/"
    answer.read()
    connection.request("HEAD", f"{PREFIX}/login")
    answer = connection.getresponse()
    assert answer.status == 200
    assert "max-age" in str(answer.getheader("strict-transport-security"))
    answer.read()
    for path, status in (("/healthz", (200, 503)), ("/metrics", (404,))):
        connection.request("GET", f"{PREFIX}{path}")
        answer = connection.getresponse()
        answer.read()
        assert answer.status in status
    connection.close()
