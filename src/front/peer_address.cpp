#include "front/peer_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>

namespace meshmq::front {

std::string format_peer(std::string_view raw_address, std::uint16_t port) {
  using namespace std::string_view_literals;
  constexpr auto mapped = "\0\0\0\0\0\0\0\0\0\0\xff\xff"sv;
  if (raw_address.size() == 16 && raw_address.starts_with(mapped)) raw_address.remove_prefix(mapped.size());
  char text[INET6_ADDRSTRLEN] = {};
  const bool ipv4 = raw_address.size() == 4;
  ::inet_ntop(ipv4 ? AF_INET : AF_INET6, raw_address.data(), text, sizeof text);
  return ipv4 ? fmt::format("{}:{}", text, port) : fmt::format("[{}]:{}", text, port);
}

std::optional<std::string> parse_address(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  const std::string terminated(text);
  const bool ipv6 = text.find(':') != std::string_view::npos;
  std::string raw(ipv6 ? 16 : 4, '\0');
  // What follows a NUL would not be looked at.
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  if (::inet_pton(ipv6 ? AF_INET6 : AF_INET, terminated.c_str(), raw.data()) != 1) return std::nullopt;
  return raw;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace meshmq::front
