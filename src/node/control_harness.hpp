#pragma once
// The control core without threads, links and disk: its tests carry everything by hand.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/route_table.hpp"
#include "cluster/wire.hpp"
#include "node/control.hpp"

namespace meshmq::node {

class ControlTest : public ::testing::Test {
 protected:
  class Ports final : public ControlPorts {
   public:
    void to_worker(WorkerIndex worker, ToWorker message) override {
      workers[worker.value].push_back(std::move(message));
    }
    void dial(const std::string& node) override { dialled.push_back(node); }
    void hang_up(const std::string&) override {}
    void send(const std::string&, std::string frame) override { frames.push_back(std::move(frame)); }
    void save(std::string new_image) override { image = std::move(new_image); }
    void store(StoreBatch batch) override { batches.push_back(std::move(batch)); }
    void operation_done(OperationId, Result<void> result) override {
      operation = result ? "ok" : result.error().message;
    }
    void query_done(OperationId, std::vector<QueryReply> result) override { replies = std::move(result); }

    std::map<std::uint16_t, std::vector<ToWorker>> workers;
    std::vector<std::string> dialled;
    std::vector<std::string> frames;
    std::string image;
    std::vector<StoreBatch> batches;
    std::string operation;
    std::optional<std::vector<QueryReply>> replies;
  };

  ControlTest() {
    config.name = "a@h";
    config.workers = 2;
    control = std::make_unique<Control>(config, "", 1, routes, ports, Logger(), 5, now);
  }

  void subscribe(std::uint16_t worker, Token token, const std::string& filter) {
    control->handle(SubscribeRequest{WorkerIndex(worker), token, {{filter, true, true}}}, now);
  }
  void turns(int count = 3) {
    for (int i = 0; i < count; ++i) (void)control->end_of_turn(now);
  }
  /// The answers that this worker got, as "token:retained,..." each.
  std::string answers(std::uint16_t worker) {
    std::string result;
    for (const ToWorker& message : ports.workers[worker]) {
      const auto* done = std::get_if<SubscribeDone>(&message);
      if (done == nullptr) continue;
      result += std::to_string(done->token) + ":";
      for (const auto& m : done->retained.at(0)) result += std::string(m->topic()) + ",";
      result += " ";
    }
    return result;
  }
  /// The disk takes what it was given.
  void write_to_disk() {
    turns(1);
    for (StoreBatch& batch : std::exchange(ports.batches, {})) {
      for (StoreChange& change : batch) {
        if (change.value) {
          disk[{change.area, change.key}] = *change.value;
        } else {
          disk.erase({change.area, change.key});
        }
      }
      control->stored({}, now);
    }
  }
  /// The node starts again from its disk.
  void restart() {
    control = std::make_unique<Control>(config, ports.image, ++incarnation, routes, ports, Logger(), 5, now);
    for (const auto& [key, value] : disk) control->load(key.first, key.second, value);
    control->loaded(true, now);
  }
  void retain(std::string_view topic, std::string_view payload, Token token = 0,
              std::uint32_t expiry_s = 0xFFFFFFFF) {
    const auto message = mqtt::Message::make(
        {.topic = topic, .payload = payload, .retain = true, .expiry_s = expiry_s, .created_at = now.wall});
    control->handle(RetainRequest{message, WorkerIndex(1), token}, now);
  }
  /// The tokens of publishers that were told that their message is kept.
  std::vector<Token> kept() {
    std::vector<Token> tokens;
    for (const ToWorker& message : ports.workers[1]) {
      if (const auto* retained = std::get_if<Retained>(&message)) tokens.push_back(retained->token);
    }
    return tokens;
  }
  /// A peer that says hello but never acknowledges anything.
  void join_silent_peer() {
    control->link_up("b@h", now);
    control->link_frame("b@h", cluster::wire::encode(cluster::wire::Hello{.incarnation = 9}), now);
    control->link_frame("b@h", cluster::wire::encode(cluster::wire::JoinRequest{}), now);
    const auto accept = cluster::wire::decode(ports.frames.back());
    const auto& accepted = std::get<cluster::wire::JoinAccept>(*accept);
    control->link_frame("b@h",
                        cluster::wire::encode(cluster::wire::Hello{
                            .incarnation = 9, .cluster = accepted.cluster, .records = accepted.records}),
                        now);
  }

  Config config;
  cluster::RouteTable routes;
  Ports ports;
  Now now{TimePoint(Duration(10'000)), 1'700'000'000'000};
  std::unique_ptr<Control> control;
  std::map<std::pair<StoreArea, std::string>, std::string> disk;
  std::uint64_t incarnation = 1;
};

}  // namespace meshmq::node
