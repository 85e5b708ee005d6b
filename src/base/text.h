// Small questions about words: the nearest name, sizes, clean UTF-8.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace benchkeep {

// The one of `names` that `word` was probably meant to be; empty when none is
// near.  Counts insertions, deletions, replacements and swapped neighbours; an
// unfinished name ("consol") is near, too.
std::string NearestName(std::string_view word,
                        const std::vector<std::string>& names);

// Bytes of "1048576", "512M", "512MiB", "2 GB".  K, M, G, T and KiB ... are
// powers of 1024, KB ... powers of 1000, as in the GNU tools.
std::optional<std::uint64_t> ParseSize(std::string_view text);

// The shortest exact form that ParseSize reads back: "512MiB", "1000".
std::string SizeText(std::uint64_t bytes);

bool IsAscii(std::string_view bytes);
bool IsUtf8(std::string_view text);

// `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string CleanUtf8(std::string_view text);

}  // namespace benchkeep
