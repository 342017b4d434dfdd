#include "discovery/static_seeds.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

namespace meshmq::discovery {
namespace {

TEST(StaticSeedsTest, AreAnsweredAsTheyAre) {
  boost::asio::io_context io;
  std::vector<std::string> heard;
  auto provider = StaticSeeds::make(io, "a@h, b@10.0.0.1 ,,c@x.example",
                                    [&](const Result<Discovered>& found) { heard = found->nodes; });
  ASSERT_TRUE(provider);
  (*provider)->ask();
  EXPECT_TRUE(heard.empty());
  io.run();
  EXPECT_EQ(heard, (std::vector<std::string>{"a@h", "b@10.0.0.1", "c@x.example"}));
}

TEST(StaticSeedsTest, AnAnswerToNobodyIsNone) {
  boost::asio::io_context io;
  auto provider = StaticSeeds::make(io, "a@h", [](const Result<Discovered>&) { ADD_FAILURE(); });
  (*provider)->ask();
  provider->reset();
  io.run();
}

TEST(StaticSeedsTest, MistakesAreNamed) {
  boost::asio::io_context io;
  const auto error = [&](const char* seeds) { return StaticSeeds::make(io, seeds, {}).error().message; };
  EXPECT_EQ(error(" , "), "cluster.static.seeds names no node");
  EXPECT_EQ(error("a@h,b"), "cluster.static.seeds: 'b' is no name of a node (name@host)");
  EXPECT_EQ(error("a@h b@h"), "cluster.static.seeds: 'a@h b@h' is no name of a node (name@host)");
}

}  // namespace
}  // namespace meshmq::discovery
