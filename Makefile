# Thin names over CMake presets. `make run` and `make test` do everything they need, from a fresh clone on.

SEEDS ?= 1000
BIN = build/release/bin
CTEST = ctest --output-on-failure --no-tests=error
JOBS ?= $(shell nproc)
# End-to-end tests wait more than they work.
TEST_JOBS ?= $(shell expr $(JOBS) \* 2)
SECONDS ?= 60
FUZZ_TEST_SECONDS = 60

.PHONY: help deps build package package-test run test cluster sim chaos fuzz fuzzers bench format lint clean

help:
	@echo "make run       one node in the foreground, on 1883"
	@echo "make test      every test: unit, style, end-to-end under sanitizers; simulator"
	@echo "make cluster   three nodes on this machine, joined; Ctrl-C stops them"
	@echo "make build     $(BIN)/meshmq, meshmq_ctl, meshmq_bench"
	@echo "make package   build/packages/meshmq_VERSION_ARCH.deb and its SBOM;  make package-test: installed in a clean Debian"
	@echo "make sim       SEEDS=N for N simulated clusters, SEED=n to replay one"
	@echo "make chaos     five nodes under load while links and nodes fail: what is lost, how fast it heals"
	@echo "make fuzz      every fuzzer for SECONDS=60 seconds"
	@echo "make bench     MeshMQ and mosquitto under the same load"
	@echo "make format    clang-format, biome;  make lint: these, clang-tidy and tsc as checks"
	@echo "make deps      Debian packages (tools/deps.txt) and npm packages of the tests"

deps:
	@tools/install_deps.sh

build: deps
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target meshmq meshmq_ctl meshmq_bench dashboard

package: deps
	@tools/package.sh

# Needs root, a mirror, and a minute or two: not part of `make test`.
package-test: deps
	@packaging/deb/test_package.py $$(tools/package.sh | tail -1) $(if $(ROOT),--root $(ROOT))

run: build
	@$(BIN)/meshmq foreground --data-dir data

cluster: build
	@python3 tools/cluster.py --bin $(BIN)

# Sanitizers first: what they find explains what the others would only show.
test: deps fuzzers
	@cmake --preset asan >/dev/null
	@cmake --build --preset asan
	@cmake --preset tsan >/dev/null
	@cmake --build --preset tsan --target threaded_tests
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target meshmq_sim
	@$(BIN)/meshmq_sim --seeds $(SEEDS)
	@tools/beside.sh "nice -n 10 python3 fuzz/run.py build/fuzz --seconds $(FUZZ_TEST_SECONDS) --jobs $(JOBS)" \
	  "cd build/tsan && $(CTEST) -j$(TEST_JOBS) -L threads && cd ../asan && $(CTEST) -j$(TEST_JOBS)"

sim: deps
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target meshmq_sim
	@$(BIN)/meshmq_sim $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))

chaos: build
	@python3 tests/cluster/chaos.py --bin $(BIN)

fuzzers: deps
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz --target fuzzers

fuzz: fuzzers
	@python3 fuzz/run.py build/fuzz --seconds $(SECONDS) --jobs $(JOBS)

bench: build
	@python3 bench/compare.py --bin $(BIN)

format:
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format -i
	@cd dashboard && npm run --silent format

lint: deps
	@cmake --preset release >/dev/null
	@python3 tools/lint.py --build build/release
	@cd dashboard && npm run --silent check

clean:
	@rm -rf build
