# The task runner: one word for everything that people and CI do.
.PHONY: help build test lint fmt docs
.DEFAULT_GOAL := help

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

build: ## the binary, optimized
	@bash -c 'source scripts/lib/common.sh && cargo build --release --package alpheus-cli && echo $$CARGO_TARGET_DIR/release/alpheus'

test: ## every test that needs no Hadoop
	@scripts/test

lint: ## what CI refuses: formatting, clippy, docs, dependencies
	@scripts/lint

fmt: ## format the code
	@cargo fmt --all

docs: ## regenerate the generated pages of docs/ from the code's own tables
	@scripts/docs
