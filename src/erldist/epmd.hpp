#pragma once
// EPMD, the Erlang port mapper daemon: finds the port of a node by the part of its name before the @.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace meshmq::erldist::epmd {

inline constexpr std::uint16_t default_port = 4369;
/// The distribution versions that a node announces: OTP 25 says 6 and 5.
inline constexpr std::uint16_t version_highest = 6;
inline constexpr std::uint16_t version_lowest = 5;

enum class NodeType : std::uint8_t { hidden = 72, normal = 77 };

/// What is registered under a name.
struct Registration {
  std::uint16_t port = 0;
  NodeType type = NodeType::normal;
  std::uint16_t highest = version_highest;
  std::uint16_t lowest = version_lowest;
  std::string extra{};
};

// --- requests, with their length in front
std::string encode_register(std::string_view alive, const Registration& registration);
std::string encode_lookup(std::string_view alive);
std::string encode_names();

// --- replies
struct Registered {
  bool ok = false;
  std::uint32_t creation = 0;
};
/// nullopt: more bytes are needed.
std::optional<Result<Registered>> decode_registered(std::string_view bytes);
/// The whole reply: EPMD closes behind it. not_found if nobody has that name.
Result<Registration> decode_lookup(std::string_view bytes);

/// Serving side: a table of names, each held by one open connection.
/// Thread rule: one owner. Limits: `names_max` names of `name_bytes_max` bytes.
class Server {
 public:
  static constexpr std::size_t names_max = 1024;
  static constexpr std::size_t name_bytes_max = 255;
  using ConnectionId = std::uint64_t;

  /// `port` is where it listens; NAMES tells it. `creation` seeds the creations that it hands out.
  Server(std::uint16_t port, std::uint32_t creation) : port_(port), creation_(creation) {}

  struct Reply {
    std::string bytes{};
    bool close = true;  ///< after the bytes; a registration stays open for as long as the node lives
  };
  /// One request without its length. Only `local` connections (loopback) may register.
  Reply handle(ConnectionId connection, std::string_view request, bool local);
  /// A closed connection takes its name with it.
  void closed(ConnectionId connection);
  /// The node that serves is registered too, without a connection. False if the name is taken.
  bool register_self(std::string_view alive, std::uint16_t port);
  std::uint32_t next_creation() { return ++creation_ == 0 ? ++creation_ : creation_; }

 private:
  struct Entry {
    Registration registration;
    ConnectionId connection = 0;
  };

  Reply handle_register(ConnectionId connection, std::string_view body, bool local);
  Reply handle_lookup(std::string_view alive) const;
  Reply handle_names(bool dump) const;

  std::uint16_t port_;
  std::uint32_t creation_;
  std::map<std::string, Entry, std::less<>> names_;
};

}  // namespace meshmq::erldist::epmd
