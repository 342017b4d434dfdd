#include <fmt/format.h>

#include "admin/command.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine acl_usage[] = {
    {"acl reload", "Read the rules of acl_file again"},
    {"acl cache-clean all", "Clears acl cache on all nodes"},
    {"acl cache-clean node <Node>", "Clears acl cache on given node"},
    {"acl cache-clean <ClientId>", "Clears acl cache for given client"},
};

void reload(Desk& desk, const Call& call) {
  const auto loaded = desk.host.reload_acl();
  if (!loaded) return call.refuse(loaded.error().message);
  call.answer(fmt::format("{} rules hold now\n", *loaded), Json::object({{"rules", *loaded}}));
}

/// There is no cache: rules hold at once. The words of EMQ X's scripts are answered as there.
bool clean_cache(const Call& call) {
  if (call.is("cache-clean", 1)) {
    const bool all = call.words[1] == "all";
    call.answer(all ? "Started ACL cache drain in all nodes\n" : "", Json("ok"));
  } else if (call.is("cache-clean", 2) && call.words[1] == "node") {
    call.answer(fmt::format("ACL cache drain started on node {}.\n", call.words[2]), Json("ok"));
  } else {
    return false;
  }
  return true;
}

bool run_acl(Desk& desk, const Call& call) {
  if (!call.is("reload", 0)) return clean_cache(call);
  reload(desk, call);
  return true;
}

constexpr Command commands[] = {
    {"acl", acl_usage, run_acl},
};

}  // namespace

std::span<const Command> access_commands() {
  return commands;
}

}  // namespace meshmq::admin
