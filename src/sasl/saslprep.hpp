#pragma once
// Names and passwords as they are compared (RFC 4013).

#include <optional>
#include <string>
#include <string_view>

namespace meshmq::sasl {

/// One form for what people see as the same text: a full-width A is an A, soft hyphens are gone. ASCII stays
/// as it is. Nothing if it is empty afterwards, or holds what it must not: control characters, bytes that are
/// no UTF-8, directions mixed.
std::optional<std::string> saslprep(std::string_view text);

}  // namespace meshmq::sasl
