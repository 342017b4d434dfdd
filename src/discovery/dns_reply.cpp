#include "discovery/dns_reply.hpp"

#include <ares.h>
#include <arpa/inet.h>

#include <algorithm>
#include <cstdint>

#include "base/bytes.hpp"

namespace meshmq::discovery {

namespace {

constexpr std::size_t header_size = 12;
constexpr std::uint32_t ttl_min = 1;
constexpr std::uint32_t ttl_max = 60;

/// Walks through a reply; names are expanded by c-ares. ok() is false behind its end.
class Reply {
 public:
  explicit Reply(std::string_view bytes) : bytes_(bytes) {}

  std::string name() {
    char* text = nullptr;
    long length = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(bytes_.data());
    if (at_ >= bytes_.size() ||
        ares_expand_name(data + at_, data, static_cast<int>(bytes_.size()), &text, &length) != ARES_SUCCESS) {
      ok_ = false;
      return {};
    }
    at_ += static_cast<std::size_t>(length);
    std::string result = text;
    ares_free_string(text);
    return result;
  }
  std::uint16_t u16() {
    if (!has(2)) return 0;
    at_ += 2;
    return ByteReader(bytes_.substr(at_ - 2, 2)).u16();
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  std::string_view take(std::size_t size) {
    if (!has(size)) return {};
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  void skip_to(std::size_t at) { at_ = at; }
  std::size_t at() const { return at_; }
  bool has(std::size_t size) {
    ok_ = ok_ && bytes_.size() - std::min(at_, bytes_.size()) >= size;
    return ok_;
  }
  bool ok() const { return ok_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

/// Empty if it is none.
std::string host_of(Reply& reply, DnsType type, std::size_t size) {
  if (type == DnsType::srv) {
    reply.take(6);  // priority, weight, port: EPMD knows the port
    return reply.name();
  }
  const bool v6 = type == DnsType::aaaa;
  if (size != (v6 ? 16U : 4U)) return {};
  const std::string_view address = reply.take(size);
  if (!reply.ok()) return {};
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(v6 ? AF_INET6 : AF_INET, address.data(), text, sizeof text);
  return text;
}

}  // namespace

Result<cluster::Discovered> read_dns_reply(std::string_view reply, DnsType type, std::string_view app) {
  Reply r(reply);
  if (!r.has(header_size)) return fail(Errc::malformed, "the DNS server's answer is cut short");
  r.skip_to(4);
  const std::uint16_t questions = r.u16();
  const std::uint16_t answers = r.u16();
  r.skip_to(header_size);
  for (int i = 0; i < questions && r.ok(); ++i) {
    r.name();
    r.u32();
  }
  cluster::Discovered found;
  found.complete = true;
  std::uint32_t ttl = ttl_max;
  for (int i = 0; i < answers && r.ok(); ++i) {
    r.name();
    const std::uint16_t record = r.u16();
    r.u16();
    ttl = std::min(ttl, r.u32());
    const std::size_t size = r.u16();
    const std::size_t end = r.at() + size;
    if (!r.has(size)) break;
    if (record == static_cast<int>(type)) {
      const std::string host = host_of(r, type, size);
      if (r.ok() && !host.empty()) found.nodes.push_back(std::string(app) + "@" + host);
    }
    r.skip_to(end);
  }
  if (!r.ok()) return fail(Errc::malformed, "the DNS server's answer is cut short");
  std::sort(found.nodes.begin(), found.nodes.end());
  found.nodes.erase(std::unique(found.nodes.begin(), found.nodes.end()), found.nodes.end());
  found.valid = std::chrono::seconds(std::max(ttl, ttl_min));
  return found;
}

}  // namespace meshmq::discovery
