#include "config/run_file.hpp"

#include <fmt/format.h>

#include <fstream>
#include <map>

#include "config/value.hpp"

namespace meshmq::config {

std::string RunFile::text() const {
  return fmt::format(
      "pid = {}\nnode.name = {}\nnode.cookie = {}\nipv6 = {}\nepmd = {}\nepmd_port = {}\ndist_port = {}\n"
      "tls_file = {}\n",
      pid, node, cookie, ipv6, epmd, epmd_port, dist_port, tls_file);
}

Result<RunFile> RunFile::read(const std::string& data_dir) {
  const std::string path = data_dir + "/" + name;
  std::ifstream file(path);
  if (!file) return fail(Errc::not_found, "no node runs in " + data_dir + " (no " + path + ")");
  std::map<std::string, std::string> values;
  // Unlike in a configuration a value may hold anything but a line break: a cookie may have a #.
  for (std::string line; std::getline(file, line);) {
    const std::size_t separator = line.find(" = ");
    if (separator != std::string::npos) values[line.substr(0, separator)] = line.substr(separator + 3);
  }
  const auto number = [&](const char* key, std::int64_t max) {
    const auto value = parse_value(Type::integer, values[key], {0, max}, {});
    return value ? value->number : -1;
  };
  RunFile result{.node = values["node.name"],
                 .cookie = values["node.cookie"],
                 .ipv6 = values["ipv6"] == "true",
                 .epmd = values["epmd"] == "true",
                 .tls_file = values["tls_file"]};
  const std::int64_t pid = number("pid", INT32_MAX);
  const std::int64_t epmd_port = number("epmd_port", 65535);
  const std::int64_t dist_port = number("dist_port", 65535);
  if (result.node.empty() || pid < 0 || epmd_port < 0 || dist_port < 0) {
    return fail(Errc::malformed, path + " is damaged");
  }
  result.pid = static_cast<long>(pid);
  result.epmd_port = static_cast<std::uint16_t>(epmd_port);
  result.dist_port = static_cast<std::uint16_t>(dist_port);
  return result;
}

}  // namespace meshmq::config
