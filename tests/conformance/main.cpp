// Every case of every script as a test of its own: conformance_test DIRECTORY [options of GoogleTest].

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

#include "conformance/script.hpp"
#include "conformance/stage.hpp"

namespace meshmq::conformance {
namespace {

class ScriptCase : public ::testing::Test {
 public:
  ScriptCase(const Script& script, const Case& one) : script_(script), case_(one) {}

  void TestBody() override {
    std::string why;
    try {
      Stage(script_).play(case_);
    } catch (const ScriptError& error) {
      why = error.what();
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
  const Script& script_;
  const Case& case_;
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

void register_cases(const Script& script) {
  const std::string suite = script.path.parent_path().filename().string() + "/" + script.path.stem().string();
  for (const Case& one : script.cases) {
    ::testing::RegisterTest(suite.c_str(), one.title.c_str(), nullptr, nullptr, script.path.c_str(),
                            static_cast<int>(one.line),
                            [&script, &one]() -> ::testing::Test* { return new ScriptCase(script, one); });
  }
}

}  // namespace
}  // namespace meshmq::conformance

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc != 2) {
    std::cerr << "usage: conformance_test DIRECTORY\n";
    return 2;
  }
  try {
    const auto scripts = meshmq::conformance::read_scripts(argv[1]);
    for (const auto& script : scripts) meshmq::conformance::register_cases(script);
    return RUN_ALL_TESTS();
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
