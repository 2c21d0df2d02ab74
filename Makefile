# Set-up happens by itself: `make sandbox` on a fresh clone is enough.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.SILENT:
.DELETE_ON_ERROR:
.PHONY: help setup sandbox psql token vm doctor drift test test-all verify faults lint bench preview probe ci preflight up bootstrap clean distclean

MODULES := $(CURDIR)/node_modules
SETUP := node_modules/.setup
NODE := $(MODULES)/.bin/node
# The tools of node_modules come first, but never in the set-up, which replaces them.
SETUP_PATH := $(subst $(MODULES)/.bin:,,$(PATH))
export PATH := $(MODULES)/.bin:$(SETUP_PATH)
export NODE_COMPILE_CACHE ?= $(MODULES)/.cache/compile
# Finds a Pulumi CLI or gets one; then the rest of the recipe's line runs with it on PATH.
WITH_PULUMI = cli=$$($(NODE) tools/pulumi/main.ts) || exit 1; export PATH="$$cli:$$PATH";

help: ## Show this help
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	echo "  STACK=dev          the stack on Azure of preview and probe (by default the sandbox), preflight and up (by default dev)"
	echo "  ADDRESS=20.1.2.3   this machine's public IPv4 address, for preflight and up, where it does not know it"
	echo "  PREFLIGHT=off      up without preflight"
	echo "  JSON=1             preflight prints its rows as JSON"
	echo "  UP=1               bootstrap changes what its preview shows; STACK=dev chooses its stack, ARGS=--diff adds options"
	echo "  SUMMARY=file       where preview writes its summary in Markdown; by default .sandbox/preview.md"
	echo "  APP=orders         the application of psql, token, vm, doctor and drift; by default the first"

# npm 11 runs install scripts only of the packages that package.json allows, npm 10 runs all of them, native builds included. Only
# Node.js itself needs its own (the sandbox makes PostgreSQL's library links). So all are left out, and it is run by name. On Ctrl-C npm
# would tidy up for half a minute; the next npm ci starts from nothing anyway.
$(SETUP): package-lock.json
	export PATH='$(SETUP_PATH)'; \
	command -v node >/dev/null && command -v npm >/dev/null || { \
	  echo "Node.js 18 or newer with npm is needed to set up; Node.js 24 then comes with it: https://nodejs.org/en/download" >&2; exit 1; }; \
	node -e 'process.exit(parseInt(process.versions.node, 10) < 18 ? 1 : 0)' || { \
	  echo "Node.js 18 or newer is needed to set up, this is $$(node --version): https://nodejs.org/en/download" >&2; exit 1; }; \
	echo "Installing the dependencies (npm ci) ..."; \
	npm ci --ignore-scripts --loglevel=error & npm=$$!; \
	trap 'kill -KILL $$npm; exit 130' INT TERM HUP; wait $$npm && \
	npm rebuild --loglevel=error node >/dev/null && \
	$(NODE) --version >/dev/null && touch $@

setup: $(SETUP) ## Install the dependencies, Node.js 24 and a Pulumi CLI
	$(WITH_PULUMI) pulumi version >/dev/null

sandbox: $(SETUP) ## Run the program on the local sandbox, prove the login, show the receipt
	$(WITH_PULUMI) exec $(NODE) sandbox/cli/main.ts demo

psql: $(SETUP) ## Open psql as the virtual machine's identity, or as APP=admin (while the sandbox is up)
	exec $(NODE) sandbox/cli/main.ts psql

token: $(SETUP) ## Show the claims of the virtual machine's token (while the sandbox is up)
	exec $(NODE) sandbox/cli/main.ts token

vm: $(SETUP) ## Open a shell as on the virtual machine, to try clients in (while the sandbox is up)
	exec $(NODE) sandbox/cli/main.ts vm

doctor: $(SETUP) ## Find the step at which an application's login fails (while the sandbox is up); with STACK=dev, write it for that VM
	$(if $(STACK),$(WITH_PULUMI) exec $(NODE) components/doctor/main.ts --stack $(STACK) $(if $(APP),--app $(APP)) $(ARGS),\
	exec $(NODE) sandbox/cli/main.ts vm $(APP) -- sh -c 'exec sh components/doctor/doctor.sh --host "$$PGHOST" --port "$$PGPORT" \
	  --database "$$PGDATABASE" --role "$$PGUSER" --client-id "$$AZURE_CLIENT_ID" --ca-file "$$PGSSLROOTCERT" $(ARGS)')

drift: $(SETUP) ## Break something by hand and see it repaired (while the sandbox is up)
	exec $(NODE) sandbox/cli/main.ts drift

test: setup lint ## Check types and style, run the everyday tests (10 minutes)
	$(WITH_PULUMI) exec $(NODE) test/run.ts --suite everyday

test-all: setup lint ## Check types and style, run every test, the everyday ones first (35 minutes)
	$(WITH_PULUMI) exec $(NODE) test/run.ts --suite all

verify: $(SETUP) ## Check types and style, run the unit tests (1 minute)
	npm run verify --silent

faults: $(SETUP) ## Inject every fault of the catalogue and write docs/reliability.md
	$(WITH_PULUMI) exec $(NODE) test/faults/main.ts

lint: $(SETUP) ## Check types, style and the direction of imports
	tsc --noEmit
	npm run lint --silent

bench: $(SETUP) ## Measure pairs of ways to do the same and show their ratios
	$(WITH_PULUMI) exec $(NODE) bench/main.ts

preview: $(SETUP) ## Show what would change and which rule it breaks, as a pull request does (STACK=dev: on Azure)
	$(WITH_PULUMI) exec $(NODE) $(if $(STACK),delivery/main.ts preview --stack $(STACK),sandbox/cli/main.ts preview) $(if $(SUMMARY),--summary $(SUMMARY))

probe: $(SETUP) ## Ask the sandbox for each row of docs/fidelity.md that can be asked (STACK=dev: a deployment on Azure)
	$(WITH_PULUMI) exec $(NODE) $(if $(STACK),sandbox/ledger/main.ts --stack $(STACK),sandbox/cli/main.ts probe) $(ARGS)

ci: test ## Do what all workflows do, in order: the tests, then preview, preflight, up, drift and destroy on a sandbox
	$(WITH_PULUMI) exec $(NODE) sandbox/cli/main.ts ci

preflight: $(SETUP) ## Ask Azure for what a first up needs, change nothing (STACK=dev)
	exec $(NODE) program/preflight/main.ts --stack $(or $(STACK),dev) $(if $(ADDRESS),--address $(ADDRESS)) $(if $(JSON),--json)

up: $(SETUP) ## Create or change it on Azure, under the policy pack, after preflight (STACK=dev)
	test '$(PREFLIGHT)' = off || $(NODE) program/preflight/main.ts --stack $(or $(STACK),dev) $(if $(ADDRESS),--address $(ADDRESS))
	$(WITH_PULUMI) exec $(NODE) policies/runner/main.ts --stack $(or $(STACK),dev) -- pulumi up

bootstrap: $(SETUP) ## Preview what a pipeline needs once on Azure and GitHub; with UP=1, create or change it
	$(WITH_PULUMI) cd bootstrap && exec pulumi $(if $(UP),up,preview) $(if $(STACK),--stack $(STACK)) $(ARGS)

clean: ## Stop the sandbox, remove its state and node_modules
	if [ -x $(NODE) ]; then $(NODE) sandbox/cli/main.ts stop || true; fi
	echo "Removing .sandbox and node_modules ..."
	rm -rf .sandbox node_modules

distclean: clean ## Remove the Pulumi CLI that was built for all clones, too
	rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/entra-postgres"
