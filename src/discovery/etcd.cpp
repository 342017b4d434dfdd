#include "discovery/etcd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstdlib>
#include <tuple>
#include <utility>

namespace meshmq::discovery {

using boost::system::error_code;

namespace {

constexpr auto lock_pause = std::chrono::seconds(1);

class EtcdHandle final : public Provider {
 public:
  explicit EtcdHandle(std::shared_ptr<Etcd> etcd) : etcd_(std::move(etcd)) {}
  ~EtcdHandle() override { etcd_->stop(); }
  void ask() override { etcd_->ask(); }
  void settled() override { etcd_->settled(); }
  void withdraw() override { etcd_->withdraw(); }

 private:
  std::shared_ptr<Etcd> etcd_;
};

/// The JSON gateway of API v3 has its final name since etcd 3.4, which no longer speaks v2 unless told to.
bool speaks_v3(const std::string& version) {
  char* end = nullptr;
  const long major = std::strtol(version.c_str(), &end, 10);
  const long minor = *end == '.' ? std::strtol(end + 1, nullptr, 10) : 0;
  return version.empty() || std::tuple(major, minor) >= std::tuple(3L, 4L);
}

}  // namespace

Result<std::unique_ptr<Provider>> Etcd::make(boost::asio::io_context& io, const Options& options,
                                             OnAnswer on_answer) {
  std::vector<Url> servers;
  for (const std::string& text : split_list(options.etcd.server)) {
    auto url = Url::parse(text);
    if (!url) return fail(url.error().code, "cluster.etcd.server: " + url.error().message);
    servers.push_back(std::move(*url));
  }
  if (servers.empty()) return fail(Errc::invalid_argument, "cluster.etcd.server names no server");
  auto etcd = std::make_shared<Etcd>(io, options, std::move(servers), std::move(on_answer));
  if (auto read = etcd->read_certificates(); !read) return tl::unexpected<Error>(std::move(read.error()));
  return std::make_unique<EtcdHandle>(std::move(etcd));
}

Etcd::Etcd(boost::asio::io_context& io, const Options& options, std::vector<Url> servers, OnAnswer on_answer)
    : io_(io),
      names_{.node = options.node,
             .directory = options.etcd.prefix + "/" + options.cluster,
             .options = options.etcd},
      interval_(options.interval),
      servers_(std::move(servers)),
      on_answer_(std::move(on_answer)),
      timer_(io) {
  if (!names_.options.lock) lock_tries_left_ = 0;
}

Result<void> Etcd::read_certificates() {
  const EtcdOptions& o = names_.options;
  const auto failed_at = [](std::string_view key, const std::string& path, const std::string& why) {
    return fail(Errc::io, fmt::format("cluster.etcd.ssl.{}: {}: {}", key, path, why));
  };
  auto tls = make_tls(o.cacertfile);
  if (!tls) return failed_at("cacertfile", o.cacertfile, tls.error().message);
  tls_ = std::move(*tls);
  error_code error;
  if (!o.certfile.empty()) tls_->use_certificate_chain_file(o.certfile, error);
  if (error) return failed_at("certfile", o.certfile, error.message());
  if (!o.keyfile.empty()) tls_->use_private_key_file(o.keyfile, boost::asio::ssl::context::pem, error);
  if (error) return failed_at("keyfile", o.keyfile, error.message());
  return {};
}

// ---------------------------------------------------------------- steps of a question

void Etcd::ask() {
  if (std::exchange(asking_, true)) return;
  failures_.clear();
  if (std::exchange(choose_again_, false)) api_.reset();
  begin();
}

void Etcd::begin() {
  ++question_;
  if (!api_) return choose_api();
  api_->log_in([this] { lock(); });
}

void Etcd::choose_api() {
  const std::string& version = names_.options.version;
  if (version != "auto") return use_api(version == "v3");
  HttpRequest request;
  request.method = "GET";
  request.path = "/version";
  call(std::move(request), [this](const HttpAnswer& answer) {
    const std::string server =
        answer.status == 200 ? json_text_at(answer.body, "/etcdserver") : std::string();
    use_api(speaks_v3(server));
  });
}

void Etcd::use_api(bool v3) {
  is_v3_ = v3;
  api_ = v3 ? make_etcd_v3(names_, *this) : make_etcd_v2(names_, *this);
  begin();
}

void Etcd::lock() {
  if (lock_tries_left_ == 0 || holds_lock_) return enroll();
  api_->lock([this](bool mine) {
    holds_lock_ = mine;
    if (mine || --lock_tries_left_ == 0) return enroll();
    timer_.expires_after(lock_pause);
    timer_.async_wait([self = shared_from_this(), question = question_](error_code error) {
      if (!error && !self->stopped_ && question == self->question_) self->lock();
    });
  });
}

void Etcd::enroll() {
  api_->enroll([this] { api_->list([this](std::vector<std::string> nodes) { listed(std::move(nodes)); }); });
}

void Etcd::listed(std::vector<std::string> nodes) {
  Discovered found;
  found.complete = true;
  for (std::string& node : nodes) {
    if (is_node_name(node)) found.nodes.push_back(std::move(node));
  }
  if (std::find(found.nodes.begin(), found.nodes.end(), names_.node) == found.nodes.end()) api_->forget();
  // The name must not run out between two questions.
  found.valid = std::min(interval_, names_.options.node_ttl / 4);
  answer(found);
}

/// The lock is of no use any more, whether this node had it or not.
void Etcd::settled() {
  lock_tries_left_ = 0;
  if (std::exchange(holds_lock_, false) && api_) api_->unlock();
}

void Etcd::withdraw() {
  ++question_;
  asking_ = false;
  settled();
  if (api_) api_->withdraw();
}

void Etcd::stop() {
  stopped_ = true;
  timer_.cancel();
}

// ---------------------------------------------------------------- one request

void Etcd::call(HttpRequest request, EtcdCaller::Next next) {
  request.server = servers_[server_];
  http_send(io_, tls_, std::move(request),
            [self = shared_from_this(), question = question_,
             next = std::move(next)](const Result<HttpAnswer>& got) {
              if (self->stopped_ || question != self->question_) return;
              if (!got) return self->failed(got.error().message, false);
              next(*got);
            });
}

void Etcd::tell(HttpRequest request) {
  request.server = servers_[server_];
  http_send(io_, tls_, std::move(request), [self = shared_from_this()](const Result<HttpAnswer>&) {});
}

void Etcd::refused(const HttpAnswer& answer, const std::string& why) {
  // An etcd of 3.4 may have been told to speak v2 alone.
  constexpr unsigned not_found = 404;
  const bool no_gateway = is_v3_ && answer.status == not_found && names_.options.version == "auto";
  if (no_gateway && why.empty()) {
    // Not at once: it is the API that calls.
    boost::asio::post(io_, [self = shared_from_this(), question = question_] {
      if (!self->stopped_ && question == self->question_) self->use_api(false);
    });
    return;
  }
  failed(fmt::format("{}: HTTP {}: {}", servers_[server_].text(), answer.status,
                     why.empty() ? answer.body.substr(0, 200) : why),
         true);
}

/// `spoke`: there was an answer, so that it is etcd that is not content.
void Etcd::failed(const std::string& why, bool spoke) {
  server_ = (server_ + 1) % servers_.size();
  failures_.push_back(why);
  if (failures_.size() < servers_.size()) return begin();
  // Whatever is wrong with what was granted, something new is not.
  if (spoke && api_) api_->forget();
  choose_again_ = spoke;
  answer(fail(Errc::unreachable, fmt::format("{}", fmt::join(failures_, "; "))));
}

void Etcd::answer(const Result<Discovered>& found) {
  asking_ = false;
  on_answer_(found);
}

}  // namespace meshmq::discovery
