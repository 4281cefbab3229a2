# Each target installs what it needs on a machine that has Python 3.11 and make: a virtual environment in .venv, the
# Python packages and, for the targets that use a wiki, MediaWiki and PHP. It announces what it installs, and it does
# not touch what is installed already.

PYTHON ?= python3
ARGS ?=

VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
BENCH := build/bench
NODE := $(BENCH)/node
TRIED := build/tried
SITE := build/docs
PROGRAMS := build/programs
PYRIGHT := $(VENV)/.pyright
RECIPES := $(VENV)/.recipes
# Files that share a wiki stay in one process; tests/conftest.py puts the slow ones first. Three processes keep two cores
# busy, because a test of a wiki waits for PHP half of the time.
BY_FILE := --numprocesses 3 --dist loadfile --no-loadscope-reorder
EXTRAS := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"])
GROUP := import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"][sys.argv[1]], sep="\n")

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup tour unit test cover soak check types docs bench ports dist extras release clean wiki wikis

# The tests start Python many times: keep the compiled modules.
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo "make tour     watch the library work against a real MediaWiki on this machine"
	@echo "make unit     run the tests that need neither a wiki nor a cluster of Dask: at most a minute (ARGS=... goes to pytest)"
	@echo "make test     run all tests but the campaigns, on two versions of MediaWiki (ARGS=... goes to pytest)"
	@echo "make cover    run the same tests and measure how much of the library they reach"
	@echo "make soak     run the long campaigns"
	@echo "make check    run ruff and mypy, also on the programs of the documentation"
	@echo "make types    run pyright on these programs, and measure how much of the public surface has known types"
	@echo "make docs     build the documentation into build/docs, check its links and run its examples"
	@echo "make bench    measure the library beside other clients: 30 minutes (ARGS=--quick: about 4, writes no files)"
	@echo "make ports    run the bots of the documentation and those of other clients, and count their lines and requests"
	@echo "make dist     build the wheel and the source archive, try the wheel alone on a wiki, and test the archive"
	@echo "make extras   the same, then try each extra in an environment of its own"
	@echo "make release  the same, then check what a package index would show; uploads nothing"
	@echo "make setup    only install what the other targets need"
	@echo "make clean    remove the virtual environment and all caches of this directory"

setup: wikis

tour: wiki
	@$(RUN) -m mwclient_async.tour $(ARGS)

unit: $(READY)
	$(RUN) -m pytest -m "not wiki and not cluster and not soak and not recipes" --numprocesses 2 --dist worksteal $(ARGS)

test: wikis
	$(RUN) -m pytest -m "not soak and not recipes" $(BY_FILE) $(ARGS)

cover: wikis
	rm -f .coverage .coverage.*
	$(RUN) -m coverage run -m pytest -m "not soak and not recipes" $(BY_FILE) $(ARGS)
	$(RUN) -m coverage combine --quiet
	$(RUN) -m coverage html --quiet --fail-under 0
	$(RUN) -m coverage report --skip-covered

soak: wikis
	$(RUN) -m pytest -m soak -s $(ARGS)
	HTTP_BACKEND=aiohttp $(RUN) -m pytest -m soak -s $(ARGS)

check: $(READY)
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy
	$(RUN) -m tests.support.programs $(PROGRAMS)
	$(RUN) -m mypy $(PROGRAMS)

types: $(PYRIGHT)
	$(RUN) -m tests.support.programs $(PROGRAMS)
	$(RUN) -m pyright --pythonpath $(RUN) $(PROGRAMS)
	cd / && PATH=$(abspath $(VENV)/bin):$$PATH $(abspath $(RUN)) -m pyright --ignoreexternal --verifytypes mwclient_async

docs: wiki $(RECIPES)
	$(RUN) -m sphinx --builder html --jobs 2 --fail-on-warning --keep-going --quiet docs $(SITE)
	$(RUN) -m tests.support.programs --recipes $(PROGRAMS)
	$(RUN) -m mypy $(PROGRAMS)
	$(RUN) -m pytest tests/test_docs.py tests/test_bots.py tests/test_five_tasks.py tests/test_observability.py tests/cli/test_command_line_page.py $(ARGS)
	@echo "The documentation is in $(SITE)/index.html"

bench: wiki $(BENCH)/default/.ready $(BENCH)/speed/.ready
	@$(BENCH)/default/bin/python -m benchmarks --speed $(CURDIR)/$(BENCH)/speed/bin/python $(ARGS)

ports: wikis $(BENCH)/default/.ready $(NODE)/.ready
	@$(BENCH)/default/bin/python -m benchmarks.ports --node-modules $(NODE)/node_modules --write $(ARGS)

dist: wiki
	rm -rf dist $(TRIED)
	$(RUN) -m build
	$(RUN) -m venv $(TRIED)/wheel
	$(TRIED)/wheel/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl
	$(TRIED)/wheel/bin/python -m pip check
	$(TRIED)/wheel/bin/python -I tests/packaging/wheel.py
	mkdir $(TRIED)/source
	tar --extract --file dist/*.tar.gz --directory $(TRIED)/source --strip-components 1
	cd $(TRIED)/source && PYTHONPATH=$$PWD $(abspath $(RUN)) -m pytest -m "not wiki and not soak and not recipes" --numprocesses 2 --dist worksteal $(ARGS)

extras: dist
	@set -e; for extra in $$($(RUN) -c '$(EXTRAS)'); do \
		$(RUN) -m venv $(TRIED)/$$extra; \
		$(TRIED)/$$extra/bin/python -m pip install --quiet --disable-pip-version-check "$$(echo dist/*.whl)[$$extra]"; \
		$(TRIED)/$$extra/bin/python -m pip check --quiet; \
		$(TRIED)/$$extra/bin/python -I tests/packaging/extras.py $$extra; \
	done

release: extras
	$(RUN) -m twine check --strict dist/*

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* htmlcov build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One MediaWiki is enough for the tour; the tests need both versions.
wiki: $(READY)
	@$(RUN) -m mwclient_async.testing install

wikis: $(READY)
	@$(RUN) -m mwclient_async.testing install --version all

$(READY): pyproject.toml mwclient_async/_version.py | $(RUN)
	@echo "Installing the Python packages of the project and its tests into $(VENV)"
	@$(RUN) -c '$(GROUP)' dev | $(RUN) -m pip install --quiet --disable-pip-version-check \
		--editable '.[cli,tour]' --requirement /dev/stdin
	@touch $@

# The benchmarks have environments of their own: what else is installed changes how long the libraries take to load.
$(BENCH)/default/.ready: pyproject.toml | $(RUN)
	@echo "Installing the library and the clients to compare with into $(BENCH)/default"
	@$(RUN) -m venv --clear $(BENCH)/default
	@$(RUN) -c '$(GROUP)' bench | $(BENCH)/default/bin/python -m pip install --quiet --disable-pip-version-check \
		--editable . --requirement /dev/stdin
	@touch $@

$(BENCH)/speed/.ready: pyproject.toml | $(RUN)
	@echo "Installing the library with the extra speed into $(BENCH)/speed"
	@$(RUN) -m venv --clear $(BENCH)/speed
	@$(BENCH)/speed/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[speed]'
	@touch $@

# Node.js is not installed here. Without it, the programs for mwn and m3api are not run.
$(NODE)/.ready: | $(RUN)
	@mkdir -p $(NODE)
	@if command -v npm >/dev/null; then \
		echo "Installing mwn and m3api into $(NODE)"; \
		npm install --silent --no-audit --no-fund --prefix $(NODE) mwn@3.0.3 m3api@1.1.0 \
			wikiparser-node@1.40.0 csv-parse@7 csv-stringify@6 && touch $@; \
	else echo "There is no npm, so the programs for mwn and m3api are not run"; fi

$(PYRIGHT): pyproject.toml | $(READY)
	@echo "Installing the type checker pyright into $(VENV)"
	@$(RUN) -c '$(GROUP)' types | $(RUN) -m pip install --quiet --disable-pip-version-check --requirement /dev/stdin
	@touch $@

$(RECIPES): pyproject.toml | $(READY)
	@echo "Installing the libraries that examples of the documentation use into $(VENV)"
	@$(RUN) -c '$(GROUP)' recipes | $(RUN) -m pip install --quiet --disable-pip-version-check --requirement /dev/stdin
	@touch $@

# Debian has the modules that make virtual environments in a package of their own.
$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, but $(PYTHON) is older: choose another one with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		command -v apt-get >/dev/null || { \
			echo "$(PYTHON) cannot make virtual environments: its modules venv and ensurepip are missing." >&2; \
			echo "Install them with this system's package manager and run make again." >&2; exit 1; }; \
		sudo=; test "$$(id -u)" = 0 || sudo=$$(command -v sudo) || { \
			echo "Python's virtual environments are missing here. As root: apt-get install python3-venv" >&2; exit 1; }; \
		echo "Installing the Debian package python3-venv (Python's virtual environments, for $(VENV))"; \
		$$sudo apt-get -qq update; \
		$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends \
			python3-venv </dev/null >/dev/null; }
	@echo "Making the virtual environment $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
