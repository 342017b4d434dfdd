#pragma once
// Packets as one line of text, so that tests can compare and print them. Linked into tests only.

#include <string>
#include <string_view>

#include "mqtt/packet.hpp"

namespace meshmq::mqtt::testing {

/// "PUBLISH topic='a/b' id=10 qos=1 payload='hello'": every field that is not at its default, in the order of
/// the struct. Two packets have the same text exactly if they mean the same.
std::string describe(const Packet& packet);

/// Bytes from "30 05 00 03 'a/b'": hex pairs and quoted text, blanks ignored.
std::string bytes_from(std::string_view notation);

}  // namespace meshmq::mqtt::testing
