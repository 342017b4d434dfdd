#pragma once
// Where a node speaks of itself.

#include <string>
#include <string_view>

namespace meshmq::broker {

/// `$SYS/brokers/<node>/<rest>`
inline std::string system_topic(std::string_view node, std::string_view rest) {
  std::string topic = "$SYS/brokers/";
  return topic.append(node).append("/").append(rest);
}

}  // namespace meshmq::broker
