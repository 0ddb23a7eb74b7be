# SPDX-License-Identifier: Apache-2.0
# The front door: one word each, from a bare clone. Meson and the scripts do the work.
#
#   make            the program, build/atoll
#   make test       all tests: unit, vectors, fuzz corpora, black-box on a real chain and Docker
#   make check      unit, vectors, corpora and a black-box smoke test under ASan and UBSan; each fuzz
#                   target for S seconds; lint
#   make tsan       unit tests and the black-box smoke test under TSan
#   make demo       the whole story on this machine, with the money added up at the end
#   make run        a chain and a node, kept running
#   make devnet     a chain with all Ocean contracts, kept running
#   make lint fmt   house rules; formatting
#   make tidy       what clang-tidy and its analyzer find, about two minutes
#   make fuzz       T=all or one target, S seconds each
#   make screenshots   every view of the page in both themes at three widths, into run/screens: V=NAME only that one
#   make bench      the published figures, measured here: T=all or start, job, http, encrypt, search, services
#   make clean      removes what was built; never data, images or packages

CC := $(shell command -v ccache >/dev/null 2>&1 && echo 'ccache ')gcc
T ?= all
S ?= 30

.PHONY: all screenshots setup test unit check tsan demo run devnet lint tidy fmt fuzz bench clean

# The program alone; tests and fuzz targets are built by what runs them.
all: build/build.ninja
	@ninja -C build atoll

setup:
	@scripts/setup.sh all

build/build.ninja: | meson.build
	@scripts/setup.sh build
	@CC="$(CC)" meson setup build >build-setup.log || { cat build-setup.log; exit 1; }
	@mv build-setup.log build/setup.log

# gcc warns of things that only its own instrumentation makes possible, hence no -Werror here
build-asan/build.ninja: | meson.build
	@scripts/setup.sh build
	@CC="$(CC)" meson setup build-asan -Dwerror=false -Db_sanitize=address,undefined -Darena_malloc=true -Db_lundef=false

build-tsan/build.ninja: | meson.build
	@scripts/setup.sh build
	@CC="$(CC)" meson setup build-tsan -Dwerror=false -Db_sanitize=thread -Db_lundef=false

build-fuzz/build.ninja: | meson.build
	@scripts/setup.sh fuzz
	@CC=clang-14 meson setup build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Darena_malloc=true -Db_lundef=false

test:
	@scripts/setup.sh all
	@scripts/test.sh

unit: build/build.ninja
	@ninja -C build
	@meson test -C build --no-rebuild --suite unit --suite slow --suite docs

check:
	@scripts/setup.sh all
	@scripts/test.sh --sanitize
	@$(MAKE) -s fuzz T=all S=$(S)
	@tools/lint && echo 'lint: clean'

tsan:
	@scripts/setup.sh all
	@scripts/test.sh --threads

demo run:
	@scripts/setup.sh demo
	@$(MAKE) -s all
	@scripts/demo.sh $@

devnet:
	@scripts/setup.sh devnet
	@$(MAKE) -s all
	@build/atoll devnet --data run/chain

lint:
	@scripts/setup.sh lint
	@tools/lint && echo 'lint: clean'

# The headers that generators make come first; the sources need not be compiled.
build-tidy/build.ninja: | meson.build
	@scripts/setup.sh build
	@CC=clang-14 meson setup build-tidy

tidy: build-tidy/build.ninja
	@ninja -C build-tidy build.ninja >/dev/null
	@ninja -C build-tidy $$(ninja -C build-tidy -t targets all | sed -nE 's/^([^:]*\.h): CUSTOM_COMMAND(_DEP)?$$/\1/p')
	@cd build-tidy && run-clang-tidy-14 -quiet -p . '/src/[a-z]+[a-z/_0-9]*\.c$$' 2>/dev/null | \
	  awk '/(warning|error):/ && !seen[$$0]++ {print; bad = 1} END {exit bad}' && echo 'tidy: clean'

fmt:
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format-14 -i

fuzz: build-fuzz/build.ninja
	@ninja -C build-fuzz fuzz
	@scripts/fuzz.sh $(T) $(S)

bench:
	@scripts/setup.sh bench
	@$(MAKE) -s all
	@ninja -C build bench/bench_search >/dev/null
	@cd test && ATOLL_BIN=../build/atoll node --import tsx ../bench/run.ts $(T)

screenshots:
	@scripts/setup.sh all
	@$(MAKE) -s all
	@scripts/screens.sh $(V)

clean:
	rm -rf build build-asan build-tsan build-fuzz build-tidy
