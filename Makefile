# Needs make, a POSIX shell and Python 3.11 or newer. What else is missing is installed (packaging/bootstrap.sh):
# Python packages into .venv, and on Debian and Ubuntu the system's own where that is allowed.
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help run test lint bench bench-view first-tile soak soak-many soak-drag time-left print-size memory fuzz screens self-test package packages package-report package-check clean

python := .venv/bin/python
bootstrap := sh packaging/bootstrap.sh

# As it was typed: a “$” in a photo's name is not make's.
export PHOTOS := $(value PHOTO)

help:
	@echo "make run              open Rekindle's window (without a display: enlarge the sample photo)"
	@echo "make run PHOTO=a.jpg  the same with a photo of yours; several are separated by spaces"
	@echo "make test             check style and types, and run the tests"
	@echo "make lint             check style and types only"
	@echo "make bench            measure speed on this machine, into docs/BENCHMARKS.md; for a quiet machine"
	@echo "make bench-view       pan and zoom a comparison of 216 megapixels by script; for a quiet machine"
	@echo "make first-tile       how long until something of the result is seen; for a quiet machine"
	@echo "make soak             kill the window at random moments of a batch; minutes long"
	@echo "make soak-drag        drag rows with a real mouse on a virtual display (needs xvfb and xdotool)"
	@echo "make soak-many        a thousand photos in the window: memory, open files, events; minutes long"
	@echo "make time-left        is the time left that the window foretells true? for a quiet machine"
	@echo "make print-size       are pixels, time, memory and file size of a print as foretold? for a quiet machine"
	@echo "make memory           what photos of 1, 12 and 50 megapixels take beside themselves and their results; minutes long"
	@echo "make fuzz             give the reader twenty thousand damaged photos; minutes long"
	@echo "make screens          draw the window in its states, in build/screens"
	@echo "make self-test        check this installation"
	@echo "make package          build the application for this system, in dist/"
	@echo "make packages         the same, then the files to hand out: .deb and .tar.gz"
	@echo "make package-check    use, break and install what was built: a virtual display, a bare Debian; as root, minutes long"
	@echo "make package-report   measure what was built, into docs/PACKAGE.md; for a quiet machine"
	@echo "make clean            remove what was built and cached; .venv stays"
	@echo "More options for test, bench, bench-view, first-tile, soak, time-left, print-size, memory, fuzz, screens and self-test: ARGS=\"...\", for instance make test ARGS=\"-k tiles\""

run:
	@$(bootstrap) run
	@sh packaging/run.sh

lint:
	@$(bootstrap) test
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy
	.venv/bin/lint-imports

test: lint
	QT_QPA_PLATFORM=offscreen $(python) -m pytest --numprocesses=logical --maxprocesses=8 --dist=worksteal $(ARGS)

bench:
	@$(bootstrap) run
	$(python) -m desktop bench --chart docs/benchmarks.png --markdown docs/BENCHMARKS.md $(ARGS)

bench-view:
	@$(bootstrap) run
	PYTHONPATH=. $(python) tests/soak/view_speed.py $(ARGS)

first-tile:
	@$(bootstrap) run
	PYTHONPATH=. $(python) tests/soak/first_tile.py $(ARGS)

soak:
	@$(bootstrap) run
	PYTHONPATH=. $(python) tests/soak/kill_queue.py $(ARGS)

soak-drag:
	@$(bootstrap) test
	$(python) -m pytest tests/soak/real_drag.py $(ARGS)

soak-many:
	@$(bootstrap) run
	PYTHONPATH=. $(python) tests/soak/many_photos.py $(ARGS)

time-left:
	@$(bootstrap) run
	PYTHONPATH=. $(python) tests/soak/time_left.py $(ARGS)

print-size:
	@$(bootstrap) run
	PYTHONPATH=. $(python) tests/soak/print_size.py $(ARGS)

memory:
	@$(bootstrap) run
	PYTHONPATH=. $(python) tests/soak/memory_peak.py $(ARGS)

fuzz:
	@$(bootstrap) test
	PYTHONPATH=. $(python) tests/soak/fuzz_reader.py $(ARGS)

screens:
	@$(bootstrap) run
	PYTHONPATH=. $(python) docs/screens.py build/screens/light $(ARGS)
	PYTHONPATH=. $(python) docs/screens.py build/screens/dark --dark $(ARGS)

self-test:
	@$(bootstrap) run
	$(python) -m desktop self-test $(ARGS)

package:
	@$(bootstrap) package
	$(python) -m PyInstaller --noconfirm --clean --log-level ERROR build.spec

packages: package
	$(python) packaging/linux/build.py $(ARGS)

package-check:
	@$(bootstrap) package
	$(python) tests/package/drive_window.py
	$(python) tests/package/broken_starts.py
	packaging/linux/prove.sh

package-report:
	@$(bootstrap) package
	$(python) packaging/report.py $(ARGS)

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name .venv -prune -o -name .git -prune -o -type d -name __pycache__ -exec rm -rf {} +
