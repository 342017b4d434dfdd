// The PROXY header: whoever reads it byte by byte comes to the same answer as with all at once.

#include <algorithm>

#include "front/access_rules.hpp"
#include "front/peer_address.hpp"
#include "front/proxy_header.hpp"
#include "fuzz.hpp"

namespace meshmq::fuzz {
namespace {

void run(Input input) {
  const std::string_view all = input.rest();
  const ExactCopy copy(all);
  const auto whole = front::read_proxy_header(copy.bytes());
  if (whole) FUZZ_CHECK(whole->size <= all.size() && whole->size <= front::proxy_header_bytes_max);
  if (whole && whole->size == 0) FUZZ_CHECK(all.size() <= front::proxy_header_bytes_max);
  const std::size_t end = std::min<std::size_t>(all.size(), 300);
  for (std::size_t cut = 0; cut < end; ++cut) {
    const ExactCopy prefix(all.substr(0, cut));
    const auto part = front::read_proxy_header(prefix.bytes());
    if (!part) {
      FUZZ_CHECK(!whole);
      return;
    }
    if (part->size == 0) continue;
    FUZZ_CHECK(whole && whole->size == part->size);
    FUZZ_CHECK(whole->header.peername == part->header.peername && whole->header.cn == part->header.cn);
  }
  (void)front::AccessRule::parse(all);
  (void)front::parse_port(all);
  if (const auto raw = front::parse_address(all)) FUZZ_CHECK(raw->size() == 4 || raw->size() == 16);
}

}  // namespace
}  // namespace meshmq::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  meshmq::fuzz::run(meshmq::fuzz::Input(data, size));
  return 0;
}
