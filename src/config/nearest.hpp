#pragma once
// "Did you mean ...?"

#include <cstddef>
#include <string>
#include <string_view>

namespace meshmq::config {

/// Single-character changes, insertions, removals and swaps of neighbours that turn one text into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known key most like `key`, with the names that the user chose kept; empty if none is close.
std::string nearest_key(std::string_view key);

}  // namespace meshmq::config
