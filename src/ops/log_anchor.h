// The first look at a log: where a line may tell of an error.
//
// Almost all of a log is none of our business.  One pass over the bytes, many
// at a time, finds the places worth a second look.

#pragma once

#include <cstddef>
#include <string_view>

namespace benchkeep::ops {

// Offset of the next of these words in `text` at or after `from`, or npos:
// ERROR, CRITICAL, FATAL, "Traceback (most recent call last)", Killed,
// "Segmentation fault", and the cross mark U+274C.
std::size_t NextAnchor(std::string_view text, std::size_t from);

// The same, in the way of processors that know no wider vectors.
std::size_t NextAnchorAnywhere(std::string_view text, std::size_t from);

// What the guide counts: `grep -c ERROR`.
inline constexpr std::string_view kErrorWord = "ERROR";
inline constexpr std::string_view kTraceback =
    "Traceback (most recent call last)";
inline constexpr std::string_view kCrossMark = "\xE2\x9D\x8C";

}  // namespace benchkeep::ops
