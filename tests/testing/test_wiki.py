"""LocalWiki, through its public methods."""

import contextlib
import functools
import hashlib
import os
import random
import socket
import sqlite3
from pathlib import Path
from urllib.parse import quote

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from mwclient_async.testing import (
    LocalWiki,
    MaintenanceError,
    MissingWiki,
    SeedPage,
    StartupError,
    WikiFactory,
    instance,
)
from mwclient_async.testing.roots import find_root
from tests.conftest import VERSIONS
from tests.support.plain_requests import ask, get, logged_in


@pytest.mark.everywhere
async def test_both_apis_answer_with_the_version_that_was_asked_for(wiki: LocalWiki, mediawiki_version: str) -> None:
    general = (await ask(wiki, meta="siteinfo"))["query"]["general"]
    rest = await get(f"{wiki.rest_url}/v1/search/page?q=main")
    assert general["generator"] == f"MediaWiki {wiki.version}"
    assert wiki.version.startswith(f"{mediawiki_version}.")
    assert general["server"] == wiki.url
    assert rest.status_code == 200


@pytest.mark.everywhere
async def test_rest_paths_may_hold_an_encoded_slash(wiki: LocalWiki) -> None:
    await wiki.seed([SeedPage("Rest/of_the.path", "text")], links=False)
    response = await get(f"{wiki.rest_url}/v1/page/{quote('Rest/of_the.path', safe='')}")
    assert response.json()["source"] == "text"


@pytest.mark.wiki
async def test_the_wiki_works_in_a_loop_that_did_not_start_it() -> None:
    wiki = LocalWiki()
    entered = await anyio.to_thread.run_sync(lambda: anyio.run(wiki.__aenter__, backend="asyncio"))
    await wiki.seed([SeedPage("Elsewhere")], links=False)
    answer = await ask(entered, titles="Elsewhere")
    await anyio.to_thread.run_sync(lambda: anyio.run(wiki.__aexit__, None, None, None, backend="trio"))
    assert "missing" not in answer["query"]["pages"][0]


@pytest.mark.wiki
@pytest.mark.parametrize("version", VERSIONS)
async def test_each_wiki_of_a_process_has_secrets_and_files_of_its_own(version: str) -> None:
    """The second one takes over what the installer has made for the first."""
    async with LocalWiki(version=version) as first, LocalWiki(version=version) as second:
        for wiki in (first, second):
            async with logged_in(wiki, name=wiki.admin_name, password=wiki.admin_password):
                pass
        (secrets, tokens) = zip(*(_secret_and_token(wiki) for wiki in (first, second)), strict=True)
        assert len(set(secrets)) == len(set(tokens)) == 2
        settings = (second.directory / "installed" / "LocalSettings.php").read_text()
        assert (str(first.directory) in settings, str(second.directory) in settings) == (False, True)


def _secret_and_token(wiki: LocalWiki) -> tuple[str, str]:
    settings = (wiki.directory / "installed" / "LocalSettings.php").read_text()
    with contextlib.closing(sqlite3.connect(wiki.directory / "data" / "wiki.sqlite", timeout=60)) as database:
        ((token,),) = database.execute("SELECT user_token FROM user WHERE user_name = ?", (wiki.admin_name,))
    return settings.split('$wgSecretKey = "')[1].split('"')[0], str(token)


@pytest.mark.everywhere
async def test_a_user_has_the_groups_that_were_given(wiki: LocalWiki) -> None:
    await wiki.create_user("Grouped", groups=["bot", "sysop"])
    (user,) = (await ask(wiki, list="users", ususers="Grouped", usprop="groups"))["query"]["users"]
    assert {"bot", "sysop"} <= set(user["groups"])


@pytest.mark.everywhere
async def test_a_bot_password_logs_in_and_carries_its_users_rights(wiki: LocalWiki, fresh: str) -> None:
    await wiki.create_user(fresh, groups=["bot"])
    auth = await wiki.create_bot_password(fresh)
    async with logged_in(wiki, name=auth.name, password=auth.password) as account:
        saved = await account.post({"action": "edit", "title": fresh, "text": "by a bot", "assertuser": fresh})
        who = await account.post({"action": "query", "meta": "userinfo", "uiprop": "rights"})
    assert saved["edit"]["result"] == "Success"
    assert {"bot", "apihighlimits", "upload", "reupload", "move"} <= set(who["query"]["userinfo"]["rights"])


async def test_the_password_of_an_account_can_be_changed(wiki: LocalWiki) -> None:
    await wiki.create_user("Forgetful")
    password = await wiki.create_user("Forgetful", "a brand new password")
    assert password == "a brand new password"
    async with logged_in(wiki, name="Forgetful", password=password):
        pass


async def test_the_admin_is_a_sysop(wiki: LocalWiki) -> None:
    async with logged_in(wiki, name=wiki.admin_name, password=wiki.admin_password) as admin:
        done = await admin.post({"action": "protect", "title": "Main Page", "protections": "edit=sysop"})
        await admin.post({"action": "protect", "title": "Main Page", "protections": ""})
    assert done["protect"]["title"] == "Main Page"


@pytest.mark.everywhere
async def test_an_uploaded_file_can_be_fetched_and_is_the_same(wiki: LocalWiki, fresh: str) -> None:
    content = bytes(64) + random.Random(fresh).randbytes(3_000_000)  # zeros: no type to recognise
    async with logged_in(wiki, name=wiki.admin_name, password=wiki.admin_password) as admin:
        sent = await admin.post({"action": "upload", "filename": f"{fresh} é.bin", "ignorewarnings": "1"}, file=content)
    info = sent["upload"]["imageinfo"]
    fetched = await get(info["url"])
    assert info["sha1"] == hashlib.sha1(content).hexdigest()
    assert fetched.content == content


@pytest.mark.everywhere
async def test_asynchronous_uploads_end_when_the_jobs_run(wiki: LocalWiki, fresh: str) -> None:
    upload = {"action": "upload", "filename": f"{fresh}.bin", "filesize": "4096", "ignorewarnings": "1", "stash": "1"}
    content = bytes(64) + random.Random(fresh).randbytes(4032)
    async with logged_in(wiki, name=wiki.admin_name, password=wiki.admin_password) as admin:
        first = await admin.post({**upload, "offset": "0"}, chunk=content[:2048])
        key = first["upload"]["filekey"]
        last = await admin.post({**upload, "offset": "2048", "filekey": key, "async": "1"}, chunk=content[2048:])
        await wiki.run_jobs()
        status = await admin.post({"action": "upload", "checkstatus": "1", "filekey": key})
    assert last["upload"]["result"] == "Poll"
    assert status["upload"]["result"] == "Success"


async def test_a_failed_script_shows_what_it_printed(wiki: LocalWiki) -> None:
    with pytest.raises(MaintenanceError, match="the reason") as failure:
        await wiki.maintenance("eval", stdin=b"fwrite(STDERR, 'the reason'); exit(3);\n")
    assert failure.value.status == 3


async def test_a_script_returns_its_output(wiki: LocalWiki) -> None:
    assert wiki.version in await wiki.maintenance("version")


async def test_cancelling_ends_a_script(wiki: LocalWiki, fresh: str) -> None:
    mark, end = wiki.directory / fresh, wiki.directory / f"{fresh}.end"
    script = f"file_put_contents('{mark}', getmypid()); sleep(10); touch('{end}');\n"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(functools.partial(wiki.maintenance, "eval", stdin=script.encode()))
        with anyio.fail_after(20):
            while not (mark.exists() and mark.read_text()):
                await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
    assert not end.exists()


async def test_the_servers_log_has_the_requests(wiki: LocalWiki) -> None:
    await get(f"{wiki.url}/api.php?mark=xyzzy")
    assert "GET /api.php?mark=xyzzy" in wiki.server_log()


async def test_settings_override_and_wikis_run_side_by_side(wiki: LocalWiki, mediawiki_factory: WikiFactory) -> None:
    other = mediawiki_factory(version="1.43", settings="$wgSitename = 'Other'; $wgFileExtensions = [ 'png' ];")
    await other.seed([SeedPage("Only there")], links=False)
    general = (await ask(other, meta="siteinfo"))["query"]["general"]
    (page,) = (await ask(wiki, titles="Only there"))["query"]["pages"]
    assert general["sitename"] == "Other"
    assert page["missing"]


async def test_the_same_arguments_give_the_same_wiki(wiki: LocalWiki, mediawiki_factory: WikiFactory) -> None:
    assert mediawiki_factory(version="1.39") is wiki


@pytest.mark.wiki
async def test_nothing_is_left_after_the_block() -> None:
    async with LocalWiki() as wiki:
        directory, port = wiki.directory, int(wiki.url.rpartition(":")[2])
    assert not directory.exists()
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass
    with pytest.raises(StartupError, match="not running"):
        _ = wiki.url


def test_a_broken_setting_is_a_startup_error(
    mediawiki_factory: WikiFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with pytest.raises(StartupError, match="nonsense"):
        mediawiki_factory(settings="nonsense();")
    assert not any(tmp_path.iterdir())


@pytest.mark.wiki
def test_a_port_in_use_is_an_error_with_phps_message() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wiki = LocalWiki(port=taken.getsockname()[1])
        with pytest.raises(StartupError, match="Address already in use"):
            anyio.run(wiki.__aenter__)


@pytest.mark.wiki
async def test_if_another_program_takes_the_free_port_the_next_one_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [taken.getsockname()[1], other.getsockname()[1]]
        other.close()
        monkeypatch.setattr(instance, "_free_port", iter(ports).__next__)
        async with LocalWiki() as wiki:
            assert (await ask(wiki, meta="siteinfo"))["query"]["general"]["server"] == f"http://127.0.0.1:{ports[1]}"


def kept_files(directory: Path) -> list[str]:
    return [str(file) for file in directory.rglob("*.bin")]


@pytest.mark.wiki
async def test_php_keeps_mediawiki_compiled_but_no_file_of_a_wiki(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instance, "compiled_files", lambda: tmp_path)
    async with LocalWiki() as wiki:
        await wiki.run_jobs()
        kept = kept_files(tmp_path)
        assert any(file.endswith("/includes/Setup.php.bin") for file in kept)
        assert not any(wiki.directory.name in file for file in kept)


@pytest.mark.wiki
async def test_a_wiki_runs_without_a_directory_for_compiled_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = find_root()
    (tmp_path / "mwclient_async").touch()  # a file has the name of the directory
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    async with LocalWiki(root=root.path) as wiki:
        await wiki.seed([SeedPage("Kept", "in memory only")], links=False)
        assert (await ask(wiki, meta="siteinfo"))["query"]["general"]["server"] == wiki.url


async def test_without_mediawiki_the_error_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(MissingWiki, match=r"python -m mwclient_async\.testing install"):
        async with LocalWiki(root=tmp_path):
            pass


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.wiki
def test_an_aborted_start_leaves_nothing(backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def start_and_abort() -> bool:
        with anyio.move_on_after(0.2) as scope:
            async with LocalWiki():
                await anyio.sleep_forever()
        return scope.cancelled_caught

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert anyio.run(start_and_abort, backend=backend)
    assert not any(tmp_path.iterdir())
