#include "discovery/etcd.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <boost/asio/ssl/context.hpp>
#include <boost/json.hpp>
#include <utility>

namespace meshmq::discovery {

namespace json = boost::json;
using boost::system::error_code;

namespace {

class Handle final : public Provider {
 public:
  explicit Handle(std::shared_ptr<Etcd> etcd) : etcd_(std::move(etcd)) {}
  ~Handle() override { etcd_->stop(); }
  void ask() override { etcd_->ask(); }
  void withdraw() override { etcd_->withdraw(); }

 private:
  std::shared_ptr<Etcd> etcd_;
};

std::string base64(std::string_view text) {
  std::string result((text.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  result.resize(static_cast<std::size_t>(size));
  return result;
}

/// Empty if it is none.
std::string from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return {};
  std::string result(text.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return {};
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  result.resize(static_cast<std::size_t>(size) - padding);
  return result;
}

/// The text or number at this place; empty if there is none.
std::string text_at(const std::string& body, std::string_view pointer) {
  error_code error;
  const json::value value = json::parse(body, error);
  if (error) return {};
  const json::value* found = value.find_pointer(pointer, error);
  if (found == nullptr) return {};
  return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
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
  return std::make_unique<Handle>(std::move(etcd));
}

Etcd::Etcd(boost::asio::io_context& io, const Options& options, std::vector<Url> servers, OnAnswer on_answer)
    : io_(io), options_(options), servers_(std::move(servers)), on_answer_(std::move(on_answer)) {}

Result<void> Etcd::read_certificates() {
  const EtcdOptions& o = options_.etcd;
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

std::string Etcd::directory() const {
  return fmt::format("{}/{}/nodes/", options_.etcd.prefix, options_.cluster);
}

// ---------------------------------------------------------------- steps of a question

void Etcd::ask() {
  if (std::exchange(asking_, true)) return;
  failures_ = 0;
  begin();
}

void Etcd::begin() {
  ++question_;
  if (!options_.etcd.user.empty() && token_.empty()) return log_in();
  if (lease_.empty()) return grant();
  keep_alive();
}

void Etcd::log_in() {
  const json::object body{{"name", options_.etcd.user}, {"password", options_.etcd.password}};
  post("/v3/auth/authenticate", json::serialize(body), [this](const std::string& answered) {
    token_ = text_at(answered, "/token");
    if (token_.empty()) return failed("no token");
    begin();
  });
}

void Etcd::keep_alive() {
  post("/v3/lease/keepalive", json::serialize(json::object{{"ID", lease_}}),
       [this](const std::string& answered) {
         const std::string left = text_at(answered, "/result/TTL");
         if (left.empty() || left == "0") return grant();
         list();
       });
}

void Etcd::grant() {
  lease_.clear();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.etcd.node_ttl).count();
  const json::object body{{"TTL", std::max<std::int64_t>(seconds, 1)}};
  post("/v3/lease/grant", json::serialize(body), [this](const std::string& answered) {
    lease_ = text_at(answered, "/ID");
    if (lease_.empty()) return failed("no lease");
    write();
  });
}

void Etcd::write() {
  const json::object body{
      {"key", base64(directory() + options_.node)}, {"value", base64(options_.node)}, {"lease", lease_}};
  post("/v3/kv/put", json::serialize(body), [this](const std::string&) { list(); });
}

void Etcd::list() {
  std::string end = directory();
  ++end.back();
  const json::object body{{"key", base64(directory())}, {"range_end", base64(end)}};
  post("/v3/kv/range", json::serialize(body), [this](const std::string& answered) { listed(answered); });
}

void Etcd::listed(const std::string& body) {
  Discovered found;
  found.complete = true;
  error_code error;
  const json::value value = json::parse(body, error);
  if (error) return failed("its list is no JSON");
  const json::value* nodes = value.find_pointer("/kvs", error);
  if (nodes != nullptr && nodes->is_array()) {
    for (const json::value& entry : nodes->get_array()) {
      const json::value* name = entry.find_pointer("/value", error);
      if (name == nullptr || !name->is_string()) continue;
      if (std::string node = from_base64(name->get_string()); is_node_name(node))
        found.nodes.push_back(std::move(node));
    }
  }
  if (std::find(found.nodes.begin(), found.nodes.end(), options_.node) == found.nodes.end()) lease_.clear();
  // The lease must not run out between two questions.
  if (options_.etcd.node_ttl < std::chrono::seconds(20)) found.valid = options_.etcd.node_ttl / 4;
  answer(found);
}

void Etcd::withdraw() {
  ++question_;
  asking_ = false;
  const std::string lease = std::exchange(lease_, {});
  if (lease.empty()) return;
  http_send(io_, tls_,
            {.server = servers_[server_],
             .path = "/v3/lease/revoke",
             .body = json::serialize(json::object{{"ID", lease}}),
             .authorization = token_},
            [self = shared_from_this()](const Result<HttpAnswer>&) {});
}

// ---------------------------------------------------------------- one request

void Etcd::post(std::string path, std::string body, Next next) {
  http_send(io_, tls_,
            {.server = servers_[server_],
             .path = std::move(path),
             .body = std::move(body),
             .authorization = token_},
            [self = shared_from_this(), question = question_,
             next = std::move(next)](const Result<HttpAnswer>& got) {
              if (self->stopped_ || question != self->question_) return;
              if (!got) return self->failed(got.error().message);
              if (got->status == 200) return next(got->body);
              const std::string why = text_at(got->body, "/error");
              self->failed(fmt::format("{}: HTTP {}: {}", self->servers_[self->server_].text(), got->status,
                                       why.empty() ? got->body.substr(0, 200) : why));
            });
}

void Etcd::failed(const std::string& why) {
  token_.clear();
  server_ = (server_ + 1) % servers_.size();
  if (++failures_ < servers_.size()) return begin();
  // Whatever is wrong with the lease, a new one is not.
  if (why.find("HTTP") != std::string::npos) lease_.clear();
  answer(fail(Errc::unreachable, why));
}

void Etcd::answer(const Result<Discovered>& found) {
  asking_ = false;
  on_answer_(found);
}

}  // namespace meshmq::discovery
