# What a user of recross needs; `make help` lists it.

# Verilator may be the one in .tools/, which nothing finds by itself.
WITH_TOOLS := ./scripts/with_tools.sh
DEMO := target/release/recross run --config examples/demo.toml --trace data/debian-installs.bags.gz --out out/demo

.DEFAULT_GOAL := help
.PHONY: help run test test-slow campaign test-torch lint prove prove-fast mutants mutants-fast fuzz fuzz-keep kill soak synth gates fpga cocotb integration deny bench bench-mapping claims doc docs docs-check clean tools

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## install what is missing, build, and run the demo: RTL, co-simulation and report in out/demo
	./scripts/tools.sh cxx verilator
	cargo build --release
	$(WITH_TOOLS) $(DEMO)

test: ## run the fast tests; they need Verilator and a C++ compiler
	./scripts/tools.sh cxx verilator
	-./scripts/tools.sh iverilog
	$(WITH_TOOLS) cargo test --workspace

test-slow: ## run the slow tests: the harness, bit-exactness of many designs, random and broken designs, Icarus Verilog, gates
	./scripts/tools.sh cxx verilator iverilog yosys
	$(WITH_TOOLS) cargo test --workspace --test slow --test harness

# Geometries of a campaign.
N ?= 100

campaign: ## co-simulate more random designs than the slow tests do: make campaign N=300
	./scripts/tools.sh cxx verilator
	RECROSS_GEOMETRIES=$(N) $(WITH_TOOLS) cargo test --workspace --test slow -- --ignored --exact cycle_model::many_random_geometries --nocapture

test-torch: ## run the PyTorch exporter with real PyTorch (about 5 GB with its libraries), and compare the vectors
	./scripts/tools.sh cxx verilator torch
	cargo build --quiet --workspace --bin recross --test model_memory
	PYTHONPATH="$(CURDIR)/.tools/torch:$$PYTHONPATH" $(WITH_TOOLS) python3 tests/python/test_pytorch.py

lint: ## Verilator (two versions), slang, Icarus Verilog and Yosys on every emitted configuration and module
	./scripts/tools.sh cxx verilator iverilog yosys verilator-current slang
	$(WITH_TOOLS) ./scripts/lint.sh

prove: ## formal proofs of modules of rtl/, and of their mutants that each is refuted
	./scripts/tools.sh formal
	python3 scripts/prove.py

prove-fast: ## the smallest sizes of each proof, and four mutants of each
	./scripts/tools.sh formal
	python3 scripts/prove.py --fast

mutants: ## break the emitted RTL in some 900 ways by machine, and require that the checks of the tests find it; about an hour
	./scripts/tools.sh cxx verilator slang formal
	$(WITH_TOOLS) python3 scripts/mutants.py --table out/mutants/table.md

mutants-fast: ## a fixed sample of twenty mutants
	./scripts/tools.sh cxx verilator slang
	$(WITH_TOOLS) python3 scripts/mutants.py --fast

# For each target.
SECONDS ?= 60
FUZZ := PATH="$(CURDIR)/.tools/cargo-fuzz/bin:$$PATH" $(WITH_TOOLS) python3 scripts/fuzz.py

fuzz: ## look for inputs that break promises, with a nightly compiler: make fuzz SECONDS=600 [TARGETS="trace table"]
	./scripts/tools.sh cxx verilator cargo-fuzz
	$(FUZZ) $(SECONDS) $(TARGETS)

fuzz-keep: ## put what make fuzz has found into fuzz/corpus, where the tests replay it
	$(FUZZ) --keep $(TARGETS)

# Moments at which each command is killed, and sizes of disks without room.
KILLS ?= 50
DISKS ?= 20

kill: ## kill commands at random moments, and let their disks be full; as root, disks are small ones in memory
	./scripts/tools.sh cxx verilator
	RECROSS_KILLS=$(KILLS) RECROSS_DISKS=$(DISKS) $(WITH_TOOLS) cargo test --workspace --test slow -- --ignored --exact disturbed::many_kills_and_full_disks_leave_nothing_half --nocapture

MINUTES ?= 30

soak: ## the C driver on the simulated engine for a long time, with random bags, writes, resets and errors: make soak MINUTES=30
	./scripts/tools.sh cxx verilator
	RECROSS_MINUTES=$(MINUTES) $(WITH_TOOLS) cargo test --workspace --test slow -- --ignored --exact soak::nothing_is_lost_for_long --nocapture

# Emits designs of tests/snapshots/configs into out/synth; DESIGN-none is one without event counters.
# The build is named so that cargo takes what tests built.
define emit
	cargo build --quiet --workspace --bin recross --test model_memory
	for design in $(1); do rm -rf out/synth/$$design; config=$${design%-none}; \
		[ $$config = $$design ] && counters= || counters='--set engine.counters=none'; \
		target/debug/recross -q gen --config tests/snapshots/configs/$$config.toml $$counters \
			--out out/synth/$$design >out/synth.log || exit; done
endef

SYNTH ?= small-none small ports
COCOTB ?= ports
VIEWS := blocks graded_levels lossy one_row ports single wide_values

synth: ## map designs to 0.18 um standard cells and time them: cells, area, clock rate
	./scripts/tools.sh yosys opensta osu018
	mkdir -p out
	$(call emit,$(SYNTH))
	python3 scripts/synth.py $(SYNTH:%=out/synth/%)

gates: ## count the gates of one bank of the claims' configuration
	./scripts/tools.sh yosys
	$(XTASK_DEV) gates examples/crossbar_per_bank.toml

fpga: ## map a design to an ECP5 FPGA: LUTs, flip-flops, clock rate
	./scripts/tools.sh formal nextpnr
	mkdir -p out
	$(call emit,small)
	python3 scripts/fpga.py out/synth/small

cocotb: ## drive an emitted package with cocotb and its AXI models, in Icarus Verilog
	./scripts/tools.sh iverilog cocotb
	mkdir -p out
	$(call emit,$(COCOTB))
	for design in $(COCOTB); do PYTHONPATH="$(CURDIR)/.tools/cocotb" PATH="$(CURDIR)/.tools/cocotb/bin:$$PATH" \
		$(MAKE) --no-print-directory -C out/synth/$$design cocotb || exit; done

# Flash and SAR converters, another prefix, and a preset whose pins are many.
integration: ## read emitted packages with FuseSoC (core file), KLayout (LEF), Yosys and OpenSTA (Liberty)
	./scripts/tools.sh cxx verilator iverilog yosys fusesoc klayout
	mkdir -p out
	$(call emit,graded_sar $(VIEWS))
	rm -rf out/synth/renamed out/synth/demo
	target/debug/recross -q gen --config tests/snapshots/configs/small.toml --set rtl.prefix=emb --out out/synth/renamed >out/synth.log
	target/debug/recross -q gen --config examples/demo.toml --out out/synth/demo >out/synth.log
	./scripts/tools.sh opensta && sta= || sta=--no-opensta; $(WITH_TOOLS) python3 scripts/integration.py $$sta \
		$(addprefix out/synth/,renamed graded_sar) --views $(addprefix out/synth/,$(VIEWS) demo)

deny: ## licences and sources of the dependencies
	./scripts/tools.sh cargo-deny
	PATH="$(CURDIR)/.tools/cargo-deny/bin:$$PATH" cargo deny check licenses bans sources

# As for test-torch, a test is named so that cargo takes the features that tests take, and builds
# nothing a second time.
XTASK_DEV := cargo build --quiet --workspace --bin xtask --test model_memory && $(WITH_TOOLS) target/debug/xtask

docs: ## make the outputs that the documentation quotes again
	./scripts/tools.sh cxx verilator
	$(XTASK_DEV) docs

docs-check: ## check that the documentation's outputs, field lists and links are up to date
	./scripts/tools.sh cxx verilator
	$(XTASK_DEV) docs --check

# Traces that are measured where they are, but not part of the project.
TRACES ?= ../shared/traces
XTASK := target/release/xtask
FURTHER := $(basename $(basename $(basename $(wildcard $(TRACES)/*.test.bags.gz))))

bench: ## measure build, emission, simulation speed, and ids a cycle, against their bars
	./scripts/tools.sh cxx verilator
	cargo build --release --workspace
	bars=0; $(WITH_TOOLS) cargo bench -p xtask --bench bars || bars=1; \
		$(WITH_TOOLS) $(XTASK) frontend --bars --rtl 4 --window 64 data/debian-installs.bags.gz $(FURTHER) && exit $$bars

METHODS := frequency,recross,mtkahypar:large_k,mtkahypar:default,optimized:fast,optimized:balanced,optimized:high

bench-mapping: ## compare the mapping methods with each other and with Mt-KaHyPar; takes about an hour
	./scripts/tools.sh mtkahypar matplotlib
	cargo build --release -p xtask
	mkdir -p out/bench-mapping
	$(XTASK) mapbench --csv out/bench-mapping/results.csv --methods $(METHODS) --budget 120 data/debian-installs \
		$(addprefix $(TRACES)/,gowalla gowalla@128 amazon-book-30 anime threads-math-sx) \
		| tee out/bench-mapping/results.md
	PYTHONPATH=.tools/matplotlib python3 scripts/plot_mapping.py out/bench-mapping/results.csv out/bench-mapping/plot.svg
	($(XTASK) queues $(TRACES)/gowalla; $(XTASK) queues --makespan $(TRACES)/gowalla) | tee out/bench-mapping/queues.md
	$(XTASK) mapbench --csv out/bench-mapping/scale.csv --methods optimized:balanced synth:1000000,500000 synth:4000000,2000000 \
		| tee out/bench-mapping/scale.md

claims: ## the paper's claims and ours as a table, on the bundled trace and those in TRACES
	./scripts/tools.sh cxx verilator
	cargo build --release
	$(WITH_TOOLS) ./scripts/claims.sh $(TRACES)

doc: ## build the library's documentation in target/doc; warnings are errors
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

tools: ## install all tools that are missing, those for `make lint` included
	./scripts/tools.sh

clean: ## remove what was built; tools and the model cache stay
	cargo clean
	rm -rf out
