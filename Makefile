# Everything goes through here. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
GO ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)
PACKAGES := ./...
# Folders with a package-lock.json that tests and examples need.
NPM := sdk-js examples/api bench/workloads/route

.PHONY: build
build: ## build bin/skerry
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/skerry ./cmd/skerry

.PHONY: help
help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 16

# --- try it -----------------------------------------------------------------

.PHONY: demo
demo: build ## build, start a node with the embedded store, push an example, print the curl line that reaches it
	@scripts/demo.sh start

.PHONY: demo-stop
demo-stop: ## stop the node that `make demo` started
	@scripts/demo.sh stop

# --- check it ---------------------------------------------------------------

.PHONY: test
test: FUZZLAST = 2000
test: deps check types unit race fuzz-js ## everything CI runs: format, vet, staticcheck, types of examples, all tests, all again under the race detector, hostile scripts
	@echo "make test: all passed"

.PHONY: check
check: ## gofmt, vet, staticcheck: under a minute once built
	@files=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
		if [ -n "$$files" ]; then echo "not gofmt-clean (run: make fmt):"; echo "$$files"; exit 1; fi
	$(GO) vet $(PACKAGES)
	$(GO) vet -tags profile ./cmd/skerry
	$(GO) tool staticcheck $(PACKAGES)

.PHONY: types
types: ## check the TypeScript types against examples, templates and workloads (needs npm)
	@if [ -x sdk-js/node_modules/.bin/tsc ]; then npm --prefix sdk-js run --silent check && echo "types: checked"; \
		else echo "types: SKIPPED, sdk-js has no node_modules; run make deps (it needs npm)"; fi

.PHONY: unit
unit: ## all tests: tables, conformance suites, allocation budgets, fuzz seeds, scenarios against the real binary
	$(GO) tool gotestsum --format pkgname-and-test-fails -- -timeout 20m $(PACKAGES)

.PHONY: race
race: ## all tests again under the race detector
	$(GO) tool gotestsum --format pkgname-and-test-fails -- -race -timeout 25m $(PACKAGES)

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (30s)
	scripts/fuzz.sh $(or $(FUZZTIME),30s)

.PHONY: fuzz-js
fuzz-js: ## run scripts that a grammar generates for FUZZTIME (2m), from seed FUZZSEED (1) to FUZZLAST: none may end the process that runs it
	SKERRY_FUZZ_JS=$(or $(FUZZTIME),2m) SKERRY_FUZZ_SEED=$(or $(FUZZSEED),1) SKERRY_FUZZ_LAST=$(FUZZLAST) $(GO) tool gotestsum --format standard-verbose -- \
		-count 1 -timeout 24h -run '^TestGrammar$$' ./isolate/grammartest

.PHONY: torture-js
torture-js: ## slow: hostile scripts, busy cores, hogs, kills and upgrades against a node; tables in OUT (torture-js.out)
	@mkdir -p $(or $(OUT),torture-js.out)
	SKERRY_HOSTILE=all $(GO) test -count 1 -timeout 60m -run '^TestHostileScripts$$' ./isolate/grammartest
	SKERRY_TORTURE=1 SKERRY_TORTURE_OUT=$(abspath $(or $(OUT),torture-js.out)) $(GO) tool gotestsum --format standard-verbose -- -count 1 -timeout 5h -parallel 1 \
		-run '^Test(Torture|WaitingConnections|KilledWorker|KilledNode|StopFinishes|Upgrades|FailedUpgrade)' ./cmd/skerry

.PHONY: torture
torture: deps ## slow: kills a node under writers 200 times, and the stores alone as often
	SKERRY_CRASH_CYCLES=200 $(GO) tool gotestsum --format standard-verbose -- -count 1 -timeout 60m \
		-run 'Kill|Crash|NoRequestSeesAnothersData' ./cmd/skerry ./kv/bolt

.PHONY: bench
bench: deps ## benchmarks: the engine, the gateway, the stores, and a node from outside
	$(GO) test -run '^$$' -bench . -benchmem ./isolate/... ./gateway/... ./kv/... ./bundles/... ./bench

.PHONY: bench-node
bench-node: ## the same snippets in an isolate and in Node 20, with ratios as a Markdown table; ARGS='-case JSON'
	$(GO) run ./bench/node $(ARGS)

.PHONY: bench-peers
bench-peers: deps ## Skerry beside other servers on the same work; writes bench/results/DATE.md; ARGS='-workloads hello,json -peers workerd,skerry'
	$(GO) run ./bench/peers $(ARGS)

.PHONY: bench-density
bench-density: deps ## functions on one node: memory of each, first request, start, overload, as bench/results/density.md; ARGS='-only memory'
	@mkdir -p bench/results
	$(GO) run ./bench/density -out bench/results/density.md $(ARGS)

.PHONY: pgo
pgo: deps ## refresh cmd/skerry/default.pgo, by which builds are optimised: loads a node with the workloads
	@scripts/pgo.sh $(ARGS)

.PHONY: bench-streams
bench-streams: ## what streams cost a node, beside a plain proxy on fasthttp, as a Markdown table; ARGS='-only proxy'
	$(GO) run ./bench/streams $(ARGS)

# --- keep it ----------------------------------------------------------------

.PHONY: fmt
fmt: ## format Go sources
	gofmt -w $$(git ls-files -co --exclude-standard '*.go')

.PHONY: deps
deps: ## find or install what tests need beyond Go: redis-server, and npm packages of examples
	@scripts/deps.sh $(NPM)

.PHONY: clean
clean: ## remove what was built
	rm -rf bin .demo
