// Configuration files and settings from the command line: every mistake is a line, none is a crash.

#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/source.hpp"
#include "fuzz.hpp"

namespace meshmq::fuzz {
namespace {

void run(Input input) {
  const ExactCopy copy(input.rest());
  const config::Source source = config::parse_file(copy.bytes(), "fuzz.conf");
  for (const std::string& error : source.errors) FUZZ_CHECK(error.starts_with("fuzz.conf:"));
  config::Request request;
  for (const config::Setting& setting : source.settings) {
    FUZZ_CHECK(!setting.key.empty());
    // No input shall make the program read files.
    if (setting.value.find('/') != std::string::npos) continue;
    if (request.arguments.size() < 100) request.arguments.push_back(setting.key + "=" + setting.value);
  }
  const config::Loaded loaded = config::load(request);
  for (const std::string& error : loaded.errors) FUZZ_CHECK(!error.empty());
}

}  // namespace
}  // namespace meshmq::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  meshmq::fuzz::run(meshmq::fuzz::Input(data, size));
  return 0;
}
