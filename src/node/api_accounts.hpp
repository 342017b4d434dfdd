#pragma once
// Who may use the management API: applications and administrators, the same on all nodes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "node/lww_rows.hpp"
#include "node/shared_tables.hpp"
#include "node/shared_writer.hpp"

namespace meshmq::node {

/// A program that asks with its id and its secret. The secret is kept as it is: operators read it again, as
/// in EMQ X.
struct Application {
  std::string secret{};
  std::string name{};
  std::string description{};
  bool enabled = true;
  std::int64_t expires_s = 0;  ///< seconds since 1970; 0: never

  bool usable(WallMillis now) const { return enabled && (expires_s == 0 || expires_s * 1000 > now); }
  std::string encode() const;
  static std::optional<Application> decode(std::string_view bytes);
};

/// Somebody who logs in with a password.
struct Administrator {
  std::string hash{};  ///< as src/sasl makes and reads it
  std::string tags{};  ///< a remark

  std::string encode() const;
  static std::optional<Administrator> decode(std::string_view bytes);
};

/// Last-writer-wins tables that every node has; a row that cannot be read counts as absent. Thread rule: one
/// owner.
class ApiAccounts {
 public:
  ApiAccounts(SharedTables& shared, SharedWriter& writer);
  ApiAccounts(const ApiAccounts&) = delete;
  ApiAccounts& operator=(const ApiAccounts&) = delete;

  std::optional<Application> application(std::string_view id) const;
  void put_application(std::string_view id, const Application& application, Now now);
  bool remove_application(std::string_view id, Now now);
  /// By id.
  std::vector<std::pair<std::string, Application>> applications() const;

  std::optional<Administrator> administrator(std::string_view username) const;
  void put_administrator(std::string_view username, const Administrator& administrator, Now now);
  bool remove_administrator(std::string_view username, Now now);
  /// By name.
  std::vector<std::pair<std::string, Administrator>> administrators() const;

 private:
  SharedWriter& writer_;
  LwwRows applications_;
  LwwRows administrators_;
};

}  // namespace meshmq::node
