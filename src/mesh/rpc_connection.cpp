#include "mesh/rpc_connection.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "erldist/peer.hpp"
#include "erldist/services.hpp"
#include "mesh/dial.hpp"
#include "mesh/link.hpp"

namespace meshmq::mesh {

namespace asio = boost::asio;
using cluster::LinkError;

namespace {

constexpr Duration tick_time = std::chrono::seconds(60);

}  // namespace

tl::expected<erldist::Term, DialError> rpc_call(const RpcTarget& target, std::string_view module,
                                                std::string_view function,
                                                std::vector<erldist::Term> arguments, Duration wait) {
  asio::io_context io;
  const auto name = erldist::parse_node_name(target.node);
  if (!name)
    return tl::unexpected<DialError>({LinkError::unknown_host, "'" + target.node + "' is not name@host"});
  MeshOptions options;
  options.epmd = target.epmd;
  options.epmd_port = target.epmd_port;
  options.port_min = target.dist_port;
  options.ipv6 = target.ipv6;
  options.tls = target.tls;
  const std::string self = "meshmq_ctl" + std::to_string(getpid()) + "@" + name->host;
  const std::uint32_t creation = random_challenge() | 1;

  std::optional<tl::expected<erldist::Term, DialError>> result;
  const auto finish = [&](tl::expected<erldist::Term, DialError> value) {
    if (!result) result = std::move(value);
    io.stop();
  };
  erldist::RpcClient client(self, creation);
  std::shared_ptr<Link> link;
  asio::steady_timer deadline(io, wait);
  deadline.async_wait([&](boost::system::error_code error) {
    if (!error) finish(tl::unexpected<DialError>({LinkError::timed_out, "no answer in time"}));
  });
  asio::steady_timer ticker(io);

  const auto connected = [&](tl::expected<Called, DialError> called) {
    if (!called) return finish(tl::unexpected<DialError>(called.error()));
    link = std::make_shared<Link>(std::move(called->wire), called->peer, options, tick_time);
    Link::Events events;
    events.frame = [&](std::string_view body) {
      const auto message = erldist::decode_control(body);
      if (!message) return;
      if (client.handle(*message, link->output())) return finish(client.result());
      link->sent();
    };
    events.down = [&](LinkError error, const std::string& detail) {
      finish(tl::unexpected<DialError>({error, detail}));
    };
    link->start(std::move(events), std::move(called->rest));
    link->send(client.call(module, function, std::move(arguments)));
  };
  const std::function<void(boost::system::error_code)> tick = [&](boost::system::error_code error) {
    if (error) return;
    if (link) link->tick(read_now());
    ticker.expires_after(std::chrono::seconds(1));
    ticker.async_wait(tick);
  };
  tick({});
  const erldist::Identity identity{self, target.cookie, erldist::flag::ours, creation};
  std::make_shared<Dial>(io, options, identity, target.node, connected)->start();
  io.run();
  if (link) link->close(LinkError::closed, "done");
  return std::move(*result);
}

}  // namespace meshmq::mesh
