#pragma once
// cluster.discovery = dns: records of one name are the nodes.

#include <ares.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "discovery/dns_reply.hpp"
#include "discovery/provider.hpp"

namespace meshmq::discovery {

/// Each question has a resolver of its own, so that a changed /etc/resolv.conf counts. While one is under way
/// its sockets are looked at every few milliseconds: questions are rare. Limit: `tries` of `try_ms` for each
/// server.
class Dns final : public Provider {
 public:
  static constexpr int try_ms = 2000;
  static constexpr int tries = 2;

  static Result<std::unique_ptr<Provider>> make(boost::asio::io_context& io, const DnsOptions& options,
                                                OnAnswer on_answer);

  Dns(boost::asio::io_context& io, const DnsOptions& options, DnsType type, OnAnswer on_answer);
  ~Dns() override;
  void ask() override;
  void withdraw() override;

 private:
  Result<void> begin();
  void heard(int status, std::string_view reply);
  void look_soon();
  void look();

  DnsOptions options_;
  DnsType type_;
  OnAnswer on_answer_;
  boost::asio::steady_timer timer_;
  ares_channel channel_ = nullptr;
  bool asking_ = false;
  std::optional<Result<Discovered>> result_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace meshmq::discovery
