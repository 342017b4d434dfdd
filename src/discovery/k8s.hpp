#pragma once
// cluster.discovery = k8s: the pods behind a service, as Kubernetes' API server knows them.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "discovery/http.hpp"
#include "discovery/k8s_objects.hpp"
#include "discovery/provider.hpp"

namespace meshmq::discovery {

/// A question is: list, then watch from there, for as long as the server goes along; what a watch tells is
/// answered without a question. EndpointSlices are asked for first; a server or a role that does not know
/// them is asked for Endpoints, and a role that may only get the one object gets no watch. Token and CA are
/// read for each request, since Kubernetes replaces them. A server that fails is passed by for the next one.
///
///     ask -> list --200--> answer, watch --event--> answer
///              |             | 410, end: list or watch again, after a pause that grows
///              +--401, 403, 404, 5xx, nobody--> answer is an error; the next question tries again
class K8s : public std::enable_shared_from_this<K8s> {
 public:
  static Result<std::unique_ptr<Provider>> make(boost::asio::io_context& io, const Options& options,
                                                OnAnswer on_answer, Logger log);

  K8s(boost::asio::io_context& io, const Options& options, std::vector<Url> servers, OnAnswer on_answer,
      Logger log);
  void ask();
  void stop();

 private:
  /// What is asked for, the best first.
  enum class Source : std::uint8_t { slices, endpoints, one_object };

  void list();
  void listed(const Result<HttpAnswer>& got);
  void refused(const HttpAnswer& got);
  void next_source(const std::string& why);
  void failed(const std::string& why);
  void watch();
  void watched(std::string_view line);
  void watch_ended(const Result<HttpAnswer>& got);
  void again_soon();
  void answer_now();
  void answer(const Result<Discovered>& found);
  void look_for_self(const Discovered& found);
  std::string collection() const;
  std::string selector() const;
  HttpRequest request(std::string path) const;
  Result<Tls> tls() const;
  std::string token() const;

  boost::asio::io_context& io_;
  Options options_;
  K8sNaming naming_;
  std::vector<Url> servers_;
  OnAnswer on_answer_;
  Logger log_;
  boost::asio::steady_timer timer_;
  HttpCancel cancel_watch_;
  Source source_ = Source::slices;
  std::size_t server_ = 0;
  std::vector<std::string> failures_;         ///< of servers, in this question
  std::map<std::string, K8sObject> objects_;  ///< by name
  std::string version_;                       ///< the newest that was seen
  Duration pause_{0};                         ///< before the next list or watch
  TimePoint watch_began_{};
  bool listing_ = false;
  bool watching_ = false;
  bool stopped_ = false;
  bool may_watch_ = true;
  bool told_self_ = false;
};

}  // namespace meshmq::discovery
