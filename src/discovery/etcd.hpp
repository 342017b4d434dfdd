#pragma once
// cluster.discovery = etcd: nodes write their names into etcd, through the JSON gateway of its API v3.

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "discovery/http.hpp"
#include "discovery/provider.hpp"

namespace meshmq::discovery {

/// A question is: keep the lease alive (or grant one and write `<prefix>/<cluster.name>/nodes/<node>` with
/// it), then list. A key that is gone, because etcd lost its data or its lease is over, is written anew. A
/// server that fails is passed by for the next one; when all have failed, that is the answer. There is no
/// lock: nodes that start together need none, as all order clusters in one way (cluster/discovery.hpp).
class Etcd : public std::enable_shared_from_this<Etcd> {
 public:
  static Result<std::unique_ptr<Provider>> make(boost::asio::io_context& io, const Options& options,
                                                OnAnswer on_answer);

  Etcd(boost::asio::io_context& io, const Options& options, std::vector<Url> servers, OnAnswer on_answer);
  Result<void> read_certificates();
  void ask();
  void withdraw();
  void stop() { stopped_ = true; }

 private:
  using Next = std::function<void(const std::string& body)>;

  void begin();
  void log_in();
  void keep_alive();
  void grant();
  void write();
  void list();
  void listed(const std::string& body);
  void post(std::string path, std::string body, Next next);
  void failed(const std::string& why);
  void answer(const Result<Discovered>& found);
  std::string directory() const;

  boost::asio::io_context& io_;
  Options options_;
  std::vector<Url> servers_;
  OnAnswer on_answer_;
  Tls tls_;
  std::size_t server_ = 0;
  std::size_t failures_ = 0;  ///< servers that failed in this question
  std::string lease_;         ///< a number; empty: none
  std::string token_;
  std::uint64_t question_ = 0;  ///< answers to earlier ones are not heard
  bool asking_ = false;
  bool stopped_ = false;
};

}  // namespace meshmq::discovery
