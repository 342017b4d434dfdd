#include "erldist/epmd.hpp"

#include <fmt/core.h>

#include "base/bytes.hpp"

namespace meshmq::erldist::epmd {

namespace {

constexpr std::uint8_t request_register = 120;
constexpr std::uint8_t request_lookup = 122;
constexpr std::uint8_t request_names = 110;
constexpr std::uint8_t request_dump = 100;
constexpr std::uint8_t reply_registered = 118;
constexpr std::uint8_t reply_registered_old = 121;
constexpr std::uint8_t reply_lookup = 119;
constexpr std::uint8_t protocol_tcp_ipv4 = 0;
constexpr std::uint8_t failed = 1;

std::string with_length(std::string_view body) {
  std::string out;
  ByteWriter(out).bytes16(body);
  return out;
}

void write_registration(ByteWriter& w, std::string_view alive, const Registration& r) {
  w.u16(r.port);
  w.u8(static_cast<std::uint8_t>(r.type));
  w.u8(protocol_tcp_ipv4);
  w.u16(r.highest);
  w.u16(r.lowest);
  w.bytes16(alive);
  w.bytes16(r.extra);
}

/// Reads what write_registration() wrote; returns the name.
std::string_view read_registration(ByteReader& r, Registration& out) {
  out.port = r.u16();
  out.type = static_cast<NodeType>(r.u8());
  r.u8();
  out.highest = r.u16();
  out.lowest = r.u16();
  const std::string_view alive = r.bytes16();
  out.extra = r.bytes16();
  return alive;
}

}  // namespace

std::string encode_register(std::string_view alive, const Registration& registration) {
  std::string body;
  ByteWriter w(body);
  w.u8(request_register);
  write_registration(w, alive, registration);
  return with_length(body);
}

std::string encode_lookup(std::string_view alive) {
  return with_length(static_cast<char>(request_lookup) + std::string(alive));
}

std::string encode_names() {
  return with_length(std::string(1, static_cast<char>(request_names)));
}

std::optional<Result<Registered>> decode_registered(std::string_view bytes) {
  ByteReader r(bytes);
  const std::uint8_t kind = r.u8();
  if (!r.ok()) return std::nullopt;
  if (kind != reply_registered && kind != reply_registered_old) {
    return fail(Errc::malformed, "EPMD answers a registration with something else");
  }
  const bool ok = r.u8() == 0;
  const std::uint32_t creation = kind == reply_registered ? r.u32() : r.u16();
  if (!r.ok()) return std::nullopt;
  return Registered{ok, creation};
}

Result<Registration> decode_lookup(std::string_view bytes) {
  ByteReader r(bytes);
  const std::uint8_t kind = r.u8();
  const std::uint8_t result = r.u8();
  if (!r.ok() || kind != reply_lookup)
    return fail(Errc::malformed, "EPMD answers a look-up with something else");
  if (result != 0) return fail(Errc::not_found, "EPMD knows no node of that name");
  Registration registration;
  read_registration(r, registration);
  if (!r.ok()) return fail(Errc::malformed, "EPMD's answer is cut short");
  return registration;
}

Server::Reply Server::handle(ConnectionId connection, std::string_view request, bool local) {
  if (request.empty()) return {};
  const std::string_view body = request.substr(1);
  switch (static_cast<std::uint8_t>(request[0])) {
    case request_register:
      return handle_register(connection, body, local);
    case request_lookup:
      return handle_lookup(body);
    case request_names:
      return handle_names(false);
    case request_dump:
      return handle_names(true);
    // KILL and STOP exist for a daemon of its own; this one lives and dies with its node.
    default:
      return {};
  }
}

Server::Reply Server::handle_register(ConnectionId connection, std::string_view body, bool local) {
  ByteReader r(body);
  Registration registration;
  const std::string alive(read_registration(r, registration));
  const bool room = names_.size() < names_max && alive.size() <= name_bytes_max && !alive.empty();
  const bool taken = names_.contains(alive);
  if (!r.ok() || !local) return {};
  std::string out;
  ByteWriter w(out);
  const bool wide = registration.highest >= 6;
  w.u8(wide ? reply_registered : reply_registered_old);
  const bool ok = room && !taken;
  const std::uint32_t creation = ok ? next_creation() : 99;
  w.u8(ok ? 0 : failed);
  if (wide) {
    w.u32(creation);
  } else {
    w.u16(static_cast<std::uint16_t>(creation % 3 + 1));
  }
  if (ok) names_[alive] = {registration, connection};
  return {.bytes = std::move(out), .close = !ok};
}

Server::Reply Server::handle_lookup(std::string_view alive) const {
  std::string out;
  ByteWriter w(out);
  w.u8(reply_lookup);
  const auto it = names_.find(alive);
  if (it == names_.end()) {
    w.u8(failed);
  } else {
    w.u8(0);
    write_registration(w, alive, it->second.registration);
  }
  return {.bytes = std::move(out)};
}

Server::Reply Server::handle_names(bool dump) const {
  std::string out;
  ByteWriter(out).u32(port_);
  for (const auto& [alive, entry] : names_) {
    out += dump ? fmt::format("active name     <{}> at port {}, fd = {}\n", alive, entry.registration.port,
                              entry.connection)
                : fmt::format("name {} at port {}\n", alive, entry.registration.port);
  }
  return {.bytes = std::move(out)};
}

void Server::closed(ConnectionId connection) {
  if (connection == 0) return;
  std::erase_if(names_, [connection](const auto& item) { return item.second.connection == connection; });
}

bool Server::register_self(std::string_view alive, std::uint16_t port) {
  return names_.try_emplace(std::string(alive), Entry{{.port = port}, 0}).second;
}

}  // namespace meshmq::erldist::epmd
