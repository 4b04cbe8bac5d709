# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: setup lock audit sbom models demo test fuzz check lint format rows screenshots bench dist clean

demo: $(READY)
	$(BIN)/photoproof demo

# Tests run on all cores, at most four at once for their memory; files are kept together where that
# keeps nobody waiting, because a module's tests share what they have started.
ON_CORES := --numprocesses auto --maxprocesses 4 --dist worksteal
test: models
	$(BIN)/python -m pytest $(ON_CORES) -m "not long"

# Mutated inputs for every format and reader, for an hour in all; see tests/fuzz/drive.py.
SECONDS ?= 3600
fuzz: $(READY)
	nice -n 19 $(BIN)/python tests/fuzz/drive.py --seconds $(SECONDS)

# What CI calls: with the tests that take long. It alone measures coverage, in every process; the floor is in pyproject.toml.
check: lint models
	$(BIN)/python -m pytest $(ON_CORES) --cov

# What pre-commit calls.
lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# What a new measure lacks in docs/measures.md and data/golden; read the diff.
rows: models
	$(BIN)/python docs/measure_rows.py

# The README's pictures; needs Debian's chromium.
screenshots: demo
	$(BIN)/python docs/screenshots.py

# Speed, on a cohort made from the measuring pictures; see docs/performance.md.
BENCH := runs/bench
bench: models
	@test -d ../shared/data || { echo "make bench needs the measuring pictures in ../shared/data"; exit 1; }
	test -f $(BENCH)/roster.csv || $(BIN)/python bench/simulated_cohort.py ../shared/data $(BENCH)
	$(BIN)/python bench/stages.py $(BENCH)
	$(BIN)/python bench/overhead.py

setup: $(READY)

# After a change of constraints.txt: the hashes of what it pins.
lock:
	$(BIN)/python docs/lock.py

# Wheel, source archive, and what to install them with, in dist/.
dist: $(READY)
	$(BIN)/python docs/package.py

# With what reads cards, because tests read some.
models: $(READY)
	$(BIN)/photoproof models pull --with ocr

# Exactly the files whose hashes are in the locks, wheels alone, so that nothing is built but
# photoproof itself. Where the locks do not know Python or system, any files of the pinned versions
# are taken, and said so; `make setup LOCKED=yes` refuses that, `LOCKED=` asks for it.
LOCKED := $(shell $(PYTHON) -c 'import platform as p, sys; print("yes" if p.machine() == "x86_64" and p.libc_ver()[0] == "glibc" and sys.version_info[:2] in ((3, 11), (3, 12), (3, 13)) else "")')
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
$(READY): pyproject.toml constraints.txt requirements.lock requirements-dev.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
ifeq ($(LOCKED),)
	@echo "The locks are for Python 3.11 to 3.13 on Linux, x86-64, glibc: installing without hashes."
	$(PIP) --constraint constraints.txt --editable '.[dev]'
else
	$(PIP) --no-deps --only-binary :all: --require-hashes -r requirements.lock -r requirements-dev.lock
	$(PIP) --no-deps --no-build-isolation --editable .
endif
	touch $@

# Known vulnerabilities of what production installs, where their source can be reached (exit code 3
# where not), and a bill of materials (CycloneDX) for a release. The tools have an environment of
# their own, so that what they need is nowhere else.
TOOLS := $(VENV)/tools
$(TOOLS)/ready: $(READY)
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
		pip-audit==2.10.1 cyclonedx-bom==7.5.0
	touch $@

audit: $(TOOLS)/ready
	$(TOOLS)/bin/python docs/audit.py

# Of an environment that holds what production installs and nothing else.
sbom: $(TOOLS)/ready
	rm -rf $(TOOLS)/production
	$(PYTHON) -m venv --without-pip $(TOOLS)/production
	$(TOOLS)/bin/python -m pip --python $(TOOLS)/production/bin/python install --quiet \
		--disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r requirements.lock
	mkdir -p dist
	$(TOOLS)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--of JSON -o dist/photoproof.cdx.json $(TOOLS)/production/bin/python

clean:
	rm -rf $(VENV) runs dist
