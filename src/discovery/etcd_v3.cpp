#include <openssl/evp.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <utility>

#include "discovery/etcd_api.hpp"

namespace meshmq::discovery {

namespace json = boost::json;
using boost::system::error_code;

std::string base64(std::string_view text) {
  std::string result((text.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  result.resize(static_cast<std::size_t>(size));
  return result;
}

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

std::string json_text_at(const std::string& body, std::string_view pointer) {
  error_code error;
  const json::value value = json::parse(body, error);
  if (error) return {};
  const json::value* found = value.find_pointer(pointer, error);
  if (found == nullptr) return {};
  return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
}

std::int64_t EtcdNames::ttl_s() const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options.node_ttl).count();
  return std::max<std::int64_t>(seconds, 1);
}

namespace {

/// Names live as long as a lease, which every question renews.
class V3 final : public EtcdApi {
 public:
  V3(const EtcdNames& names, EtcdCaller& caller) : names_(names), caller_(caller) {}

  void log_in(Next next) override {
    if (names_.options.user.empty() || !token_.empty()) return next();
    const json::object body{{"name", names_.options.user}, {"password", names_.options.password}};
    post("/v3/auth/authenticate", body, [this, next = std::move(next)](const HttpAnswer& answer) {
      token_ = json_text_at(answer.body, "/token");
      if (token_.empty()) return caller_.refused(answer, "no token");
      next();
    });
  }

  /// Written if nobody has; gone with its lease.
  void lock(std::function<void(bool)> next) override {
    post("/v3/lease/grant", json::object{{"TTL", EtcdNames::lock_ttl_s}},
         [this, next = std::move(next)](const HttpAnswer& granted) {
           lock_lease_ = json_text_at(granted.body, "/ID");
           const std::string key = base64(names_.directory + "/lock");
           const json::object free{{"key", key}, {"target", "CREATE"}, {"create_revision", "0"}};
           const json::object put{
               {"request_put",
                json::object{{"key", key}, {"value", base64(names_.node)}, {"lease", lock_lease_}}}};
           post("/v3/kv/txn", json::object{{"compare", json::array{free}}, {"success", json::array{put}}},
                [this, next](const HttpAnswer& answer) {
                  const bool mine = json_text_at(answer.body, "/succeeded") == "true";
                  if (!mine) unlock();
                  next(mine);
                });
         });
  }
  void unlock() override { revoke(std::exchange(lock_lease_, {})); }

  void enroll(Next next) override {
    if (lease_.empty()) return grant(std::move(next));
    post("/v3/lease/keepalive", json::object{{"ID", lease_}},
         [this, next = std::move(next)](const HttpAnswer& answer) {
           const std::string left = json_text_at(answer.body, "/result/TTL");
           if (left.empty() || left == "0") return grant(next);
           next();
         });
  }

  void list(std::function<void(std::vector<std::string>)> next) override {
    const std::string begin = names_.directory + "/nodes/";
    std::string end = begin;
    ++end.back();
    post("/v3/kv/range", json::object{{"key", base64(begin)}, {"range_end", base64(end)}},
         [this, next = std::move(next)](const HttpAnswer& answer) {
           error_code error;
           const json::value value = json::parse(answer.body, error);
           if (error) return caller_.refused(answer, "its list is no JSON");
           std::vector<std::string> nodes;
           const json::value* found = value.find_pointer("/kvs", error);
           if (found == nullptr || !found->is_array()) return next(std::move(nodes));
           for (const json::value& entry : found->get_array()) {
             const json::value* name = entry.find_pointer("/value", error);
             if (name != nullptr && name->is_string()) nodes.push_back(from_base64(name->get_string()));
           }
           next(std::move(nodes));
         });
  }

  void withdraw() override { revoke(std::exchange(lease_, {})); }
  void forget() override {
    lease_.clear();
    token_.clear();
  }

 private:
  void grant(Next next) {
    lease_.clear();
    post("/v3/lease/grant", json::object{{"TTL", names_.ttl_s()}},
         [this, next = std::move(next)](const HttpAnswer& answer) {
           lease_ = json_text_at(answer.body, "/ID");
           if (lease_.empty()) return caller_.refused(answer, "no lease");
           const std::string key = base64(names_.directory + "/nodes/" + names_.node);
           post("/v3/kv/put", json::object{{"key", key}, {"value", base64(names_.node)}, {"lease", lease_}},
                [next](const HttpAnswer&) { next(); });
         });
  }

  void revoke(const std::string& lease) {
    if (!lease.empty()) caller_.tell(request("/v3/lease/revoke", json::object{{"ID", lease}}));
  }

  HttpRequest request(std::string path, const json::object& body) const {
    HttpRequest request;
    request.path = std::move(path);
    request.body = json::serialize(body);
    request.authorization = token_;
    return request;
  }

  void post(std::string path, const json::object& body, EtcdCaller::Next next) {
    caller_.call(request(std::move(path), body), [this, next = std::move(next)](const HttpAnswer& answer) {
      if (answer.status == 200) return next(answer);
      // A token does not outlive its server.
      token_.clear();
      caller_.refused(answer, json_text_at(answer.body, "/error"));
    });
  }

  const EtcdNames& names_;
  EtcdCaller& caller_;
  std::string lease_;  ///< a number; empty: none
  std::string lock_lease_;
  std::string token_;
};

}  // namespace

std::unique_ptr<EtcdApi> make_etcd_v3(const EtcdNames& names, EtcdCaller& caller) {
  return std::make_unique<V3>(names, caller);
}

}  // namespace meshmq::discovery
