# Yttria: build, check, demo, install. `make help` lists the targets.

STAGES  := convert register dose segment stratify aggregate
VERSION := $(shell cat VERSION)
BUILD   ?= build$(if $(SANITIZE),-sanitize)
PYTHON  ?= /usr/bin/python3
PREFIX  ?= /usr/local
CONFIG  ?= configs/demo.yaml
CORES   ?= $(shell nproc)

CC       = mpicc
CXX      = g++
OPTIMISE = $(if $(SANITIZE),-O1 -g -fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer,-O3 -g)
comma   := ,
WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
# No contraction of a*b+c: the same bytes whatever the machine's instruction set.
COMMON   = $(OPTIMISE) $(WARNINGS) -ffp-contract=off -fopenmp -MMD -MP -Istages -I. -D_GNU_SOURCE
PACKAGES = hdf5-serial netcdf yaml-0.1 libcjson fftw3f fftw3 gsl libcrypto
NIFTI    = -isystem /usr/include/nifti
GDCM     = -isystem /usr/include/gdcm-3.0
PACKAGE_CFLAGS = $(subst -I,-isystem ,$(shell pkg-config --cflags $(PACKAGES) cunit))
CFLAGS   = -std=c17 $(COMMON) -Wmissing-prototypes -Wstrict-prototypes $(PACKAGE_CFLAGS) $(NIFTI)
CXXFLAGS = -std=c++17 $(COMMON) $(GDCM)
LDFLAGS  = $(OPTIMISE) -fopenmp
LDLIBS   = $(shell pkg-config --libs $(PACKAGES)) -lnifti2 -lznz -lz \
           -lgdcmMSFF -lgdcmDICT -lgdcmDSED -lgdcmIOD -lgdcmCommon -lstdc++ -lm

object    = $(patsubst %,$(BUILD)/%.o,$(basename $(1)))
CORE     := $(call object,$(wildcard stages/core/*.c mpi/*.c))
PROGRAMS := $(STAGES:%=$(BUILD)/bin/yttria-%)
stage_objects = $(filter-out %/main.o,$(call object,$(wildcard stages/$(1)/*.c stages/$(1)/*.cpp)))

TEST_AREAS    := core $(STAGES)
test_sources   = $(wildcard tests/unit/$(1)/test_*.c tests/validation/$(1)/test_*.c)
test_programs  = $(patsubst %.c,$(BUILD)/%,$(test_sources))
TEST_PROGRAMS := $(foreach area,$(TEST_AREAS),$(call test_programs,$(area)))

.PHONY: all help deps build programs test-programs demo demo-archive run check check-unit \
        check-slurm fit-recovery bench fuzz install format clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: build

help: ## Lists the targets.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | column -t -s '|'

deps: ## Installs the Debian packages that are missing (root or sudo).
	@./.ci/deps

build: deps ## Compiles the six programs.
	@$(MAKE) --no-print-directory -j$(CORES) programs

programs: $(PROGRAMS)

# What --version and /provenance say. The digest of the sources decides whether results are current.
SOURCE_DIGEST := $(shell cat $(sort $(wildcard stages/*/*.[ch] stages/*/*.cpp mpi/*.[ch])) | sha256sum | cut -c1-16)
GIT_COMMIT    := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
IDENTITY       = -DYTTRIA_VERSION='"$(VERSION)"' -DYTTRIA_GIT_COMMIT='"$(GIT_COMMIT)"' \
                 -DYTTRIA_SOURCE_DIGEST='"$(SOURCE_DIGEST)"' -DYTTRIA_BUILD_FLAGS='"$(OPTIMISE)"'

$(BUILD)/identity: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION) $(GIT_COMMIT) $(SOURCE_DIGEST)' | cmp -s - $@ || echo '$(VERSION) $(GIT_COMMIT) $(SOURCE_DIGEST)' > $@
FORCE:

$(BUILD)/stages/core/provenance.o: CFLAGS += $(IDENTITY)
$(BUILD)/stages/core/provenance.o: $(BUILD)/identity

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(CFLAGS) -c -o $@ $<

$(BUILD)/%.o: %.cpp
	@mkdir -p $(@D)
	@echo "  c++   $<"
	@$(CXX) $(CXXFLAGS) -c -o $@ $<

$(BUILD)/libcore.a: $(CORE)
	@rm -f $@ && ar rcsD $@ $^

define stage_rules
$(BUILD)/lib$(1).a: $(call stage_objects,$(1))
	@rm -f $$@ && ar rcsD $$@ $$^

$(BUILD)/bin/yttria-$(1): $(BUILD)/stages/$(1)/main.o $(BUILD)/lib$(1).a $(BUILD)/libcore.a
	@mkdir -p $$(@D)
	@echo "  link  $$@"
	@$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach stage,$(STAGES),$(eval $(call stage_rules,$(stage))))

# A test program sees the core and the stage it tests, nothing else.
define test_rules
$(call test_programs,$(1)): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/tests/unit/suite.o $(if $(filter core,$(1)),,$(BUILD)/lib$(1).a) $(BUILD)/libcore.a
	@echo "  link  $$@"
	@$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS) -lcunit

check-$(1): $(call test_programs,$(1))
	@set -e; for program in $$^; do $$$$program; done
.PHONY: check-$(1)
endef
$(foreach area,$(TEST_AREAS),$(eval $(call test_rules,$(area))))

test-programs: $(TEST_PROGRAMS)

demo-archive: deps
	@$(PYTHON) tests/phantom/make_archive.py --out results/demo-archive

demo: ## Makes the demo archive, runs the whole pipeline on it and says where the report is.
demo: build demo-archive
	@pipeline/run configs/demo.yaml --bin $(BUILD)/bin --cores $(CORES)

run: ## Runs the whole pipeline on your own archive: make run CONFIG=my.yaml
run: build
	@pipeline/run $(CONFIG) --bin $(BUILD)/bin --cores $(CORES)

fit-recovery: deps ## Fits a scanner's recovery: make fit-recovery MEASUREMENTS=spheres.tsv SCANNER=my.yaml
	@$(PYTHON) pipeline/scanners/fit_recovery.py $(MEASUREMENTS) $(SCANNER) --replace \
	    --picture $(SCANNER:.yaml=.png) $(OPTIONS)

check: ## Runs every test, on the demo run too. SANITIZE=1: with ASan and UBSan.
check: demo
	@$(MAKE) --no-print-directory -j$(CORES) test-programs
	@$(PYTHON) tests/run_all.py --build $(BUILD)

check-unit: ## Runs the unit and validation tests only.
check-unit: build
	@$(MAKE) --no-print-directory -j$(CORES) test-programs
	@$(PYTHON) tests/run_all.py --build $(BUILD) --only-programs

check-slurm: ## Runs the demo on a one-machine SLURM cluster (root).
check-slurm: demo
	@tests/integration/check_slurm.sh

BENCHES := bench_dose bench_monte_carlo bench_queue
$(BENCHES:%=$(BUILD)/tests/bench/%): $(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/libdose.a $(BUILD)/libcore.a
	@echo "  link  $@"
	@$(CC) $(LDFLAGS) -o $@ $^ -lfftw3f_omp $(LDLIBS)

$(BUILD)/tests/bench/bench_strata: $(BUILD)/tests/bench/bench_strata.o $(BUILD)/libstratify.a $(BUILD)/libcore.a
	@echo "  link  $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

bench: ## Measures speed against named peers or limits, side by side in one run.
bench: build $(BENCHES:%=$(BUILD)/tests/bench/%) $(BUILD)/tests/bench/bench_strata
	@$(BUILD)/tests/bench/bench_dose
	@$(BUILD)/tests/bench/bench_monte_carlo
	@$(BUILD)/tests/bench/bench_strata
	@YTTRIA_BIN=$(abspath $(BUILD))/bin $(PYTHON) tests/bench/bench_ranks.py --keep-times $(BUILD)/patient_times.tsv
	@OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun -n 2 --bind-to none --oversubscribe \
	    $(BUILD)/tests/bench/bench_queue --dispatch
	@$(BUILD)/tests/bench/bench_queue $(BUILD)/patient_times.tsv

fuzz: ## Feeds damaged files to the programs, built with sanitizers, for five minutes.
fuzz: deps
	@$(MAKE) --no-print-directory SANITIZE=1 BUILD=build-sanitize programs
	@$(PYTHON) tests/fuzz/fuzz_files.py --bin build-sanitize/bin --seconds 300

install: ## Installs programs, configurations and pipeline below PREFIX (default /usr/local).
install: programs
	install -d $(PREFIX)/bin $(PREFIX)/share/yttria
	install -m 755 $(PROGRAMS) $(PREFIX)/bin
	cp -R configs pipeline slurm $(PREFIX)/share/yttria

format: ## Formats the sources.
	@clang-format -i $(wildcard stages/*/*.[ch] stages/*/*.cpp mpi/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch])

clean: ## Removes what was built; results stay.
	rm -rf build build-sanitize

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
