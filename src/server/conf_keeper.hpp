#pragma once
// What `conf set`, `conf reload` and SIGHUP do to a running node.

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "admin/configuration.hpp"
#include "base/log.hpp"
#include "config/load.hpp"
#include "server/data_dir.hpp"

namespace meshmq::server {

/// One key that has another value now, or will have it after a restart. Secrets are not in it.
struct SettingChange {
  std::string key{};
  std::string before{};
  std::string after{};
  std::string origin{};  ///< of what counts now: a line of a file, ..., `default`
  bool now = false;
};

/// Keeps the sources of the configuration and what of them holds. A change is a change of a source: all
/// sources are put together and checked as at the start; what counts while the node runs is given to it, the
/// rest waits for a restart. Whatever is wrong changes nothing. Thread rule: one owner, the control thread.
class ConfKeeper final : public admin::Configuration {
 public:
  struct Applied {
    const config::Config& config;
    const std::set<std::string>& keys;  ///< that have other values
  };
  /// Gives the node another configuration, which differs only in what may change while it runs.
  using Apply = std::function<void(const Applied&)>;

  /// `running`: what the node was started with, of `request`. `data` must outlive it.
  ConfKeeper(config::Request request, config::Merged running, std::string node, const DataDir& data,
             Logger log, Apply apply);

  /// Told of each change that is kept.
  std::function<void(const SettingChange&)> on_change;

  std::vector<admin::ConfigEntry> entries() const override;
  std::vector<admin::ConfigChange> change(const admin::ConfigValues& values) override;
  std::vector<admin::ConfigChange> try_for_cluster(const admin::ConfigValues& values) const override;
  std::vector<admin::ConfigChange> reload() override;
  std::string hint(std::string_view key) const override;

  /// Values of these keys for the whole cluster have changed; an empty one: there is none any more. What this
  /// node cannot do is logged, and left out.
  void cluster_changed(const admin::ConfigValues& values);

 private:
  /// What would become of other sources.
  struct Plan {
    config::Layers layers;
    config::Merged desired;
    config::Loaded effective;
    std::set<std::string> hot;  ///< keys that change now
    std::set<std::string> cold;
    std::vector<std::string> errors;
  };
  Plan plan(config::Layers layers) const;
  std::vector<admin::ConfigChange> outcome(const Plan& plan, const admin::ConfigValues& values) const;
  std::vector<admin::ConfigChange> refused(const std::vector<std::string>& errors) const;
  /// Those that no source can make hold; empty: all can.
  std::vector<admin::ConfigChange> unusable(const admin::ConfigValues& values) const;
  std::string obstacle(const std::string& key, const std::string& value) const;
  void tell(const Plan& plan) const;
  Result<void> carry_out(Plan plan);
  Result<void> save(const config::Saved& saved) const;
  bool take_for_cluster(const admin::ConfigValues& values);

  const config::Request request_;
  const std::string node_;
  const DataDir& data_;
  const Logger log_;
  const Apply apply_;
  config::Layers layers_;
  config::Merged running_;  ///< what holds
  config::Merged desired_;  ///< what would after a restart
};

}  // namespace meshmq::server
