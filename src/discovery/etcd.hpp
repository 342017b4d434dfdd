#pragma once
// cluster.discovery = etcd: nodes write their names into etcd, through its API v3 or v2.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "discovery/etcd_api.hpp"
#include "discovery/http.hpp"
#include "discovery/provider.hpp"

namespace meshmq::discovery {

/// A question is: write or renew `<prefix>/<cluster.name>/nodes/<node>`, then list. A key that is gone,
/// because etcd lost its data or its lease is over, is written anew. A server that fails is passed by for the
/// next one; when all have failed, that is the answer. The API is the one that cluster.etcd.version says, or
/// the newest that the server knows. Nodes that start together need no lock, as all order clusters in one way
/// (cluster/discovery.hpp); with cluster.etcd.lock the first question waits for one, `lock_tries` seconds at
/// most.
class Etcd : public std::enable_shared_from_this<Etcd>, private EtcdCaller {
 public:
  static constexpr int lock_tries = 10;

  static Result<std::unique_ptr<Provider>> make(boost::asio::io_context& io, const Options& options,
                                                OnAnswer on_answer);

  Etcd(boost::asio::io_context& io, const Options& options, std::vector<Url> servers, OnAnswer on_answer);
  Result<void> read_certificates();
  void ask();
  void settled();
  void withdraw();
  void stop();

 private:
  void begin();
  void choose_api();
  void use_api(bool v3);
  void lock();
  void enroll();
  void listed(std::vector<std::string> nodes);
  void failed(const std::string& why, bool spoke);
  void answer(const Result<Discovered>& found);

  // --- EtcdCaller
  void call(HttpRequest request, EtcdCaller::Next next) override;
  void tell(HttpRequest request) override;
  void refused(const HttpAnswer& answer, const std::string& why) override;

  boost::asio::io_context& io_;
  EtcdNames names_;
  Duration interval_;
  std::vector<Url> servers_;
  OnAnswer on_answer_;
  boost::asio::steady_timer timer_;
  Tls tls_;
  std::unique_ptr<EtcdApi> api_;
  bool is_v3_ = true;
  bool choose_again_ = false;  ///< it may be another etcd by now
  std::size_t server_ = 0;
  std::vector<std::string> failures_;  ///< of servers, in this question
  std::uint64_t question_ = 0;         ///< answers to earlier ones are not heard
  int lock_tries_left_ = lock_tries;   ///< 0: nobody waits for it any more
  bool holds_lock_ = false;
  bool asking_ = false;
  bool stopped_ = false;
};

}  // namespace meshmq::discovery
