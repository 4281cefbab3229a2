"""The tour, run as a process, as a user runs it at a terminal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from mwclient_async.testing.errors import INSTALL_COMMAND
from tests.support.corpus import LONG, Corpus

TOUR = [sys.executable, "-m", "mwclient_async.tour"]
CONTACT = ["--user-agent", "tour-tests/1.0 (tests@example.org)"]
NOWHERE = "http://127.0.0.1:9/api.php"  # the port of the discard service: nothing listens there
WATCHDOG = 120


def run(*arguments: str, program: list[str] = TOUR, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*program, *arguments],
        env=plain_environment(environment),
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
    )


def plain_environment(more: Mapping[str, str]) -> dict[str, str]:
    colours = {"FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS"}
    return {name: value for name, value in os.environ.items() if name not in colours} | dict(more)


def with_first(code: str) -> list[str]:
    """A program that runs this code and then the tour."""
    return [sys.executable, "-c", f"{code}\nfrom mwclient_async.tour.__main__ import main\nsys.exit(main())"]


def numbers(text: str, row: str) -> list[int]:
    """The numbers in this row of a table."""
    line = next(line for line in text.splitlines() if line.strip().startswith(row))
    return [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", line.partition(row)[2])]


@pytest.fixture(scope="module")
def local_tour() -> subprocess.CompletedProcess[str]:
    return run(COLUMNS="200")


@pytest.fixture(scope="module")
def other_tour(corpus: Corpus) -> subprocess.CompletedProcess[str]:
    return run("--api", corpus.wiki.api_url, "--page", LONG, *CONTACT)


@pytest.mark.wiki
def test_the_whole_tour_succeeds_and_every_check_holds(local_tour: subprocess.CompletedProcess[str]) -> None:
    assert (local_tour.returncode, local_tour.stderr) == (0, "")
    assert "7 of 7 checks held." in local_tour.stdout
    assert "✗" not in local_tour.stdout


@pytest.mark.wiki
def test_in_a_file_the_output_is_plain_text_of_80_columns(local_tour: subprocess.CompletedProcess[str]) -> None:
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", local_tour.stdout)
    assert max(map(len, local_tour.stdout.splitlines())) <= 80


@pytest.mark.wiki
def test_all_categories_are_read_and_the_accumulating_loop_loses_some(
    local_tour: subprocess.CompletedProcess[str],
) -> None:
    pages, categories = numbers(local_tour.stdout, "seeded")
    requests, *ours = numbers(local_tour.stdout, "mwclient_async  ")
    _, _, accumulated = numbers(local_tour.stdout, "a loop that accumulates")
    assert ours == [pages, categories]
    assert pages == 302
    assert requests > 50
    assert accumulated < categories // 2


@pytest.mark.wiki
def test_a_second_process_reads_the_rest(local_tour: subprocess.CompletedProcess[str]) -> None:
    one, _, first = numbers(local_tour.stdout, "the first")
    other, _, second = numbers(local_tour.stdout, "the second")
    assert one != other
    assert first > 0
    assert second > 0
    assert first + second == 302


@pytest.mark.wiki
def test_the_history_is_read_in_both_directions(local_tour: subprocess.CompletedProcess[str]) -> None:
    assert numbers(local_tour.stdout, "newest first")[:2] == [125, 2500]
    assert numbers(local_tour.stdout, "oldest first")[:2] == [125, 2499]


@pytest.mark.wiki
def test_the_uploaded_file_has_the_same_hash(local_tour: subprocess.CompletedProcess[str]) -> None:
    here, there = re.findall(r"the file (?:here|on the wiki) +([\d,]+) +([0-9a-f]{40})", local_tour.stdout)
    assert here == there


@pytest.mark.wiki
def test_every_stage_of_the_upload_is_shown_with_its_bytes_and_speed(
    local_tour: subprocess.CompletedProcess[str],
) -> None:
    shown = re.findall(r"^(\w+): ([\d.]+) of 20\.0 MiB(?:, ([\d.]+) MiB a second)?$", local_tour.stdout, re.MULTILINE)
    quarters = [("Sending", done) for done in ("5.0", "10.0", "15.0", "20.0")]
    assert [(stage, done) for stage, done, _ in shown] == [*quarters, ("Publishing", "20.0"), ("Done", "20.0")]
    assert all(float(rate) > 0 for stage, _, rate in shown if stage == "Sending")


def test_another_wiki_is_only_read(other_tour: subprocess.CompletedProcess[str], corpus: Corpus) -> None:
    assert (other_tour.returncode, other_tour.stderr) == (0, "")
    assert "6 of 6 checks held." in other_tour.stdout
    assert numbers(other_tour.stdout, "read again by page id") == numbers(other_tour.stdout, "mwclient_async  ")[1:]
    assert numbers(other_tour.stdout, "newest first")[1] == numbers(other_tour.stdout, "oldest first")[1] == 60
    assert numbers(other_tour.stdout, "together ")[0] < 60
    assert "Upload" not in other_tour.stdout


def test_the_pages_of_a_category_are_a_sample_too(corpus: Corpus) -> None:
    finished = run("--api", corpus.wiki.api_url, "--category", "Category:C07", *CONTACT)
    members = sum("Category:C07" in categories for categories in corpus.categories.values())
    assert finished.returncode == 0
    assert numbers(finished.stdout, "mwclient_async  ")[1] == members


def test_a_failed_check_ends_the_tour_with_an_error(corpus: Corpus) -> None:
    forgetful = with_first(
        "import sys\n"
        "from mwclient_async.tour import categories\n"
        "read_again = categories.read_again\n"
        "async def forget(site, pages):\n"
        "    return {title: frozenset() for title in await read_again(site, pages)}\n"
        "categories.read_again = forget"
    )
    finished = run("--api", corpus.wiki.api_url, *CONTACT, program=forgetful)
    assert finished.returncode == 1
    assert finished.stderr == "1 of 6 checks failed: all 0 categories are on their pages\n"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--api", NOWHERE, *CONTACT], 1, f"could not connect to {NOWHERE}"),
        (["--api", "http://127.0.0.1:9/wiki", *CONTACT], 2, "does not end in /api.php"),
        (["--api", NOWHERE], 2, "Wikimedia's User-Agent policy"),
        (["--api", NOWHERE, "--user-agent", "Nobody/1.0"], 2, "does not say how to reach you"),
        (["--page", "Earth"], 2, "give its address with --api"),
    ],
)
def test_a_tour_that_cannot_run_says_why(arguments: list[str], status: int, message: str) -> None:
    finished = run(*arguments)
    assert finished.returncode == status
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--page", "No such page"], "no history of 'No such page'"), (["--category", "Category:Empty"], "--category")],
)
def test_a_missing_page_or_category_is_one_clear_line(arguments: list[str], message: str, corpus: Corpus) -> None:
    finished = run("--api", corpus.wiki.api_url, *CONTACT, *arguments)
    assert finished.returncode == 1
    assert message in finished.stderr
    assert finished.stderr.count("\n") == 1


def test_without_php_the_error_names_the_command_that_installs_it(tmp_path: Path) -> None:
    finished = run(PATH=str(tmp_path))
    assert finished.returncode == 2
    assert INSTALL_COMMAND in finished.stderr


def test_without_rich_the_error_names_the_command_that_installs_it() -> None:
    finished = run(program=with_first("import sys; sys.modules.update({'rich': None, 'rich.box': None})"))
    assert finished.returncode == 2
    assert "pip install 'mwclient_async[tour]'" in finished.stderr


@pytest.mark.parametrize("moment", ["on a real MediaWiki", "Starting a throwaway MediaWiki"])
@pytest.mark.wiki
def test_ctrl_c_ends_the_tour_and_leaves_nothing(moment: str, tmp_path: Path) -> None:
    interrupt(moment, TMPDIR=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_a_tour_of_another_wiki(corpus: Corpus) -> None:
    interrupt("1  Every category", "--api", corpus.wiki.api_url, *CONTACT)


def interrupt(moment: str, *arguments: str, **environment: str) -> None:
    """Run the tour until it has printed a line with these words; then press Ctrl-C."""
    # If a shell runs the tests in the background, they ignore Ctrl-C, and the tour would inherit that.
    program = with_first("import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)")
    with subprocess.Popen(
        [*program, *arguments],
        env=plain_environment(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as tour:
        assert tour.stdout is not None
        assert any(moment in line for line in tour.stdout)
        tour.send_signal(signal.SIGINT)
        _, errors = tour.communicate(timeout=WATCHDOG)
    assert tour.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
