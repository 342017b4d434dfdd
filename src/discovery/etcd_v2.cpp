#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>

#include "discovery/etcd_api.hpp"

namespace meshmq::discovery {

namespace json = boost::json;
using boost::system::error_code;

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view plain = "-._~@";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || plain.find(c) != plain.npos) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", byte);
    }
  }
  return result;
}

namespace {

constexpr unsigned ok = 200;
constexpr unsigned created = 201;
constexpr unsigned no_content = 204;

/// Names are keys that run out, written anew by every question. The same requests as EMQ X 4.3's.
class V2 final : public EtcdApi {
 public:
  V2(const EtcdNames& names, EtcdCaller& caller) : names_(names), caller_(caller) {}

  void log_in(Next next) override { next(); }

  void lock(std::function<void(bool)> next) override {
    const std::string form =
        fmt::format("ttl={}&prevExist=false&value={}", EtcdNames::lock_ttl_s, percent_encoded(names_.node));
    caller_.call(put(key("lock"), form), [this, next = std::move(next)](const HttpAnswer& answer) {
      constexpr unsigned precondition_failed = 412;
      if (answer.status == precondition_failed) return next(false);
      if (fine(answer)) next(true);
    });
  }
  void unlock() override {
    caller_.tell(
        request("DELETE", key("lock") + "?prevExist=true&prevValue=" + percent_encoded(names_.node)));
  }

  void enroll(Next next) override {
    const std::string form = fmt::format("ttl={}&value={}", names_.ttl_s(), percent_encoded(names_.node));
    caller_.call(put(own_key(), form), [this, next = std::move(next)](const HttpAnswer& answer) {
      if (fine(answer)) next();
    });
  }

  void list(std::function<void(std::vector<std::string>)> next) override {
    caller_.call(request("GET", key("nodes") + "?recursive=true"),
                 [this, next = std::move(next)](const HttpAnswer& answer) {
                   if (!fine(answer)) return;
                   error_code error;
                   const json::value value = json::parse(answer.body, error);
                   if (error) return caller_.refused(answer, "its list is no JSON");
                   next(names_in(value));
                 });
  }

  void withdraw() override { caller_.tell(request("DELETE", own_key())); }
  void forget() override {}

 private:
  /// What is behind the last slash of each key.
  static std::vector<std::string> names_in(const json::value& value) {
    std::vector<std::string> result;
    error_code error;
    const json::value* nodes = value.find_pointer("/node/nodes", error);
    if (nodes == nullptr || !nodes->is_array()) return result;
    for (const json::value& entry : nodes->get_array()) {
      const json::value* key = entry.find_pointer("/key", error);
      if (key == nullptr || !key->is_string()) continue;
      const std::string path(key->get_string());
      result.push_back(path.substr(path.rfind('/') + 1));
    }
    return result;
  }

  std::string key(std::string_view last) const {
    return fmt::format("/v2/keys/{}/{}", names_.directory, last);
  }
  std::string own_key() const { return key("nodes/" + percent_encoded(names_.node)); }

  HttpRequest request(std::string method, std::string path) const {
    HttpRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    const EtcdOptions& o = names_.options;
    if (!o.user.empty()) request.authorization = "Basic " + base64(o.user + ":" + o.password);
    return request;
  }
  HttpRequest put(std::string path, std::string form) const {
    HttpRequest result = request("PUT", std::move(path));
    result.body = std::move(form);
    result.content_type = "application/x-www-form-urlencoded";
    return result;
  }

  bool fine(const HttpAnswer& answer) {
    if (answer.status == ok || answer.status == created || answer.status == no_content) return true;
    caller_.refused(answer, json_text_at(answer.body, "/message"));
    return false;
  }

  const EtcdNames& names_;
  EtcdCaller& caller_;
};

}  // namespace

std::unique_ptr<EtcdApi> make_etcd_v2(const EtcdNames& names, EtcdCaller& caller) {
  return std::make_unique<V2>(names, caller);
}

}  // namespace meshmq::discovery
