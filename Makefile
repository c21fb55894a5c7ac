# What a user of recross needs; `make help` lists it.

DEMO := target/release/recross run --config examples/demo.toml --trace data/debian-installs.bags.gz --out out/demo

.DEFAULT_GOAL := help
.PHONY: help run test lint bench doc clean tools

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## install what is missing, build, and run the demo: RTL, co-simulation and report in out/demo
	./scripts/tools.sh cxx verilator
	cargo build --release
	$(DEMO)

test: ## run all tests (they need Verilator and a C++ compiler; with Icarus Verilog they check more)
	./scripts/tools.sh cxx verilator
	-./scripts/tools.sh iverilog
	cargo test --workspace

lint: ## Verilator, Icarus Verilog and Yosys on every emitted configuration and every module
	./scripts/tools.sh cxx verilator iverilog yosys
	./scripts/lint.sh

bench: ## measure build, emission and simulation speed against their bars
	./scripts/tools.sh cxx verilator
	cargo build --release
	cargo bench --bench bars

doc: ## build the library's documentation in target/doc; warnings are errors
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

tools: ## install all tools that are missing, those for `make lint` included
	./scripts/tools.sh

clean: ## remove what was built; tools and the model cache stay
	cargo clean
	rm -rf out
