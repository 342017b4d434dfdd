#include "discovery/k8s.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <utility>

namespace meshmq::discovery {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// A watch ends by itself after so long, and is begun again: one that is dead is noticed by then.
constexpr auto watch_time = std::chrono::seconds(60);
constexpr auto watch_grace = std::chrono::seconds(15);
/// While a watch stands, answers come by themselves.
constexpr Duration watched_valid = std::chrono::seconds(30);
constexpr Duration pause_min = std::chrono::milliseconds(200);
constexpr Duration pause_max = std::chrono::seconds(30);
/// A watch that stood for so long was a good one.
constexpr Duration good_watch = std::chrono::seconds(5);

TimePoint read_mono() {
  return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

class K8sHandle final : public Provider {
 public:
  explicit K8sHandle(std::shared_ptr<K8s> k8s) : k8s_(std::move(k8s)) {}
  ~K8sHandle() override { k8s_->stop(); }
  void ask() override { k8s_->ask(); }

 private:
  std::shared_ptr<K8s> k8s_;
};

}  // namespace

Result<std::unique_ptr<Provider>> K8s::make(asio::io_context& io, const Options& options, OnAnswer on_answer,
                                            Logger log) {
  std::vector<Url> servers;
  for (const std::string& text : split_list(options.k8s.apiserver)) {
    auto url = Url::parse(text);
    if (!url) return fail(url.error().code, "cluster.k8s.apiserver: " + url.error().message);
    servers.push_back(std::move(*url));
  }
  if (servers.empty()) return fail(Errc::invalid_argument, "cluster.k8s.apiserver names no server");
  return std::make_unique<K8sHandle>(
      std::make_shared<K8s>(io, options, std::move(servers), std::move(on_answer), log));
}

K8s::K8s(asio::io_context& io, const Options& options, std::vector<Url> servers, OnAnswer on_answer,
         Logger log)
    : io_(io),
      options_(options),
      naming_{.app = options.k8s.app_name,
              .address_type = options.k8s.address_type,
              .service = options.k8s.service_name,
              .ns = options.k8s.ns,
              .suffix = options.k8s.suffix},
      servers_(std::move(servers)),
      on_answer_(std::move(on_answer)),
      log_(log),
      timer_(io) {}

void K8s::stop() {
  stopped_ = true;
  timer_.cancel();
  if (cancel_watch_) cancel_watch_();
}

// ---------------------------------------------------------------- requests

std::string K8s::collection() const {
  const std::string& ns = options_.k8s.ns;
  if (source_ == Source::slices)
    return fmt::format("/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices", ns);
  if (source_ == Source::endpoints) return fmt::format("/api/v1/namespaces/{}/endpoints", ns);
  return fmt::format("/api/v1/namespaces/{}/endpoints/{}", ns, options_.k8s.service_name);
}

std::string K8s::selector() const {
  const std::string& service = options_.k8s.service_name;
  if (source_ == Source::slices) return "?labelSelector=kubernetes.io%2Fservice-name%3D" + service;
  return source_ == Source::endpoints ? "?fieldSelector=metadata.name%3D" + service : "";
}

/// Empty if there is none: an API server behind plain http may want none.
std::string K8s::token() const {
  std::ifstream file(options_.k8s.token_file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::erase_if(text, [](unsigned char c) { return c <= ' '; });
  return text;
}

Result<Tls> K8s::tls() const {
  const std::string& file = options_.k8s.cacertfile;
  const bool there = std::ifstream(file).good();
  auto tls = make_tls(there ? file : std::string());
  if (!tls) return fail(tls.error().code, fmt::format("{}: {}", file, tls.error().message));
  return tls;
}

HttpRequest K8s::request(std::string path) const {
  HttpRequest request;
  request.server = servers_[server_];
  request.method = "GET";
  request.path = std::move(path);
  if (std::string bearer = token(); !bearer.empty()) request.authorization = "Bearer " + std::move(bearer);
  return request;
}

// ---------------------------------------------------------------- listing

void K8s::ask() {
  if (listing_ || stopped_) return;
  if (watching_) {
    asio::post(io_, [self = shared_from_this()] {
      if (self->watching_ && !self->stopped_) self->answer_now();
    });
    return;
  }
  failures_.clear();
  list();
}

void K8s::list() {
  listing_ = true;
  timer_.cancel();
  auto context = tls();
  if (!context) {
    // Answers never come from within a question.
    asio::post(io_, [self = shared_from_this(), error = std::move(context.error())] {
      if (!self->stopped_) self->answer(tl::unexpected<Error>(error));
    });
    return;
  }
  http_send(io_, std::move(*context), request(collection() + selector()),
            [self = shared_from_this()](const Result<HttpAnswer>& got) {
              if (!self->stopped_) self->listed(got);
            });
}

void K8s::listed(const Result<HttpAnswer>& got) {
  if (!got) return failed(got.error().message);
  if (got->status != 200) return refused(*got);
  auto found = parse_k8s_list(got->body);
  if (!found) return failed(servers_[server_].text() + ": " + found.error().message);
  objects_.clear();
  for (K8sObject& object : found->objects) {
    std::string name = object.name;
    objects_.insert_or_assign(std::move(name), std::move(object));
  }
  version_ = found->version;
  answer_now();
  if (source_ != Source::one_object && may_watch_ && !stopped_) watch();
}

/// What an operator has to know of each refusal.
void K8s::refused(const HttpAnswer& got) {
  const K8sOptions& o = options_.k8s;
  const std::string said =
      fmt::format("{}: HTTP {}: {}", servers_[server_].text(), got.status, k8s_message(got.body));
  switch (got.status) {
    case 401:
      return failed(fmt::format("{}: the token in {} is not accepted", said, o.token_file));
    case 403:
      if (source_ != Source::one_object) return next_source(said);
      return failed(
          said +
          ": the service account needs a Role that may get, list and watch endpoints and endpointslices");
    case 404:
      if (source_ == Source::slices) return next_source(said);
      return failed(
          fmt::format("{}: is there a service '{}' in the namespace '{}'?", said, o.service_name, o.ns));
    case 410:
      version_.clear();
      return failed(said);
    default:
      return failed(said);
  }
}

void K8s::next_source(const std::string& why) {
  source_ = source_ == Source::slices ? Source::endpoints : Source::one_object;
  log_.info(
      "Discovery by k8s: {}: asking for {} instead", why,
      source_ == Source::endpoints ? "Endpoints" : "one Endpoints object, every cluster.discovery_interval");
  list();
}

void K8s::failed(const std::string& why) {
  server_ = (server_ + 1) % servers_.size();
  failures_.push_back(why);
  if (failures_.size() < servers_.size()) return list();
  // Rights may have been given meanwhile.
  source_ = Source::slices;
  may_watch_ = true;
  answer(fail(Errc::unreachable, fmt::format("{}", fmt::join(failures_, "; "))));
}

// ---------------------------------------------------------------- watching

void K8s::watch() {
  auto context = tls();
  if (!context) return again_soon();
  watching_ = true;
  watch_began_ = read_mono();
  const std::string path =
      fmt::format("{}{}&watch=1&allowWatchBookmarks=true&timeoutSeconds={}&resourceVersion={}", collection(),
                  selector(), watch_time.count(), version_);
  cancel_watch_ = http_follow(
      io_, std::move(*context), request(path), watch_time + watch_grace,
      [self = shared_from_this()](std::string_view line) {
        if (!self->stopped_) self->watched(line);
      },
      [self = shared_from_this()](const Result<HttpAnswer>& got) {
        if (!self->stopped_) self->watch_ended(got);
      });
}

void K8s::watched(std::string_view line) {
  auto event = parse_k8s_event(line);
  if (!event || event->kind == K8sEvent::Kind::error) {
    // 410 Gone: what happened since is forgotten there. Whatever else it is, a list says it better.
    version_.clear();
    cancel_watch_();
    watching_ = false;
    return again_soon();
  }
  if (!event->object.version.empty()) version_ = event->object.version;
  if (event->kind == K8sEvent::Kind::bookmark) return;
  std::string name = event->object.name;
  if (event->kind == K8sEvent::Kind::deleted) {
    objects_.erase(name);
  } else {
    objects_.insert_or_assign(std::move(name), std::move(event->object));
  }
  answer_now();
}

void K8s::watch_ended(const Result<HttpAnswer>& got) {
  watching_ = false;
  if (!got || got->status != 200) version_.clear();
  if (got && (got->status == 403 || got->status == 404 || got->status == 405)) {
    may_watch_ = false;
    log_.info(
        "Discovery by k8s: may list but not watch: HTTP {}: {}: asking every cluster.discovery_interval",
        got->status, k8s_message(got->body));
  }
  again_soon();
}

/// The pause grows while watches do not hold.
void K8s::again_soon() {
  if (read_mono() - watch_began_ >= good_watch) pause_ = Duration(0);
  const Duration pause = pause_;
  pause_ = std::clamp(pause_ * 2, pause_min, pause_max);
  timer_.expires_after(pause);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (error || self->stopped_ || self->listing_ || self->watching_) return;
    if (!self->version_.empty()) return self->watch();
    self->failures_.clear();
    self->list();
  });
}

// ---------------------------------------------------------------- answers

void K8s::answer_now() {
  Discovered found;
  found.complete = true;
  for (const auto& [name, object] : objects_) {
    for (const K8sEndpoint& endpoint : object.endpoints) {
      std::string node = k8s_node_name(naming_, endpoint);
      const bool known = std::find(found.nodes.begin(), found.nodes.end(), node) != found.nodes.end();
      if (is_node_name(node) && !known) found.nodes.push_back(std::move(node));
    }
  }
  look_for_self(found);
  if (source_ != Source::one_object && may_watch_) found.valid = watched_valid;
  answer(found);
}

/// The commonest mistake: the node calls itself otherwise than the others do.
void K8s::look_for_self(const Discovered& found) {
  const std::string& self = options_.node;
  if (told_self_ || std::find(found.nodes.begin(), found.nodes.end(), self) != found.nodes.end()) return;
  const std::string host = self.substr(self.find('@') + 1);
  const std::string first_label = host.substr(0, host.find('.'));
  for (const auto& [name, object] : objects_) {
    for (const K8sEndpoint& endpoint : object.endpoints) {
      std::string dashes = endpoint.ip;
      std::replace(dashes.begin(), dashes.end(), '.', '-');
      const bool same = endpoint.ip == host || dashes == first_label ||
                        (!endpoint.hostname.empty() && endpoint.hostname == first_label);
      if (!same) continue;
      told_self_ = true;
      const std::string called = k8s_node_name(naming_, endpoint);
      if (called.empty()) {
        return log_.warning(
            "Discovery by k8s: the pod {} has no hostname, as cluster.k8s.address_type = hostname needs: it "
            "must be of "
            "a StatefulSet with this headless service",
            endpoint.ip);
      }
      return log_.warning(
          "Discovery by k8s: others call this node '{}', but node.name = {}: set it so, or "
          "cluster.k8s.address_type, "
          "suffix and app_name",
          called, self);
    }
  }
}

void K8s::answer(const Result<Discovered>& found) {
  listing_ = false;
  on_answer_(found);
}

}  // namespace meshmq::discovery
