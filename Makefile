# Every target works by itself on a fresh clone that has only Python (3.11 or newer) and make.
# PYTHON names the interpreter the virtual environment is made with.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_LANG ?= ko

.PHONY: help demo test campaign bench lint format messages man picture dist check-dist clean

help:
	@echo "make demo      install into $(VENV) and show the demo accounts"
	@echo "make test      install into $(VENV) and run all tests"
	@echo "make campaign  kill, fault and race orders for hours; CAMPAIGN=--quick for minutes"
	@echo "make bench     measure speed; BENCH=--write also writes bench/RESULTS.md"
	@echo "make lint      formatting, lint rules, types"
	@echo "make messages  update the Korean catalogue and the ready help texts"
	@echo "make picture   draw the demo for the README"
	@echo "make man       write the manual pages to build/man, English and Korean"
	@echo "make dist      build the wheel and the source archive"
	@echo "make check-dist  prove that both are whole and run from anywhere"

# A new pip writes a start script that costs nothing; an old one's costs half a start.
$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.installed: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.developing: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: $(VENV)/.installed
	@$(BIN)/kiwoomctl positions --demo --lang $(DEMO_LANG)
	@echo
	@$(BIN)/kiwoomctl cash --demo --lang $(DEMO_LANG)
	@echo
	@echo "[SIM] 실제 돈이 아닌 가상 계좌입니다. / Invented accounts, no real money."
	@echo "다음 / next:  $(BIN)/kiwoomctl summary --demo    $(BIN)/kiwoomctl --help"
	@echo "첫 로그인 연습 / a first login to try: $(BIN)/kiwoomctl sim serve --env mock"
	@echo "내 계좌 / your own account:            $(BIN)/kiwoomctl init"
	@echo "English:      make demo DEMO_LANG=en"

# Where tests keep their folders: in memory if it has room (kB) and runs programs, for a kill loses
# nothing written there and no test pulls the plug; else empty, which means on disk as usual.
MEMORY = $(shell test -w /dev/shm && ! grep -q ' /dev/shm .*noexec' /proc/mounts && \
	df -Pk /dev/shm | awk 'NR == 2 && $$4 > 1000000 {print "/dev/shm"}')

# More workers than cores: many tests wait for a simulated server or for time to pass. Bytecode is
# kept even where the environment says no: every worker and hundreds of commands load the same files.
test: $(VENV)/.developing
	PYTHONDONTWRITEBYTECODE= PYTEST_DEBUG_TEMPROOT=$(MEMORY) \
		$(BIN)/python -m pytest -n 5 --dist worksteal -o tmp_path_retention_policy=failed

campaign: $(VENV)/.developing
	$(BIN)/python -m tests.campaign $(CAMPAIGN)

bench: $(VENV)/.developing
	$(BIN)/python -m compileall -q kiwoomctl
	$(BIN)/python -m bench $(BENCH)

lint: $(VENV)/.developing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 --package kiwoomctl

format: $(VENV)/.developing
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

messages: $(VENV)/.developing
	$(BIN)/python -m tests.messages

picture: $(VENV)/.developing
	$(BIN)/python -m tests.picture

man: $(VENV)/.installed
	$(BIN)/python -m kiwoomctl.manual build/man
	@echo "man -M build/man kiwoomctl"

dist: $(VENV)/.developing
	$(BIN)/python -m build

check-dist: $(VENV)/.developing
	$(BIN)/python -m tests.check_dist

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
