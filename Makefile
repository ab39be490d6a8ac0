# Steward: everything that a developer runs. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

ENGINE_DIR := internal/clickhouse/embedded/lib
WEB_DIR    := dashboard/web
GO_SOURCES := $(shell find . \( -name '*.go' -o -name '*.sql' -o -name '*.tmpl' \) -not -path '*/node_modules/*')
# The types of the API are made from its document, so the page is built from it, too.
WEB_SOURCES := $(shell find $(WEB_DIR)/src $(WEB_DIR)/public $(WEB_DIR)/scripts $(WEB_DIR)/*.json $(WEB_DIR)/*.ts $(WEB_DIR)/*.html -type f -not -name schema.ts 2>/dev/null) \
	dashboard/api/testdata/openapi.json
VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# How long each fuzz target runs in `make fuzz`.
FUZZTIME ?= 30s

export DEBIAN_FRONTEND := noninteractive

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: demo
demo: build ## install what is missing, build, and show Steward with a simulated fleet
	./bin/steward demo $(DEMO)

.PHONY: build
build: bin/steward bin/libchdb ## build bin/steward with the page and the engine's library

bin/steward: $(GO_SOURCES) $(WEB_DIR)/dist/index.html go.mod go.sum
	@scripts/need.sh go
	go build -trimpath -ldflags '-X main.version=$(VERSION)' -o $@ ./cmd/steward

$(WEB_DIR)/dist/index.html: $(WEB_SOURCES) $(WEB_DIR)/node_modules/.package-lock.json
	npm run --silent --prefix $(WEB_DIR) build

$(WEB_DIR)/node_modules/.package-lock.json: $(WEB_DIR)/package-lock.json
	@scripts/need.sh node
	npm ci --no-audit --no-fund --prefix $(WEB_DIR)
	@touch $@

# The engine's library is large: it is linked, not copied.
.PHONY: bin/libchdb
bin/libchdb: $(ENGINE_DIR)/node_modules/.package-lock.json
	@mkdir -p bin
	@for f in $(ENGINE_DIR)/node_modules/@chdb/lib-*/libchdb.*; do ln -sf "../$$f" "bin/$$(basename $$f)"; done

$(ENGINE_DIR)/node_modules/.package-lock.json: $(ENGINE_DIR)/package-lock.json
	@scripts/need.sh node
	npm ci --no-audit --no-fund --prefix $(ENGINE_DIR)
	@touch $@

UNRACED := ^(TestScripts|TestWallOfTheAPI|TestAttacks|TestWalls|TestInjections|TestBrowser|TestStories)$$

.PHONY: test
test: build ## set up and run every test: Go with -race, browser, command line
	@scripts/need.sh gcc mosquitto prometheus alertmanager chromium postgresql
	npm run --silent --prefix $(WEB_DIR) check
	npm test --silent --prefix $(WEB_DIR)
	go test -race -timeout 30m -skip '$(UNRACED)' ./...
# One command or caller after another, and a browser: nothing to race that the
# packages' own tests do not, and four to ten times as long under the detector.
	go test -timeout 45m -run '$(UNRACED)' ./cmd/steward ./dashboard/... ./internal/clickhouse

.PHONY: soak
soak: build ## the long versions of the fault tests
	@scripts/need.sh gcc mosquitto
	SOAK=1 go test -count=1 -timeout 3h -run 'Killed|StoreAway|SpoolFull|Malformed|BrokerRestarted|BrokerUnreachable|Backlog' -v ./cmd/steward

.PHONY: lint
lint: ## golangci-lint as configured in .golangci.yml
	go tool -modfile=scripts/tools.mod golangci-lint run ./...

.PHONY: vuln
vuln: ## known vulnerabilities in what is linked (asks the public database)
	go tool -modfile=scripts/tools.mod govulncheck ./...

.PHONY: bench
bench: build ## measure against a baseline in the same run; prints ratios
	@scripts/need.sh mosquitto chromium node
	go run ./bench $(BENCH)

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: screenshots
screenshots: build ## pictures of every page in both languages, into docs/screenshots
	@scripts/need.sh gcc chromium mosquitto
	STORIES=test/pictures.mjs PICTURES=$(CURDIR)/docs/screenshots go test -count=1 -timeout 60m -run TestStories ./cmd/steward
	STEWARD_SHOTS=$(CURDIR)/docs/screenshots go test -count=1 -run TestBrowser ./dashboard
	cp docs/screenshots/incidents-en.png docs/live.png

.PHONY: clean
clean: ## remove what was built and fetched
	rm -rf bin bench/results $(WEB_DIR)/node_modules $(ENGINE_DIR)/node_modules
	find $(WEB_DIR)/dist -mindepth 1 -not -name .gitkeep -delete
