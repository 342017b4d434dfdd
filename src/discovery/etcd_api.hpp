#pragma once
// The words of etcd: API v3 through its JSON gateway, and the keys of API v2. For this folder's own files.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/http.hpp"
#include "discovery/provider.hpp"

namespace meshmq::discovery {

/// How requests leave. Answers and failures belong to the question under way: they are not heard when it is
/// over.
class EtcdCaller {
 public:
  using Next = std::function<void(const HttpAnswer&)>;

  virtual ~EtcdCaller() = default;
  /// `next` hears the answer, whatever its status; if there is none the question fails by itself. `server`
  /// and TLS are filled in.
  virtual void call(HttpRequest request, Next next) = 0;
  /// Nobody hears the answer.
  virtual void tell(HttpRequest request) = 0;
  /// The question fails at this server.
  virtual void refused(const HttpAnswer& answer, const std::string& why) = 0;
};

/// One API. Each step calls its `next`, or EtcdCaller::refused(). Thread rule: the loop's thread.
class EtcdApi {
 public:
  using Next = std::function<void()>;

  virtual ~EtcdApi() = default;
  /// Who this node is, where users have passwords.
  virtual void log_in(Next next) = 0;
  /// `next` hears whether this node holds the lock now.
  virtual void lock(std::function<void(bool)> next) = 0;
  virtual void unlock() = 0;
  /// Writes this node's name, or keeps it from running out.
  virtual void enroll(Next next) = 0;
  virtual void list(std::function<void(std::vector<std::string>)> next) = 0;
  /// Takes the name away.
  virtual void withdraw() = 0;
  /// This node's name is not in the list: whatever was granted is no good.
  virtual void forget() = 0;
};

/// What both need; outlives them.
struct EtcdNames {
  std::string node;
  std::string directory;  ///< <prefix>/<cluster>
  EtcdOptions options;

  std::int64_t ttl_s() const;
  /// A lock that its holder did not give back is free after so long, as in EMQ X 4.3.
  static constexpr std::int64_t lock_ttl_s = 30;
};

std::unique_ptr<EtcdApi> make_etcd_v3(const EtcdNames& names, EtcdCaller& caller);
std::unique_ptr<EtcdApi> make_etcd_v2(const EtcdNames& names, EtcdCaller& caller);

/// The text or number at this place of a JSON text; empty if there is none.
std::string json_text_at(const std::string& body, std::string_view pointer);
std::string base64(std::string_view text);
/// Empty if it is none.
std::string from_base64(std::string_view text);
/// As it may stand in a path or a form.
std::string percent_encoded(std::string_view text);

}  // namespace meshmq::discovery
