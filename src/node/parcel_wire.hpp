#pragma once
// A parcel between nodes: docs/wire/forward-v1.md. Frozen once released.

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "node/parcel.hpp"

namespace meshmq::node {

/// Appends the picks, if there are any, and the message.
void encode_parcel(const Parcel& parcel, std::string& out);
/// `shared`: picks precede the message. `clock_ahead`: of ours before the sender's.
Result<Parcel> decode_parcel(std::string_view bytes, bool shared, WallMillis clock_ahead = 0);
/// What precedes the message within a shared parcel's bytes is cut off; empty if the parcel is not for
/// ordinary subscribers or is broken.
std::string_view ordinary_part(std::string_view bytes);

}  // namespace meshmq::node
