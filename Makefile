# The task runner: one word for everything that people and CI do.
.PHONY: help build test hadoop sql chaos fuzz lint fmt docs
.DEFAULT_GOAL := help

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

build: ## the binary, optimized
	@bash -c 'source scripts/lib/common.sh && cargo build --release --package alpheus-cli && echo $$CARGO_TARGET_DIR/release/alpheus'

test: ## every test that needs no Hadoop
	@scripts/test

hadoop: ## tests against real Hadoop daemons; SUITE=all for every protection level and five lifetimes
	@scripts/test-hadoop $(SUITE)

sql: ## the SQL files under tests/sql/; CASE=text runs those whose path contains it
	@SQL_CASE=$(CASE) scripts/test --test sql_files -- --nocapture

chaos: ## kill -9 at random moments; KILLS=300 for more than CI does, SEED=n for the same again
	@CHAOS_KILLS=$(or $(KILLS),30) $(if $(SEED),CHAOS_SEED=$(SEED)) scripts/test --test chaos -- --nocapture

fuzz: ## what reads from outside, on random input; TARGET=name SECONDS=600 SEED=n
	@scripts/fuzz --target $(or $(TARGET),all) --seconds $(or $(SECONDS),20) $(if $(SEED),--seed $(SEED))

lint: ## what CI refuses: formatting, clippy, docs, dependencies
	@scripts/lint

fmt: ## format the code
	@cargo fmt --all

docs: ## regenerate the generated pages of docs/ from the code's own tables
	@scripts/docs
