#pragma once
// Where first inputs go.

#include <filesystem>
#include <string_view>

namespace meshmq::fuzz {

/// One directory per fuzzer, files numbered in the order in which they are made.
class Seeds {
 public:
  explicit Seeds(std::filesystem::path directory) : directory_(std::move(directory)) {}

  void add(std::string_view fuzzer, std::string_view bytes);

 private:
  std::filesystem::path directory_;
  int number_ = 0;
};

/// For fuzz_cluster_wire and fuzz_erlang.
void add_wire_seeds(Seeds& seeds);

}  // namespace meshmq::fuzz
