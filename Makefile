# What a user of recross needs; `make help` lists it.

DEMO := target/release/recross run --config examples/demo.toml --trace data/debian-installs.bags.gz --out out/demo

.DEFAULT_GOAL := help
.PHONY: help run test lint bench bench-mapping claims doc clean tools

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## install what is missing, build, and run the demo: RTL, co-simulation and report in out/demo
	./scripts/tools.sh cxx verilator
	cargo build --release
	$(DEMO)

test: ## run all tests (they need Verilator and a C++ compiler; with Icarus Verilog they check more)
	./scripts/tools.sh cxx verilator
	-./scripts/tools.sh iverilog
	cargo test --workspace

lint: ## Verilator (two versions), slang, Icarus Verilog and Yosys on every emitted configuration and module
	./scripts/tools.sh cxx verilator iverilog yosys verilator-current slang
	./scripts/lint.sh

bench: ## measure build, emission and simulation speed against their bars
	./scripts/tools.sh cxx verilator
	cargo build --release
	cargo bench --bench bars

# Traces that are measured where they are, but not part of the project.
TRACES ?= ../shared/traces
MAPBENCH := target/release/examples/mapbench
METHODS := frequency,recross,mtkahypar:large_k,mtkahypar:default,optimized:fast,optimized:balanced,optimized:high

bench-mapping: ## compare the mapping methods with each other and with Mt-KaHyPar; takes about an hour
	./scripts/tools.sh mtkahypar matplotlib
	cargo build --release --examples
	mkdir -p out/bench-mapping
	$(MAPBENCH) --csv out/bench-mapping/results.csv --methods $(METHODS) --budget 120 data/debian-installs \
		$(addprefix $(TRACES)/,gowalla gowalla@128 amazon-book-30 anime threads-math-sx) \
		| tee out/bench-mapping/results.md
	PYTHONPATH=.tools/matplotlib python3 scripts/plot_mapping.py out/bench-mapping/results.csv out/bench-mapping/plot.svg
	(target/release/examples/queues $(TRACES)/gowalla; target/release/examples/queues --makespan $(TRACES)/gowalla) | tee out/bench-mapping/queues.md
	$(MAPBENCH) --csv out/bench-mapping/scale.csv --methods optimized:balanced synth:1000000,500000 synth:4000000,2000000 \
		| tee out/bench-mapping/scale.md

claims: ## the paper's claims and ours as a table, on the bundled trace and those in TRACES
	./scripts/tools.sh cxx verilator
	cargo build --release
	./scripts/claims.sh $(TRACES)

doc: ## build the library's documentation in target/doc; warnings are errors
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

tools: ## install all tools that are missing, those for `make lint` included
	./scripts/tools.sh

clean: ## remove what was built; tools and the model cache stay
	cargo clean
	rm -rf out
