// The start of a message that decides on its pattern.

#pragma once

#include <cstddef>
#include <string_view>

namespace benchkeep::ops {

// Most messages of a service end in a payload, another one each time, of which
// the pattern has two members.  Returns how many bytes of `message` these and
// what stands before them take: messages that begin with the same so many bytes
// have the same pattern (for the same model).  0 for other messages.
std::size_t DecidingBytes(std::string_view message);

}  // namespace benchkeep::ops
