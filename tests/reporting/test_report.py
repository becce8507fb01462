"""``report.html`` as a file: whole, self-contained, and harmless whatever the data are called."""

import json
import re
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks.report import SPACE as LARGE_SPACE
from benchmarks.report import make_up
from tests.findings.searches import SPACE, Made, branching_record, record_of, settling
from tuner.findings import findings_of
from tuner.findings.importance import importance
from tuner.reporting import refresh
from tuner.reporting.refresh import ReportReporter
from tuner.reporting.report import scores
from tuner.reporting.report.page import report_html
from tuner.reporting.report.png_pictures import report_pictures
from tuner.reporting.report.theme import VARIABLES
from tuner.reporting.report.trainings import INACTIVE, parallel_coordinates
from tuner.trials.objective import Objective
from tuner.trials.record import SearchRecord, read_record
from tuner.trials.trial import Trial

SECTIONS = [
    *("next", "searched", "course", "axes", "isolation", "importance", "parallel", "curves"),
    *("failed", "time", "trials"),
]
EVIL = "<script>alert(1)</script>"


class Page(HTMLParser):
    """What a page consists of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def all(self, attribute: str) -> list[str]:
        return [value for name, value in self.attributes if name == attribute]


def html_of(record: SearchRecord) -> str:
    return report_html(record, findings_of(record))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> SearchRecord:
    """A search with all there is: failed trials, roles, many curves."""
    run = tmp_path_factory.mktemp("runs") / "large"
    make_up(run, 60)
    return read_record(run)


@pytest.fixture(scope="module")
def html(large: SearchRecord) -> str:
    return html_of(large)


def test_every_section_is_there_and_in_the_contents(html: str) -> None:
    page = Page(html)
    anchors = [link[1:] for link in page.all("href") if re.fullmatch("#[a-z]+", link)]
    assert anchors == SECTIONS
    assert set(SECTIONS) <= set(page.all("id"))


def test_the_conclusion_comes_first(html: str, large: SearchRecord) -> None:
    assert large.best is not None
    before_findings = html[: html.index('id="next"')]
    assert f"{large.best.score:.4f}" in before_findings
    assert "The published defaults reach" in before_findings


def test_it_needs_nothing_else(html: str) -> None:
    page = Page(html)
    assert not {"script", "iframe", "object", "embed", "img"} & set(page.tags)
    links = [*page.all("href"), *page.all("src"), *page.all("xlink:href")]
    assert all(link.startswith(("#", "data:")) for link in links)
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_ids_are_unique_and_references_have_a_target(html: str) -> None:
    page = Page(html)
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    used = [*page.all("xlink:href"), *(f"#{i}" for i in re.findall(r"url\(#([^)]+)\)", html))]
    assert {reference[1:] for reference in used if reference.startswith("#")} <= set(ids)


def test_figures_are_xml_have_names_and_follow_the_colours_of_the_page(html: str) -> None:
    figures = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(figures) > 15
    for figure in figures:
        # A page needs no namespace for it, XML does.
        root = ElementTree.fromstring(figure)
        texts = {child.tag: child.text for child in root if child.tag in ("title", "desc")}
        assert all(texts.get(tag) for tag in ("title", "desc"))
        assert not [colour for colour in VARIABLES if colour in figure]
        assert "var(--" in figure


def test_the_same_search_gives_the_same_page(large: SearchRecord, html: str) -> None:
    def timeless(page: str) -> str:
        return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "", page)

    assert timeless(html_of(large)) == timeless(html)


def test_names_from_data_do_no_harm() -> None:
    space = {
        **SPACE,
        EVIL: {
            "class_name": "Choice",
            "config": {
                "name": EVIL,
                "default": EVIL,
                "values": [EVIL, "$x^2$ & 'quoted\"", "]]>"],
                "ordered": False,
            },
        },
    }
    values = [{EVIL: space[EVIL]["config"]["values"][n % 3]} for n in range(20)]
    trials = [
        Made(0.5 + n / 100 if n % 4 else None, v, settling(), settling(), reason=EVIL)
        for n, v in enumerate(values)
    ]
    record = record_of(
        trials,
        run=Path(f"runs/{EVIL.replace('/', '')}"),
        space=space,
        roles={EVIL: "scientific"},
        dataset={"name": EVIL, "task": EVIL, "fingerprint": ""},
        command=f"python tune.py --dataset '{EVIL}'",
        model=EVIL,
        versions={EVIL: EVIL},
        git_revision=EVIL,
    )
    page = html_of(record)
    assert "script" not in Page(page).tags
    assert "<script" not in page.lower()
    assert "&lt;script&gt;alert(1)" in page
    for figure in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(figure)
    assert len(list(report_pictures(record))) > 5


def test_a_formula_is_a_name_like_any_other() -> None:
    record = record_of([Made(0.5), Made(0.6)], objective=Objective("val_$\\frac", "max"))
    assert "val_$\\frac" in html_of(record)


@pytest.mark.parametrize(
    "trials",
    [
        [],
        [Made(None, reason="diverged: loss is nan in epoch 1")] * 3,
        [Made(0.5)],
        [Made(0.5), Made(0.5)],
        [Made(1e300), Made(-1e300), Made(1e-300)],
        [Made(0.5, {}, [float("nan")] * 8, [float("inf")] * 8, [0.5] * 8)] * 3,
    ],
)
def test_whatever_little_there_is_can_be_shown(trials: list[Made]) -> None:
    assert html_of(record_of(trials)).rstrip().endswith("</html>")


def test_a_running_search_says_so() -> None:
    record = record_of([Made(0.5)])
    record.history.apply({"event": "trial_created", "trial": 1, "values": {"depth": 2}})
    assert "<strong>1 trials were running</strong>" in html_of(record)
    assert "were running" not in html_of(record_of([Made(0.5)]))


@pytest.mark.filterwarnings("error")
def test_a_search_that_is_interrupted_in_its_first_trial_is_shown_without_warnings() -> None:
    record = record_of([])
    record.history.apply({"event": "trial_created", "trial": 0, "values": {"depth": 2}})
    assert "Scores in the order of the trials" in html_of(record)


def test_a_learning_rate_range_test_is_drawn(tmp_path: Path) -> None:
    rates = [10 ** (-6 + n / 10) for n in range(60)]
    losses = [abs(n - 35) / 10 for n in range(60)]
    found = {
        "learning_rate": 1e-3,
        "low": 1e-4,
        "high": 1e-2,
        "curve": {"learning_rate": rates, "loss": losses, "smoothed": losses},
    }
    record = record_of([Made(0.5)], run=tmp_path)
    assert 'id="learning-rate"' not in html_of(record)
    (tmp_path / "learning_rate.json").write_text(json.dumps(found))
    for rate in (1e-3, None):
        (tmp_path / "learning_rate.json").write_text(json.dumps(found | {"learning_rate": rate}))
        page = html_of(record_of([Made(0.5)], run=tmp_path))
        assert '<section id="learning-rate">' in page


def test_an_older_search_without_what_came_later_is_shown() -> None:
    record = record_of([Made(0.5), Made(0.6)])
    for key in ("roles", "examples"):
        del record.config[key]
    assert "val_accuracy" in html_of(record)


def test_a_reverse_log_range_is_drawn_and_named_as_what_it_is() -> None:
    config = {**SPACE["dropout"]["config"], "sampling": "reverse_log", "max_value": 1.0}
    space = SPACE | {"dropout": {"class_name": "Float", "config": config}}
    rates = (0.1, 0.5, 0.8, 0.9, 0.95, 1.0) * 4
    trials = [Made(0.5 + rate / 3, {"dropout": rate}) for rate in rates]
    record = record_of(trials, space=space, roles={"dropout": "scientific"})
    assert "0.1 to 1, logarithmic from the upper end" in html_of(record)
    dropout = next(h for h in record.hyperparameters if h.name == "dropout")
    axes = scores.axis_plot(record, dropout).axes[0]
    ends = axes.transData.transform([(0.1, 0.5), (1.0, 0.5)])[:, 0]
    (place,) = axes.transData.transform([(0.9, 0.5)])[:, 0]
    assert (place - ends[0]) / (ends[1] - ends[0]) == pytest.approx(0.699, abs=1e-3)


def test_what_is_inactive_has_a_dash_and_no_place_in_the_figures() -> None:
    record = branching_record(60, model="my_model.py:build_model")
    page = html_of(record)
    assert "None" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)
    assert "0 to 0.5; active where optimizer = sgd" in page
    assert "The default values reach 0.5000." in page
    assert "The best trial lacks it, the default is 0.9. It is active in 19 of 61 trials." in page
    assert "published" not in page
    # The table of trials has a column a name, and a cell for each.
    head, *rows = re.findall(
        r"<tr>.*?</tr>", page[page.index('<section id="trials">') :], re.DOTALL
    )
    names = list(record.config["search_space"])
    assert re.findall(r'<th scope="col">(.*?)</th>', head)[4:] == names
    best = re.findall(r"<td>(.*?)</td>", rows[0])[3:]
    assert record.best is not None
    assert [cell != "\N{EN DASH}" for cell in best] == [
        name in record.best.values for name in names
    ]


def test_parallel_coordinates_have_a_line_for_every_trial_in_whatever_branch() -> None:
    record = branching_record(40)
    axes = parallel_coordinates(record).axes[0]
    drawn = sum(len(lines.get_segments()) for lines in axes.collections[:2])
    assert drawn == len(record.scored) == 41
    places = np.concatenate([line for c in axes.collections for line in c.get_segments()])
    assert places[:, 1].min() == INACTIVE


def test_a_name_with_two_ranges_has_a_figure_for_each_with_its_own_trials() -> None:
    record = branching_record(40)
    ranges = [h for h in record.hyperparameters if h.name == "momentum"]
    for h, low, high in zip(ranges, (0.0, 0.5), (0.5, 1.0), strict=True):
        axes = scores.axis_plot(record, h).axes[0]
        places = np.concatenate([np.asarray(line.get_xdata()) for line in axes.lines])
        assert len(places)
        assert low <= places.min() <= places.max() <= high
    names = [name for name, _ in report_pictures(record)]
    assert "axis/momentum (optimizer = sgd)" in names
    assert len(names) == len(set(names))


def test_a_branch_that_no_trial_has_seen_has_no_figure() -> None:
    record = branching_record(0)
    assert "units_2" not in [name.removeprefix("axis/") for name, _ in report_pictures(record)]
    assert html_of(record).count("<figcaption><strong>momentum") == 0


def test_importance_finds_what_decides(large: SearchRecord) -> None:
    found = importance(large)
    assert found is not None
    assert found.explained > 0.3
    names = [hyperparameter.name for hyperparameter, _ in found.shares]
    assert names[0] == "learning_rate"
    assert set(names) == set(LARGE_SPACE)
    assert all(0 <= share <= 1 for _, share in found.shares)


def test_importance_is_not_made_up_where_nothing_decides() -> None:
    def unordered(n: int) -> dict[str, Any]:
        return {"depth": 1 + n % 8, "learning_rate": 10 ** -(1 + (n * 7 % 40) / 10)}

    record = record_of([Made((n * 37 % 41) / 41, unordered(n)) for n in range(40)])
    assert importance(record) is None


def test_interactions_are_told_from_single_effects() -> None:
    def checkered(n: int) -> Made:
        depth, dropout = 1 + n % 8, 0.1 + 0.4 * (n // 8 % 8) / 7
        return Made(float((depth > 4) == (dropout > 0.3)), {"depth": depth, "dropout": dropout})

    found = importance(record_of([checkered(n) for n in range(128)]))
    assert found is not None
    assert {h.name for h in found.interactions[0].pair} == {"depth", "dropout"}
    assert found.interactions[0].share > 0.3
    assert max(share for _, share in found.shares) < 0.2


@pytest.mark.timeout(300)
def test_the_page_is_made_while_the_search_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "made-up"
    make_up(run, 12)
    monkeypatch.setattr(refresh, "SECONDS", 0.0)
    reporter = ReportReporter()
    reporter.search_started(read_record(run))
    trial = Trial(0, {})
    reporter.trial_started(trial)
    reporter.trial_ended(trial)
    deadline = time.monotonic() + 240
    while not (run / "report.html").exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert (run / "report.html").read_text().rstrip().endswith("</html>")
    assert (run / "findings.json").exists()
    reporter.close()


def test_a_page_that_is_being_made_does_not_outlive_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def remember(*args: Any, **settings: Any) -> subprocess.Popen[bytes]:
        begun.append(popen(*args, **settings))
        return begun[-1]

    monkeypatch.setattr(subprocess, "Popen", remember)
    monkeypatch.setattr(refresh, "SECONDS", 0.0)
    reporter = ReportReporter()
    reporter.search_started(record_of([], run=tmp_path))
    for _ in range(5):
        reporter.trial_ended(Trial(0, {}))
    reporter.close()
    assert len(begun) == 1
    assert begun[0].returncode is not None
