// Every case of every script as a test of its own.
//
//   conformance_test DIRECTORY [options of GoogleTest]                              a broker without a
//   network conformance_test DIRECTORY --nodes HOST:PORT,... --ctl COMMAND [options ...]    real nodes

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <vector>

#include "conformance/in_memory.hpp"
#include "conformance/live.hpp"
#include "conformance/script.hpp"
#include "conformance/stage.hpp"

namespace meshmq::conformance {
namespace {

class ScriptCase : public ::testing::Test {
 public:
  ScriptCase(const Script& script, const Case& one, const std::optional<LiveNodes>& nodes)
      : script_(script), case_(one), nodes_(nodes) {}

  void TestBody() override {
    std::string why;
    try {
      const auto venue = open_venue();
      Stage(script_, *venue).play(case_);
    } catch (const ScriptError& error) {
      why = error.what();
    } catch (const NotHere& reason) {
      GTEST_SKIP() << reason.what();
    }
    if (case_.known_gap.empty()) {
      EXPECT_TRUE(why.empty()) << case_.title << "\n" << why;
    } else if (why.empty()) {
      ADD_FAILURE() << script_.path.string() << ":" << case_.line
                    << ": holds by now; it is no known gap any more";
    } else {
      std::cout << "KNOWN GAP " << case_.title << ": " << case_.known_gap << "\n" << why << "\n";
    }
  }

 private:
  std::unique_ptr<Venue> open_venue() const {
    if (!nodes_) return std::make_unique<InMemory>();
    // Other nodes for the same case if it is repeated.
    static std::size_t turn = 0;
    return std::make_unique<Live>(*nodes_, turn++);
  }

  const Script& script_;
  const Case& case_;
  const std::optional<LiveNodes>& nodes_;
};

std::vector<Script> read_scripts(const std::filesystem::path& directory) {
  std::vector<Script> scripts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.path().extension() != ".mqtt") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    scripts.push_back(parse_script(entry.path(), text));
  }
  std::sort(scripts.begin(), scripts.end(), [](const Script& a, const Script& b) { return a.path < b.path; });
  return scripts;
}

void register_cases(const Script& script, const std::optional<LiveNodes>& nodes) {
  const std::string suite = script.path.parent_path().filename().string() + "/" + script.path.stem().string();
  for (const Case& one : script.cases) {
    ::testing::RegisterTest(
        suite.c_str(), one.title.c_str(), nullptr, nullptr, script.path.c_str(), static_cast<int>(one.line),
        [&script, &one, &nodes]() -> ::testing::Test* { return new ScriptCase(script, one, nodes); });
  }
}

LiveNodes parse_nodes(std::string_view addresses, std::string_view ctl) {
  LiveNodes nodes;
  nodes.ctl = ctl;
  while (!addresses.empty()) {
    const std::string_view one = addresses.substr(0, addresses.find(','));
    nodes.addresses.push_back(Address::parse(one));
    addresses.remove_prefix(std::min(one.size() + 1, addresses.size()));
  }
  return nodes;
}

}  // namespace
}  // namespace meshmq::conformance

int main(int argc, char** argv) {
  using namespace meshmq::conformance;
  ::testing::InitGoogleTest(&argc, argv);
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const bool live = words.size() == 5 && words[1] == "--nodes" && words[3] == "--ctl";
  if (!live && words.size() != 1) {
    std::cerr << "usage: conformance_test DIRECTORY [--nodes HOST:PORT,... --ctl COMMAND]\n";
    return 2;
  }
  try {
    const auto nodes = live ? std::optional(parse_nodes(words[2], words[4])) : std::nullopt;
    const auto scripts = read_scripts(words[0]);
    for (const auto& script : scripts) register_cases(script, nodes);
    return RUN_ALL_TESTS();
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
