# Every target does its own set-up on a machine that has Python 3.11 and make: a virtual environment in .venv, the
# Python packages, and MediaWiki. What is there already is left alone, and what is installed is announced.

PYTHON ?= python3
ARGS ?=

VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
RIVALS := $(VENV)/.rivals
GROUP := import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"][sys.argv[1]], sep="\n")

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup tour test soak check docs bench clean wiki wikis

help:
	@echo "make tour    watch the library work against a real MediaWiki on this machine"
	@echo "make test    run the tests (ARGS=... goes to pytest)"
	@echo "make soak    run the long campaigns"
	@echo "make check   ruff and mypy"
	@echo "make docs    run the examples of the documentation"
	@echo "make bench   run the benchmarks"
	@echo "make setup   only install what the others need"
	@echo "make clean   remove the virtual environment and all caches of this directory"

setup: wikis

tour: wiki
	@$(RUN) -m mwclient_async.tour $(ARGS)

test: wikis
	$(RUN) -m pytest -m "not soak" --numprocesses 2 --dist loadfile $(ARGS)

soak: wikis
	$(RUN) -m pytest -m soak -s $(ARGS)

check: $(READY)
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy

docs: wiki
	$(RUN) -m pytest tests/test_docs.py $(ARGS)

bench: wiki $(RIVALS)
	@set -e; for benchmark in benchmarks/*.py; do echo "== $$benchmark"; $(RUN) $$benchmark $(ARGS); done

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* htmlcov build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One MediaWiki is enough to look at; the tests want both versions.
wiki: $(READY)
	@$(RUN) -m mwclient_async.testing install

wikis: $(READY)
	@$(RUN) -m mwclient_async.testing install --version all

$(READY): pyproject.toml | $(RUN)
	@echo "Installing the Python packages of the project and its tests into $(VENV)"
	@$(RUN) -c '$(GROUP)' dev | $(RUN) -m pip install --quiet --disable-pip-version-check \
		--editable '.[tour]' --requirement /dev/stdin
	@touch $@

$(RIVALS): pyproject.toml | $(READY)
	@echo "Installing the clients that the benchmarks compare with into $(VENV)"
	@$(RUN) -c '$(GROUP)' bench | $(RUN) -m pip install --quiet --disable-pip-version-check --requirement /dev/stdin
	@touch $@

# Debian's Python comes without the part that makes virtual environments: a package of its own.
$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is not: name one with make PYTHON=..." >&2; exit 1; }
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
