#include "discovery/static_seeds.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace meshmq::discovery {

Result<std::unique_ptr<Provider>> StaticSeeds::make(boost::asio::io_context& io, std::string_view seeds,
                                                    OnAnswer on_answer) {
  std::vector<std::string> names = split_list(seeds);
  if (names.empty()) return fail(Errc::invalid_argument, "cluster.static.seeds names no node");
  for (const std::string& name : names) {
    if (is_node_name(name)) continue;
    return fail(Errc::invalid_argument,
                "cluster.static.seeds: '" + name + "' is no name of a node (name@host)");
  }
  return std::make_unique<StaticSeeds>(io, std::move(names), std::move(on_answer));
}

void StaticSeeds::ask() {
  boost::asio::post(io_, [weak = std::weak_ptr<OnAnswer>(on_answer_), seeds = seeds_] {
    if (const auto on_answer = weak.lock()) (*on_answer)(Discovered{.nodes = seeds});
  });
}

}  // namespace meshmq::discovery
