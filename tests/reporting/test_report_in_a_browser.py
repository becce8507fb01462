"""``report.html`` in headless Chromium, from disk and without a network."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from benchmarks.report import make_up
from tests.reporting.test_report import SECTIONS
from tuner.findings import findings_of
from tuner.reporting.report.page import write_report
from tuner.trials.record import read_record

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for path in map(shutil.which, NAMES) if path), None)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
]

# Goes into a copy of the page, whose own policy allows no script: what the browser has laid out.
MEASURE = """<script>
addEventListener("load", () => {
  const size = (element) => {
    const box = element.getBoundingClientRect();
    return [box.width, box.height];
  };
  const all = (selector) => [...document.querySelectorAll(selector)];
  const measured = {
    width: innerWidth,
    scroll: document.documentElement.scrollWidth,
    sections: Object.fromEntries(all("section").map((s) => [s.id, size(s)])),
    figures: all("svg").map(size),
    marks: all("svg").map((s) => s.querySelectorAll("path, use, text").length),
  };
  document.title = JSON.stringify(measured);
});
</script>"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("runs") / "large"
    make_up(run, 1000)
    record = read_record(run)
    write_report(record, findings_of(record))
    return run / "report.html"


def open_page(page: Path, *options: str, width: int = 1200) -> tuple[str, str]:
    """Return what Chromium prints, and what it logs: console messages among it."""
    profile = page.parent / f"profile-{width}"
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            # No name is resolved, and no address is reached either.
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9"),
            *("--enable-logging=stderr", f"--user-data-dir={profile}"),
            *(f"--window-size={width},900", *options, page.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.stdout, done.stderr


def console(log: str) -> list[str]:
    return [line for line in log.splitlines() if "CONSOLE" in line]


def test_a_mistake_in_a_page_would_be_seen(tmp_path: Path) -> None:
    page = tmp_path / "wrong.html"
    page.write_text("<script>throw new Error('seen')</script>")
    _, log = open_page(page, "--dump-dom")
    assert "seen" in " ".join(console(log))


def test_no_message_on_the_console(report: Path) -> None:
    content, log = open_page(report, "--dump-dom")
    assert console(log) == []
    assert content.rstrip().endswith("</html>")


@pytest.mark.parametrize("width", [1200, 500])
def test_every_section_is_drawn_and_nothing_is_wider_than_the_screen(
    report: Path, width: int
) -> None:
    html = report.read_text()
    html, policies = re.subn(r'<meta http-equiv="Content-Security-Policy".*?>', MEASURE, html)
    assert policies == 1
    measured_page = report.with_name("measured.html")
    measured_page.write_text(html)
    content, _ = open_page(measured_page, "--dump-dom", width=width)
    title = re.search(r"<title>(\{.*?\})</title>", content, re.DOTALL)
    assert title is not None
    measured: dict[str, Any] = json.loads(title[1])
    assert list(measured["sections"]) == SECTIONS
    sizes = [*measured["sections"].values(), *measured["figures"]]
    assert all(wide > 100 and high > 50 for wide, high in sizes)
    assert min(measured["marks"]) > 5
    assert measured["scroll"] <= measured["width"]


def test_a_thousand_trials_are_less_than_5_megabytes(report: Path) -> None:
    assert report.stat().st_size < 5_000_000


def test_it_prints(report: Path) -> None:
    printed = report.with_suffix(".pdf")
    open_page(report, f"--print-to-pdf={printed}")
    assert printed.read_bytes().startswith(b"%PDF")
