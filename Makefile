# Everything a person needs:
#   make          build build/benchkeep, installing what is missing
#   make demo     build, then run the main job on a sample campaign
#   make check    all tests
#   make bench    compare with pandas, polars and DuckDB: bench/RESULTS.md
# All of it may be repeated and is quick the second time.

BUILD := build
JOBS ?= $(shell nproc)
LAUNCHER := $(if $(shell command -v ccache),-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)

.PHONY: all demo check bench clean

all:
	@tools/setup build
	@cmake --preset release $(LAUNCHER) -DBUILD_TESTING=OFF > $(BUILD).log 2>&1 || \
	  { cat $(BUILD).log; rm -f $(BUILD).log; exit 1; }; rm -f $(BUILD).log
	@cmake --build $(BUILD) --target benchkeep -j $(JOBS) --

demo: all
	@tools/demo

check:
	@tools/setup check
	@tools/check

bench: all
	@tools/setup bench
	@tools/bench

clean:
	rm -rf $(BUILD) $(BUILD)-* demo-campaign
