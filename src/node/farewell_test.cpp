// A node's end and its next beginning.

#include "node/farewell.hpp"

#include <gtest/gtest.h>

#include "node/control_harness.hpp"
#include "node/session_wire.hpp"

namespace meshmq::node {
namespace {

class FarewellTest : public ControlTest {
 protected:
  void hold(std::uint16_t worker, const std::string& client_id) {
    control->handle(SessionHeld{WorkerIndex(worker), 0, client_id, false}, now);
  }
  /// Orders of this kind to this worker, taken out.
  template <class Order>
  std::vector<Order> take(std::uint16_t worker) {
    std::vector<Order> result;
    for (ToWorker& message : ports.workers[worker]) {
      if (auto* order = std::get_if<Order>(&message)) result.push_back(std::move(*order));
    }
    std::erase_if(ports.workers[worker], [](const ToWorker& m) { return std::holds_alternative<Order>(m); });
    return result;
  }
  void clients_are_gone() {
    for (std::uint16_t i = 0; i < config.workers; ++i) {
      ASSERT_EQ(take<ShutDown>(i).size(), 1U);
      control->handle(ClientsGone{WorkerIndex(i)}, now);
    }
    turns(1);
  }
  /// This worker is asked, and has these; then it is asked once more.
  void rests(std::uint16_t worker, std::vector<broker::RestingSession> sessions) {
    write_to_disk();
    turns(1);
    ASSERT_EQ(take<SessionsRest>(worker).size(), 1U);
    const bool more = !sessions.empty();
    control->handle(SessionsRested{WorkerIndex(worker), std::move(sessions)}, now);
    write_to_disk();
    turns(1);
    if (more) rests(worker, {});
  }
  void later(Duration by) {
    now.mono += by;
    now.wall += by.count();
    control->tick(now);
    turns(1);
  }
  std::string sessions_on_disk() {
    std::string names;
    for (const auto& [key, value] : disk) {
      if (key.first == StoreArea::sessions) names += key.second + " ";
    }
    return names;
  }
};

TEST_F(FarewellTest, ANodeThatIsAloneWritesItsSessionsDownAndFindsThem) {
  hold(0, "a");
  hold(1, "b");
  retain("t", "1");
  control->shut_down(now);
  turns(1);
  EXPECT_FALSE(control->stopped());
  clients_are_gone();
  rests(0, {{"a", "image of a"}});
  rests(1, {{"b", "image of b"}});
  EXPECT_TRUE(control->stopped());
  EXPECT_EQ(sessions_on_disk(), "a b ");

  ports.workers.clear();
  restart();
  EXPECT_FALSE(control->ready());
  std::string restored;
  for (std::uint16_t i = 0; i < config.workers; ++i) {
    for (const SessionRestore& order : take<SessionRestore>(i)) {
      restored += order.client_id + "=" + order.image + " ";
      EXPECT_EQ(order.grace, Duration(0)) << "there is nobody to meet";
    }
    EXPECT_EQ(take<RestoreEnd>(i).size(), 1U) << "behind them";
    control->handle(SessionsRestored{WorkerIndex(i)}, now);
    EXPECT_FALSE(control->ready());
  }
  EXPECT_TRUE(restored == "a=image of a b=image of b " || restored == "b=image of b a=image of a ")
      << restored;
  turns(1);
  EXPECT_TRUE(control->ready()) << "the routes are committed";
}

TEST_F(FarewellTest, ARecordIsErasedWhenItIsNotTheWholeTruthAnyMore) {
  for (const char* id : {"back", "over", "waits"}) hold(0, id);
  control->shut_down(now);
  clients_are_gone();
  rests(0, {{"back", "1"}, {"over", "2"}, {"waits", "3"}});
  restart();
  hold(0, "back");
  control->handle(SessionReleased{"over"}, now);
  write_to_disk();
  EXPECT_EQ(sessions_on_disk(), "waits ");
}

TEST_F(FarewellTest, SessionsAreOfferedToARunningMember) {
  join_silent_peer();
  hold(0, "a");
  turns();
  ports.frames.clear();
  control->shut_down(now);
  clients_are_gone();
  std::string offered;
  for (const std::string& bytes : ports.frames) {
    const auto frame = cluster::wire::decode(bytes);
    const auto* message = frame ? std::get_if<cluster::wire::Message>(&*frame) : nullptr;
    if (message == nullptr) continue;
    const auto inner = wire::decode(message->bytes);
    if (const auto* offer = inner ? std::get_if<wire::Offer>(&*inner) : nullptr) offered += offer->client_id;
  }
  EXPECT_EQ(offered, "a");
  // It comes for it; the image that leaves is one of a session that rests.
  const auto send = [&](const wire::Frame& frame) {
    control->link_frame("b@h", cluster::wire::encode(cluster::wire::Message{wire::encode(frame)}), now);
  };
  send(wire::TakeOver{7, {UINT64_MAX / 2, 1}, false, "a"});
  std::vector<SessionExport> exports;
  std::uint16_t home = 0;
  for (std::uint16_t i = 0; i < config.workers; ++i) {
    for (const auto& order : take<SessionExport>(i)) {
      exports.push_back(order);
      home = i;
    }
  }
  ASSERT_EQ(exports.size(), 1U);
  EXPECT_EQ(exports[0].departure, broker::Departure::to_rest);
  control->handle(SessionExported{"a", "image"}, now);
  send(wire::Adopted{7});
  later(std::chrono::milliseconds(300));
  EXPECT_FALSE(control->stopped());
  later(std::chrono::milliseconds(1000));
  EXPECT_EQ(take<SessionLeavingOver>(home).size(), 1U);
  // Nothing is left to write down.
  later(std::chrono::milliseconds(100));
  control->link_down("b@h", LinkError::closed, "", now);
  turns(1);
  rests(0, {});
  rests(1, {});
  EXPECT_TRUE(control->stopped());
  EXPECT_EQ(sessions_on_disk(), "");
}

TEST_F(FarewellTest, AnOfferThatNobodyTakesEndsOnDisk) {
  join_silent_peer();
  hold(0, "a");
  control->shut_down(now);
  clients_are_gone();
  later(std::chrono::seconds(4));
  EXPECT_TRUE(take<SessionsRest>(0).empty());
  later(std::chrono::seconds(2));
  control->link_down("b@h", LinkError::closed, "", now);
  turns(1);
  rests(0, {{"a", "image"}});
  rests(1, {});
  EXPECT_TRUE(control->stopped());
  EXPECT_EQ(sessions_on_disk(), "a ");
}

TEST_F(FarewellTest, NoStageWaitsForEver) {
  join_silent_peer();
  hold(0, "a");
  control->shut_down(now);
  turns(1);
  later(Farewell::worker_wait);
  for (int i = 0; i < 30; ++i) later(std::chrono::seconds(1));
  // Neither worker nor link has answered. Nor does the disk.
  EXPECT_TRUE(control->stopped());
}

TEST_F(FarewellTest, ADiskThatRefusesCostsTheSessionsButNotTheEnd) {
  hold(0, "a");
  control->shut_down(now);
  clients_are_gone();
  ASSERT_EQ(take<SessionsRest>(0).size(), 1U);
  control->handle(SessionsRested{WorkerIndex(0), {{"a", "image"}}}, now);
  for (int i = 0; i < 20 && !control->stopped(); ++i) {
    turns(1);
    for (StoreBatch& batch : std::exchange(ports.batches, {})) {
      control->stored({fail(Errc::io, "disk full"), std::move(batch)}, now);
    }
    later(std::chrono::seconds(1));
  }
  EXPECT_TRUE(control->stopped());
}

TEST_F(FarewellTest, WhoIsAboutToEndTakesNothingIn) {
  join_silent_peer();
  control->shut_down(now);
  turns(1);
  ports.frames.clear();
  control->link_frame("b@h", cluster::wire::encode(cluster::wire::Message{wire::encode(wire::Offer{"x"})}),
                      now);
  turns(1);
  for (const std::string& bytes : ports.frames) {
    const auto frame = cluster::wire::decode(bytes);
    EXPECT_FALSE(frame && std::holds_alternative<cluster::wire::Message>(*frame));
  }
}

}  // namespace
}  // namespace meshmq::node
