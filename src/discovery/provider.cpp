#include "discovery/provider.hpp"

#include "discovery/dns.hpp"
#include "discovery/etcd.hpp"
#include "discovery/k8s.hpp"
#include "discovery/mcast.hpp"
#include "discovery/static_seeds.hpp"

namespace meshmq::discovery {

std::vector<std::string> split_list(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  std::vector<std::string> result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, end);
    part.remove_prefix(std::min(part.find_first_not_of(blanks), part.size()));
    part = part.substr(0, part.find_last_not_of(blanks) + 1);
    if (!part.empty()) result.emplace_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

bool is_node_name(std::string_view name) {
  const std::size_t at = name.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < name.size() && name.size() <= 255 &&
         name.find_first_of(" \t\r\n,'\"", 0) == std::string_view::npos &&
         name.find('@', at + 1) == name.npos;
}

Result<std::unique_ptr<Provider>> make_provider(boost::asio::io_context& io, const Options& options,
                                                OnAnswer on_answer, Logger log) {
  if (options.provider == "manual") return std::unique_ptr<Provider>();
  if (options.provider == "static") return StaticSeeds::make(io, options.seeds, std::move(on_answer));
  if (options.provider == "mcast") return Mcast::make(io, options, std::move(on_answer), log);
  if (options.provider == "dns") return Dns::make(io, options.dns, std::move(on_answer));
  if (options.provider == "etcd") return Etcd::make(io, options, std::move(on_answer));
  if (options.provider == "k8s") return K8s::make(io, options, std::move(on_answer), log);
  return fail(Errc::unsupported, "cluster.discovery = " + options.provider + " is not known");
}

}  // namespace meshmq::discovery
