// HMAC with SHA-256 (RFC 2104), beside the other sums.

#pragma once

#include <string>
#include <string_view>

namespace benchkeep::fs {

// The 32 bytes themselves.
std::string HmacSha256(std::string_view key, std::string_view message);

}  // namespace benchkeep::fs
