#include "server/options.hpp"

#include <gtest/gtest.h>

namespace meshmq::server {
namespace {

std::variant<Options, ExitStatus> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "meshmq");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Options, AreAVerbAndSettings) {
  const auto options =
      std::get<Options>(parse({"foreground", "--config", "a.conf", "--data-dir", "d", "--set",
                               "node.name=a@b", "--set", "node.cookie=c=d", "--ports-file", "p.json"}));
  EXPECT_EQ(options.action, Action::foreground);
  EXPECT_EQ(options.config_file, "a.conf");
  EXPECT_EQ(options.ports_file, "p.json");
  EXPECT_EQ(options.settings,
            (std::vector<std::string>{"node.data_dir=d", "node.name=a@b", "node.cookie=c=d"}));
}

TEST(Options, EveryVerbIsKnown) {
  for (const auto& [word, action] :
       std::vector<std::pair<const char*, Action>>{{"console", Action::console},
                                                   {"start", Action::start},
                                                   {"stop", Action::stop},
                                                   {"restart", Action::restart},
                                                   {"ping", Action::ping},
                                                   {"pid", Action::pid},
                                                   {"version", Action::version},
                                                   {"check-config", Action::check_config}}) {
    EXPECT_EQ(std::get<Options>(parse({word})).action, action) << word;
  }
}

TEST(Options, MistakesEndTheProgram) {
  EXPECT_EQ(std::get<ExitStatus>(parse({})).code, 2);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(std::get<ExitStatus>(parse({"dance"})).code, 2);
  EXPECT_EQ(
      ::testing::internal::GetCapturedStderr(),
      "Usage: meshmq {foreground|console|start|stop|restart|ping|pid|version|check-config}; there is no "
      "dance\n");
  EXPECT_EQ(std::get<ExitStatus>(parse({"foreground", "--nonsense"})).code, 2);
  EXPECT_EQ(std::get<ExitStatus>(parse({"foreground", "--set"})).code, 2);
  EXPECT_EQ(std::get<ExitStatus>(parse({"--help"})).code, 0);
}

}  // namespace
}  // namespace meshmq::server
