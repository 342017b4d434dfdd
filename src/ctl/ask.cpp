#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "ctl/ctl.hpp"
#include "erldist/term.hpp"
#include "net/dist_tls.hpp"

namespace meshmq::ctl {

namespace {

using erldist::Term;
using namespace std::chrono_literals;

/// A join may take as long as cluster.join_wait.
constexpr Duration answer_wait = 60s;

int give_up(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
  return unreachable;
}

/// Who types here, for the audit log: not root if somebody has become it with sudo.
std::string user() {
  // One thread: nobody changes the environment or the entry meanwhile.
  const char* before = std::getenv("SUDO_USER");  // NOLINT(concurrency-mt-unsafe)
  if (before != nullptr && *before != '\0') return before;
  const passwd* entry = ::getpwuid(::geteuid());  // NOLINT(concurrency-mt-unsafe)
  return entry != nullptr ? std::string(entry->pw_name) : std::to_string(::geteuid());
}

}  // namespace

int ask(const CtlRequest& request) {
  std::vector<Term> words;
  for (const std::string& word : request.words) words.push_back(Term::binary(word));
  std::vector<Term> options;
  if (request.json) options.push_back(Term::atom("json"));
  options.push_back(Term::binary("by=" + user()));
  mesh::RpcTarget target = request.target;
  if (!request.tls_file.empty()) {
    net::DistTls::Warnings unsaid;  // the node says them
    auto tls = net::DistTls::open(request.tls_file, unsaid);
    if (!tls) return give_up(tls.error().message);
    target.tls = std::move(*tls);
  }
  const auto answer =
      mesh::rpc_call(target, "meshmq_ctl", "run_command",
                     {Term::list(std::move(words)), Term::list(std::move(options))}, answer_wait);
  const std::string node = erldist::print_atom(request.target.node);
  if (!answer) {
    const auto& [error, detail] = answer.error();
    return give_up(fmt::format("Node {} not responding: {}{}", node, to_string(error),
                               detail.empty() ? "" : " (" + detail + ")"));
  }
  const bool expected = answer->is_tuple(2) && answer->items[0].kind == Term::Kind::integer &&
                        answer->items[1].kind == Term::Kind::binary;
  if (!expected) return give_up(fmt::format("RPC to {} failed: {}", node, erldist::print(*answer)));
  const std::string& text = answer->items[1].text;
  std::fwrite(text.data(), 1, text.size(), stdout);
  return static_cast<int>(answer->items[0].integer);
}

}  // namespace meshmq::ctl
