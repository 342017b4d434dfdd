#pragma once
// cluster.discovery = mcast: nodes on one network call to each other by UDP multicast.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "discovery/mcast_datagram.hpp"
#include "discovery/provider.hpp"

namespace meshmq::discovery {

/// A question is a ping to the group; whoever is of the cluster answers with a pong to the group, and is
/// found. The socket is opened at the first question, and again after an error. Limit: `nodes_max` names;
/// more are forgotten in their order.
class Mcast final : public Provider, public std::enable_shared_from_this<Mcast> {
 public:
  static constexpr std::size_t nodes_max = 4096;

  /// Fails if an address or a port cannot be understood.
  static Result<std::unique_ptr<Provider>> make(boost::asio::io_context& io, const Options& options,
                                                OnAnswer on_answer, Logger log);

  struct Group {
    boost::asio::ip::address address;
    std::vector<std::uint16_t> ports;
  };
  Mcast(boost::asio::io_context& io, const Options& options, Group group, OnAnswer on_answer, Logger log);
  void ask() override;
  void withdraw() override;
  void stop();

 private:
  using Clock = std::chrono::steady_clock;

  Result<void> open();
  Result<void> join_group();
  void receive();
  void heard(std::string_view bytes);
  void send(McastDatagram::Kind kind, std::uint16_t port);
  void answer_later(Clock::duration delay);
  void answer();

  Options options_;
  Group group_;
  OnAnswer on_answer_;
  Logger log_;
  boost::asio::ip::udp::socket socket_;
  boost::asio::steady_timer timer_;
  boost::asio::ip::udp::endpoint from_;
  char buffer_[2048];
  std::map<std::string, Clock::time_point> seen_;
  std::string problem_;
  bool asking_ = false;
  bool stopped_ = false;
  bool told_cookie_ = false;
};

}  // namespace meshmq::discovery
