// What every fuzz target defines, and the checks it makes.
//
// A target is a pair of functions over the bytes of one input. tools/fuzz_smoke
// runs all of them; by hand:
//   build-asan/fuzz/json_fuzzer --seeds=DIR         writes the seeds, and ends
//   build-asan/fuzz/json_fuzzer -max_total_time=60 CORPUS DIR
//   build-asan/fuzz/json_fuzzer crash-...           runs one input again

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace benchkeep::fuzz {

// Well-formed inputs, made by code: where the fuzzer starts from.
std::vector<std::string> Seeds();

// Feeds one input.  Any error value is a fine answer; a crash, a sanitizer's
// report, a hang and a failed Require are not.
void Feed(std::string_view input);

// Ends the program, so that the fuzzer keeps the input, unless `kept` is true.
void Require(bool kept, const char* promise);

}  // namespace benchkeep::fuzz
