// First inputs in the words that nodes and Erlang use among themselves.

#include <memory>
#include <string>
#include <vector>

#include "broker/session_image.hpp"
#include "cluster/forward.hpp"
#include "cluster/membership.hpp"
#include "cluster/wire.hpp"
#include "erldist/epmd.hpp"
#include "erldist/frame.hpp"
#include "erldist/handshake.hpp"
#include "erldist/peer.hpp"
#include "erldist/term.hpp"
#include "mqtt/message.hpp"
#include "node/exclusive_rows.hpp"
#include "node/session_wire.hpp"
#include "node/will_rows.hpp"
#include "seeds.hpp"

namespace meshmq::fuzz {

namespace {

using cluster::ClusterId;
using erldist::Term;

/// The first byte says which decoder shall read it.
std::string of_kind(char kind, std::string_view bytes) {
  return std::string(1, kind) + std::string(bytes);
}

void add_control_frames(Seeds& seeds) {
  namespace wire = cluster::wire;
  const cluster::MemberRecords records = {{"a@10.0.0.1", {.standing = cluster::Standing::member}},
                                          {"b@10.0.0.2", {.standing = cluster::Standing::cleaned}}};
  const std::vector<cluster::LogEntry> entries = {{.key = "t/#", .value = "v"},
                                                  {.add = false, .key = "k", .value = ""}};
  const std::vector<wire::Frame> frames = {
      wire::Hello{.incarnation = 7, .records = records},
      wire::View{ClusterId(3), records},
      wire::Left{.cluster = ClusterId(3), .since = {}},
      wire::JoinRequest{},
      wire::JoinAccept{ClusterId(3), records, {"a@10.0.0.1"}},
      wire::JoinRefuse{"no"},
      wire::SyncRequest{7, 9},
      wire::Append{7, 9, entries},
      wire::SnapshotPart{.incarnation = 7, .seq = 9, .first = true, .last = true, .rows = entries},
      wire::SnapshotAck{9},
      wire::Ack{7, 9},
      wire::Digest{7, 9, {{cluster::LogEntry::Table::routes, {2, 5}}}},
      wire::SharedRequest{},
      wire::SharedPart{true, {{"k", {1, 2}, "v"}}},
      wire::Message{"bytes"},
      wire::VerifyRequest{1},
      wire::VerifyReply{.id = 1,
                        .records = records,
                        .owners = {{"a@10.0.0.1", {7, 9, {{cluster::LogEntry::Table::routes, {2, 5}}}}}},
                        .shared = {{1, {2, 5}}}},
      wire::Resync{"a@10.0.0.1"},
  };
  for (const wire::Frame& frame : frames) seeds.add("cluster_wire", of_kind(0, wire::encode(frame)));
}

void add_session_frames(Seeds& seeds) {
  namespace wire = node::wire;
  const std::vector<wire::Frame> frames = {
      wire::TakeOver{.request = 1, .stamp = {1, 2}, .clean_start = true, .client_id = "c"},
      wire::Answer{.request = 1, .outcome = wire::Outcome::moved, .node = "b@10.0.0.2"},
      wire::Image{.request = 1, .last = true, .bytes = "image"},
      wire::Relay{.request = 1, .bytes = "m"},
      wire::Adopted{1},
      wire::CaughtUp{1},
      wire::Over{1},
      wire::Kick{"c"},
  };
  for (const wire::Frame& frame : frames) seeds.add("cluster_wire", of_kind(3, wire::encode(frame)));
}

void add_images(Seeds& seeds) {
  cluster::Membership membership("meshmq@10.0.0.1", ClusterId(3));
  membership.merge({{"b@10.0.0.2", {.standing = cluster::Standing::member}}});
  seeds.add("cluster_wire", of_kind(1, membership.image()));

  cluster::ForwardSender sender({.incarnation = 7, .node = "a@10.0.0.1", .worker = 1},
                                std::chrono::seconds(1));
  seeds.add("cluster_wire", of_kind(2, sender.link_up()));
  seeds.add("cluster_wire", of_kind(2, cluster::encode_forward_welcome(9)));
  (void)sender.welcome(0);
  sender.push_numbered(1, false, {}, [](std::string& out) { out += "one"; });
  sender.push_unnumbered(false, [](std::string& out) { out += "two"; });
  seeds.add("cluster_wire", of_kind(2, sender.take_frame(5)));

  const auto message = mqtt::Message::make({.topic = "t/1",
                                            .payload = "payload",
                                            .properties = {},
                                            .publisher = "p",
                                            .qos = mqtt::QoS::at_least_once,
                                            .expiry_s = 60,
                                            .created_at = 1000});
  std::string encoded;
  message->encode(encoded);
  seeds.add("cluster_wire", of_kind(4, encoded));

  broker::Session session;
  session.client_id = "c";
  session.expiry_s = 100;
  seeds.add("cluster_wire",
            of_kind(5, broker::session_image(session, nullptr, {TimePoint(Duration(1000)), 1000})));
  session.disconnected_at = 900;
  session.will = std::make_unique<broker::PendingWill>(
      broker::PendingWill{mqtt::Message::make({.topic = "w", .payload = "x"}), 5});
  seeds.add("cluster_wire",
            of_kind(5, broker::resting_image(session, nullptr, {TimePoint(Duration(1000)), 1000})));
  seeds.add("cluster_wire", of_kind(6, node::encode_will({session.will->message, 5, 900})));
  seeds.add("cluster_wire", of_kind(7, node::encode_claim({"client", {700, 3}, true})));
}

void add_erlang_terms(Seeds& seeds) {
  const std::vector<Term> terms = {
      Term::tuple({Term::atom("badrpc"), Term::of(-1), Term::of(1'000'000'000'000)}),
      Term::list({Term::binary("bytes"), Term::string("chars"), Term::list({})}),
      {.kind = Term::Kind::map, .items = {Term::atom("key"), Term{.kind = Term::Kind::real, .real = 1.5}}},
      erldist::make_pid("a@10.0.0.1", 5, 0, 1),
      erldist::make_reference("a@10.0.0.1", 1, 7),
  };
  for (const Term& term : terms) {
    std::string bytes;
    erldist::encode_term(term, bytes);
    seeds.add("erlang", of_kind(0, bytes));
  }
}

void add_erlang_frames(Seeds& seeds) {
  const Term pid = erldist::make_pid("a@10.0.0.1", 5, 0, 1);
  const Term reference = erldist::make_reference("a@10.0.0.1", 1, 7);
  const Term call = Term::tuple({Term::atom("call"), Term::atom("meshmq"), Term::atom("publish"),
                                 Term::list({Term::binary("t"), Term::binary("x"), Term::of(1)}), pid});
  const Term message = Term::tuple({Term::atom("$gen_call"), Term::tuple({pid, reference}), call});
  const auto reg_send = [&](std::string_view name) {
    return Term::tuple({Term::of(6), pid, Term::atom(""), Term::atom(name)});
  };
  std::string frames = erldist::encode_frame(reg_send("rex"), &message);
  frames += erldist::tick_frame;
  seeds.add("erlang", of_kind(1, frames));
  const Term ping = Term::tuple({Term::atom("$gen_call"), Term::tuple({pid, reference}),
                                 Term::tuple({Term::atom("is_auth"), Term::atom("a@10.0.0.1")})});
  seeds.add("erlang", of_kind(1, erldist::encode_frame(reg_send("net_kernel"), &ping)));
  std::string binary;
  erldist::BinarySender(pid, "meshmq_cluster").append("bytes", binary);
  seeds.add("erlang", of_kind(1, binary));
  const Term spawn = Term::tuple({Term::of(29), reference, pid, pid,
                                  Term::tuple({Term::atom("erpc"), Term::atom("execute_call"), Term::of(4)}),
                                  Term::list({})});
  const Term arguments = Term::list({reference, Term::atom("meshmq"), Term::atom("status"), Term::list({})});
  seeds.add("erlang", of_kind(1, erldist::encode_frame(spawn, &arguments)));
}

void add_erlang_texts(Seeds& seeds) {
  seeds.add("erlang", of_kind(5, "[{server,[{certfile,\"a.pem\"},{depth,0}]}, % ours\n {client,[]}]."));
  seeds.add("erlang",
            of_kind(5, "{allow, {user, \"a\\x{e4}b\"}, subscribe, [\"$SYS/#\", {eq, \"#\"}]}. 'A b'."));
  seeds.add("erlang", of_kind(5, "#{a => <<\"b\", 1, $c>>, 16#fF => [-1.5e3, 1_0|$\\n]}."));
}

void add_erlang_handshakes(Seeds& seeds) {
  const erldist::Identity a{
      .name = "other@10.0.0.2", .cookie = "cookie", .flags = erldist::flag::ours, .creation = 5};
  auto caller = erldist::Handshake::connect(a, "meshmq@10.0.0.1", 1, false, {});
  const std::string name = caller.take_output();
  seeds.add("erlang", of_kind(2, std::string("\0\1", 2) + static_cast<char>(name.size()) + name));
  seeds.add("erlang", of_kind(3, std::string(60, '\0')));
  const std::string lookup = erldist::epmd::encode_lookup("meshmq").substr(2);
  const std::string registration = erldist::epmd::encode_register("other", {.port = 4370}).substr(2);
  std::string requests;
  for (const std::string& request : {registration, lookup}) {
    requests += '\1';
    requests += static_cast<char>(request.size());
    requests += request;
    requests += '\0';
  }
  seeds.add("erlang", of_kind(4, requests));
  seeds.add("erlang", of_kind(6, "meshmq.fwd3@10.0.0.1"));
}

}  // namespace

void add_wire_seeds(Seeds& seeds) {
  add_control_frames(seeds);
  add_session_frames(seeds);
  add_images(seeds);
  add_erlang_terms(seeds);
  add_erlang_frames(seeds);
  add_erlang_texts(seeds);
  add_erlang_handshakes(seeds);
}

}  // namespace meshmq::fuzz
