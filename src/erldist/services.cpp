#include "erldist/services.hpp"

#include <utility>

namespace meshmq::erldist {

namespace {

Term op(Operation operation) {
  return Term::of(static_cast<int>(operation));
}

/// {2, '', To} and the message.
std::string send_to(const Term& to, const Term& message) {
  return encode_frame(Term::tuple({op(Operation::send), Term::atom(""), to}), &message);
}

/// A list of terms, also if it came as a string (a list of small integers).
std::vector<Term> elements(const Term& list) {
  if (list.kind == Term::Kind::list && !list.improper) return list.items;
  std::vector<Term> result;
  if (list.kind == Term::Kind::string) {
    for (const char c : list.text) result.push_back(Term::of(static_cast<unsigned char>(c)));
  }
  return result;
}

/// Does the option list of a spawn request forbid to say that it succeeded?
bool silent_on_success(const Term& options) {
  for (const Term& option : elements(options)) {
    if (!option.is_tuple(2) || !option.items[0].is_atom("reply")) continue;
    return option.items[1].is_atom("error_only") || option.items[1].is_atom("no");
  }
  return false;
}

bool wants_monitor(const Term& options) {
  for (const Term& option : elements(options)) {
    if (option.is_atom("monitor") || (option.is_tuple(2) && option.items[0].is_atom("monitor"))) return true;
  }
  return false;
}

}  // namespace

Term Services::next_pid() {
  return make_pid(node_, ++last_pid_ & 0xFFFFFFF, 0, creation_);
}

void Services::handle(const ControlMessage& m, std::string& out, std::vector<RpcCall>& calls) {
  if (m.operation == Operation::spawn_request) return handle_spawn(m, out, calls);
  if (m.operation != Operation::reg_send || m.fields.size() < 3 || m.fields[2].kind != Term::Kind::atom)
    return;
  std::string_view bytes = m.message;
  const auto message = decode_term(bytes);
  if (message) handle_named(m.fields[2].text, m.fields[0], *message, out, calls);
}

void Services::handle_named(std::string_view name, const Term& from, const Term& message, std::string& out,
                            std::vector<RpcCall>& calls) {
  if (name == "rex" && message.is_tuple(2) && message.items[1].is_atom("features_request")) {
    out += send_to(message.items[0],
                   Term::tuple({Term::atom("features_reply"), Term::atom(node_), Term::list({})}));
    return;
  }
  // {'$gen_call', {Pid, Tag}, Request}
  if (!message.is_tuple(3) || !message.items[0].is_atom("$gen_call") || !message.items[1].is_tuple(2)) return;
  (void)from;
  handle_call(name, message.items[1].items[0], message.items[1].items[1], message.items[2], out, calls);
}

void Services::handle_call(std::string_view name, const Term& from, const Term& tag, const Term& request,
                           std::string& out, std::vector<RpcCall>& calls) {
  if (name == "net_kernel" && request.is_tuple(2) && request.items[0].is_atom("is_auth")) {
    out += send_to(from, Term::tuple({tag, Term::atom("yes")}));
    return;
  }
  // {call, Module, Function, Arguments, GroupLeader}
  if (name == "rex" && request.is_tuple(5) && request.items[0].is_atom("call")) {
    Pending pending{
        .caller = from, .reference = tag, .result_tag = {}, .process = {}, .group_leader = request.items[4]};
    start(std::move(pending), request.items[1], request.items[2], request.items[3], calls, out);
  }
}

void Services::handle_spawn(const ControlMessage& m, std::string& out, std::vector<RpcCall>& calls) {
  // {29, ReqId, From, GroupLeader, {Module, Function, Arity}, Options} and the list of arguments
  if (m.fields.size() != 5 || !m.fields[3].is_tuple(3)) return;
  const Term& request = m.fields[0];
  const Term& from = m.fields[1];
  const Term& function = m.fields[3];
  std::string_view bytes = m.message;
  const auto arguments = decode_term(bytes);
  const std::vector<Term> list = arguments ? elements(*arguments) : std::vector<Term>();
  const bool erpc = function.items[0].is_atom("erpc");
  const bool call = erpc && function.items[1].is_atom("execute_call") && list.size() == 4;
  const bool cast = erpc && function.items[1].is_atom("execute_cast") && list.size() == 3;
  if (!call && !cast) {
    out += encode_frame(
        Term::tuple({op(Operation::spawn_reply), request, from, Term::of(0), Term::atom("notsup")}));
    return;
  }
  const Term process = next_pid();
  if (!silent_on_success(m.fields[4])) {
    const int monitored = wants_monitor(m.fields[4]) ? 2 : 0;
    out +=
        encode_frame(Term::tuple({op(Operation::spawn_reply), request, from, Term::of(monitored), process}));
  }
  Pending pending{.spawned = true,
                  .cast = cast,
                  .caller = from,
                  .reference = request,
                  .result_tag = cast ? Term() : list[0],
                  .process = process,
                  .group_leader = m.fields[2]};
  const std::size_t at = cast ? 0 : 1;  // a call carries its tag first
  start(std::move(pending), list[at], list[at + 1], list[at + 2], calls, out);
}

void Services::start(Pending pending, const Term& module, const Term& function, const Term& arguments,
                     std::vector<RpcCall>& calls, std::string& out) {
  const std::uint64_t id = ++last_call_;
  const bool room = pending_.size() < calls_max;
  pending_[id] = std::move(pending);
  if (!room) return refuse(id, "system_limit", out);
  calls.push_back({id, module.text, function.text, elements(arguments)});
}

void Services::print(std::uint64_t id, std::string_view text, std::string& out) {
  const auto it = pending_.find(id);
  if (it == pending_.end() || it->second.group_leader.kind != Term::Kind::opaque) return;
  const Term request = Term::tuple({Term::atom("put_chars"), Term::atom("unicode"), Term::binary(text)});
  out += send_to(it->second.group_leader, Term::tuple({Term::atom("io_request"), next_pid(),
                                                       make_reference(node_, creation_, id), request}));
}

void Services::answer(std::uint64_t id, const Term& value, std::string& out) {
  const auto it = pending_.find(id);
  if (it == pending_.end()) return;
  const Pending p = std::move(it->second);
  pending_.erase(it);
  if (p.cast) return;
  if (!p.spawned) {
    out += send_to(p.caller, Term::tuple({p.reference, value}));
    return;
  }
  const Term reason = Term::tuple({p.result_tag, Term::atom("return"), value});
  out += encode_frame(Term::tuple({op(Operation::monitor_p_exit), p.process, p.caller, p.reference, reason}));
}

void Services::refuse(std::uint64_t id, std::string_view reason, std::string& out) {
  const auto it = pending_.find(id);
  if (it == pending_.end()) return;
  if (!it->second.spawned) {
    return answer(
        id, Term::tuple({Term::atom("badrpc"), Term::tuple({Term::atom("EXIT"), Term::atom(reason)})}), out);
  }
  const Pending p = std::move(it->second);
  pending_.erase(it);
  if (p.cast) return;
  const Term exit = Term::tuple({p.result_tag, Term::atom("error"), Term::atom(reason), Term::list({})});
  out += encode_frame(Term::tuple({op(Operation::monitor_p_exit), p.process, p.caller, p.reference, exit}));
}

// ---------------------------------------------------------------- client

RpcClient::RpcClient(std::string self, std::uint32_t creation)
    : pid_(make_pid(self, 1, 0, creation)), reference_(make_reference(self, creation, 1)) {}

std::string RpcClient::call(std::string_view module, std::string_view function, std::vector<Term> arguments) {
  const Term request = Term::tuple(
      {Term::atom("call"), Term::atom(module), Term::atom(function), Term::list(std::move(arguments)), pid_});
  const Term message = Term::tuple({Term::atom("$gen_call"), Term::tuple({pid_, reference_}), request});
  return encode_frame(Term::tuple({op(Operation::reg_send), pid_, Term::atom(""), Term::atom("rex")}),
                      &message);
}

bool RpcClient::handle(const ControlMessage& m, std::string& out) {
  if (m.operation != Operation::send && m.operation != Operation::send_sender) return false;
  std::string_view bytes = m.message;
  auto message = decode_term(bytes);
  if (!message) return false;
  if (message->is_tuple(2) && message->items[0] == reference_) {
    result_ = std::move(message->items[1]);
    return true;
  }
  // {io_request, From, ReplyAs, Request}: whoever prints gets its acknowledgement; the text comes with the
  // answer.
  if (message->is_tuple(4) && message->items[0].is_atom("io_request")) {
    out += send_to(message->items[1],
                   Term::tuple({Term::atom("io_reply"), message->items[2], Term::atom("ok")}));
  }
  return false;
}

}  // namespace meshmq::erldist
