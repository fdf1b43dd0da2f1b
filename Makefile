# The whole vocabulary of this repository.

.DEFAULT_GOAL := help
.PHONY: help run test check test-long mutants bench

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: ## the main job: a hire reported by payroll reinstates a person; then keeps serving
	@tools/setup build
	cargo run --locked -- demo

test: ## everything: check, all tests, the main job once
	@tools/suite test

check: ## format, contract, licences and bans, lints, architecture
	@tools/suite check

test-long: ## all tests again, with many more generated cases
	@tools/suite long

mutants: ## a thousand small changes of the kernel, and which of them no test notices
	@tools/mutants

bench: ## the benchmarks, in a release build
	@tools/setup build
	cargo bench --workspace --locked
