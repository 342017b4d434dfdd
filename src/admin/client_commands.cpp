#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "admin/command.hpp"
#include "topic/filter.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine clients_usage[] = {
    {"clients list", "List all clients"},
    {"clients show <ClientId>", "Show a client"},
    {"clients kick <ClientId>", "Kick out a client"},
};

constexpr UsageLine subscriptions_usage[] = {
    {"subscriptions list", "List all subscriptions"},
    {"subscriptions show <ClientId>", "Show subscriptions of a client"},
    {"subscriptions add <ClientId> <Topic> <QoS>", "Add a static subscription manually"},
    {"subscriptions del <ClientId> <Topic>", "Delete a static subscription manually"},
    {"subscriptions match <Topic>", "Subscriptions on this node that a message to the topic is for"},
};

constexpr const char* not_found = "Not Found.";

using Clients = std::vector<broker::ClientInfo>;
using Subscriptions = std::vector<broker::SubscriptionInfo>;

Clients clients_of(std::vector<node::QueryReply>& replies) {
  Clients all;
  for (node::QueryReply& reply : replies)
    std::move(reply.clients.begin(), reply.clients.end(), std::back_inserter(all));
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.client_id < b.client_id; });
  return all;
}

Subscriptions subscriptions_of(std::vector<node::QueryReply>& replies) {
  Subscriptions all;
  for (node::QueryReply& reply : replies) {
    std::move(reply.subscriptions.begin(), reply.subscriptions.end(), std::back_inserter(all));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(a.client_id, a.filter) < std::tie(b.client_id, b.filter);
  });
  return all;
}

void answer_clients(const Call& call, const Clients& clients) {
  std::string text;
  for (const broker::ClientInfo& client : clients) text += format_client(client);
  call.answer(text, Json::array(clients, client_json));
}

Json subscription_json(const broker::SubscriptionInfo& s) {
  return Json::object({{"clientid", s.client_id}, {"topic", s.filter}, {"qos", static_cast<int>(s.qos)}});
}

void answer_subscriptions(const Call& call, const Subscriptions& subscriptions) {
  std::string text;
  for (const auto& s : subscriptions) {
    // As EMQ X prints it: without the group. JSON has it.
    const auto shared = topic::parse_shared(s.filter);
    text.append(s.client_id).append(" -> ").append(shared ? shared->filter : s.filter).append("\n");
  }
  call.answer(text, Json::array(subscriptions, subscription_json));
}

bool run_clients(Desk& desk, const Call& call) {
  if (call.is("list", 0)) {
    desk.query(node::QueryKind::clients, {}, call.now,
               [call](std::vector<node::QueryReply> replies) { answer_clients(call, clients_of(replies)); });
  } else if (call.is("show", 1)) {
    desk.query(node::QueryKind::clients, call.words[1], call.now,
               [call](std::vector<node::QueryReply> replies) {
                 Clients found = clients_of(replies);
                 std::erase_if(found, [&](const auto& client) { return client.client_id != call.words[1]; });
                 if (found.empty()) return call.refuse(not_found);
                 call.answer(format_client(found.front()), client_json(found.front()));
               });
  } else if (call.is("kick", 1)) {
    desk.query(
        node::QueryKind::kick, call.words[1], call.now, [call](const std::vector<node::QueryReply>& replies) {
          const bool kicked =
              std::any_of(replies.begin(), replies.end(), [](const auto& reply) { return reply.done; });
          kicked ? call.answer("ok\n", Json("ok")) : call.refuse(not_found);
        });
  } else {
    return false;
  }
  return true;
}

/// Clients, each with its filters as subscribed.
void answer_matching(const Call& call, const std::string& topic, Subscriptions found) {
  std::erase_if(found, [&](const broker::SubscriptionInfo& s) {
    const auto shared = topic::parse_shared(s.filter);
    return !topic::matches(shared ? shared->filter : s.filter, topic);
  });
  std::string text;
  for (const auto& s : found) {
    text += fmt::format("{} -> {} qos={}\n", s.client_id, s.filter, static_cast<int>(s.qos));
  }
  call.answer(text, Json::array(found, subscription_json));
}

/// For a client that is connected to this node.
void change_subscription(Desk& desk, const Call& call) {
  const bool add = call.words[0] == "add";
  if (add && call.words[3] != "0" && call.words[3] != "1" && call.words[3] != "2")
    return call.refuse("QoS should be 0, 1, 2");
  node::Query query;
  query.kind = add ? node::QueryKind::subscribe : node::QueryKind::unsubscribe;
  query.client_id = call.words[1];
  query.filter = call.words[2];
  if (add) query.qos = static_cast<mqtt::QoS>(call.words[3][0] - '0');
  desk.ask_workers(std::move(query), call.now, [call](const std::vector<node::QueryReply>& replies) {
    const auto found =
        std::find_if(replies.begin(), replies.end(), [](const auto& reply) { return reply.done; });
    if (found == replies.end()) return call.refuse("Error: Channel not found!");
    const bool gone = found->reason == mqtt::ReasonCode::no_subscription_existed;
    if (mqtt::is_error(found->reason) && !gone)
      return call.refuse(fmt::format("Error: {}", to_string(found->reason)));
    call.answer("ok\n", Json("ok"));
  });
}

bool run_subscriptions(Desk& desk, const Call& call) {
  if (call.is("add", 3) || call.is("del", 2)) {
    change_subscription(desk, call);
    return true;
  }
  if (call.is("match", 1)) {
    if (!topic::is_valid_name(call.words[1])) {
      call.refuse("Not a topic name: " + call.words[1]);
      return true;
    }
    desk.query(node::QueryKind::subscriptions, {}, call.now, [call](std::vector<node::QueryReply> replies) {
      answer_matching(call, call.words[1], subscriptions_of(replies));
    });
    return true;
  }
  const bool show = call.is("show", 1);
  if (!show && !call.is("list", 0)) return false;
  desk.query(node::QueryKind::subscriptions, {}, call.now,
             [call, show](std::vector<node::QueryReply> replies) {
               Subscriptions found = subscriptions_of(replies);
               if (show) std::erase_if(found, [&](const auto& s) { return s.client_id != call.words[1]; });
               if (show && found.empty()) return call.refuse(not_found);
               answer_subscriptions(call, found);
             });
  return true;
}

constexpr Command client_rows[] = {
    {"clients", clients_usage, run_clients},
    {"subscriptions", subscriptions_usage, run_subscriptions},
};

}  // namespace

std::span<const Command> client_commands() {
  return client_rows;
}

}  // namespace meshmq::admin
