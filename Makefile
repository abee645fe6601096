# The same commands for people, hooks and CI.

.DEFAULT_GOAL := help
# The order of the steps is theirs, whatever -j says.
.NOTPARALLEL:
.PHONY: help demo install setup lint units instructions features purity wasm package packaging app fuzz soak test bench clean

CARGO ?= cargo
FUZZ_SECONDS ?= 60
SOAK_SEEDS ?= 1000000

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: ## a morning of a small support team, decided in the terminal
	@command -v cc >/dev/null || scripts/apt-install.sh build-essential
	@$(CARGO) run -q --locked -p assignment-engine --features cli -- demo

install: ## put the command `assignment-engine` on the PATH
	@$(CARGO) install --path native --features cli --locked

test: setup lint units instructions features purity wasm package packaging app fuzz ## everything, stops at the first failure
	@echo "== all passed"

setup: ## install what the tests need (Debian)
	@echo "== setup"
	@scripts/setup-test.sh

lint: ## formatting, clippy, documentation
	@echo "== format"
	@$(CARGO) fmt --all --check
	@$(CARGO) fmt --manifest-path engine-core/purity/Cargo.toml --check
	@$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check
	@echo "== clippy"
	@$(CARGO) clippy --quiet --workspace --all-targets --all-features --locked -- -D warnings
	@echo "== documentation"
	@RUSTDOCFLAGS="-D warnings" $(CARGO) doc --quiet --workspace --no-deps --all-features --locked

units:
	@echo "== tests"
	@$(CARGO) test --quiet --workspace --all-features --locked

instructions: ## count what a decision executes, and hold it against what was recorded
	@echo "== instructions"
	@scripts/count-instructions.sh

features:
	@echo "== features"
	@scripts/check-features.sh assignment-engine assignment-engine-core

purity: ## prove that the core asks the world for nothing
	@echo "== purity"
	@scripts/setup-wasm.sh
	@scripts/check-purity.sh

wasm: ## the WebAssembly bindings by themselves, in Node
	@echo "== wasm"
	@scripts/setup-wasm.sh
	@scripts/setup-wasm-tools.sh
	@scripts/check-wasm.sh

package: ## build the npm package and test it
	@echo "== package"
	@scripts/setup-wasm.sh
	@scripts/setup-wasm-tools.sh
	@scripts/build-wasm.sh
	@cd pkg && npm run --silent format:check
	@cd pkg && npm run --silent typecheck
	@cd pkg && npm run --silent build
	@cd pkg && npm test --silent

packaging: ## install the packed package where its users do
	@echo "== packaging"
	@tests/packaging/setup.sh
	@tests/packaging/run.sh

app: ## a dashboard-api on the package, with PostgreSQL and Redis, end to end
	@echo "== dashboard-api"
	@tests/dashboard-api/setup.sh
	@tests/dashboard-api/run.sh

fuzz: ## fuzz the decision (FUZZ_SECONDS=60)
	@echo "== fuzz, $(FUZZ_SECONDS) s"
	@scripts/fuzz.sh $(FUZZ_SECONDS)

soak: ## simulate a million seeds of each level (SOAK_SEEDS=1000000)
	@echo "== soak, $(SOAK_SEEDS) seeds a level"
	@for level in l2 l1 l1+l2; do \
		$(CARGO) run --quiet --release --locked -p simulator --bin simulate -- --level $$level --seeds $(SOAK_SEEDS) || exit 1; \
	done

bench: ## measure
	@echo "== benchmarks"
	@$(CARGO) bench --quiet --locked -p assignment-engine-core
	@node scripts/bench-table.mjs
	@scripts/setup-wasm.sh
	@scripts/setup-wasm-tools.sh
	@scripts/build-wasm.sh
	@cd pkg && npm run --silent build && npm run --silent bench

clean: ## remove what was built and found
	@$(CARGO) clean --quiet
	@rm -rf fuzz/target fuzz/corpus fuzz/coverage pkg/dist pkg/src/kernel/generated pkg/node_modules
