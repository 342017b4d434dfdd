#include "node/store_writer.hpp"

#include <utility>

namespace meshmq::node {

std::uint64_t StoreWriter::write(StoreArea area, std::string_view key, std::string value) {
  return put(area, key, std::move(value));
}

std::uint64_t StoreWriter::erase(StoreArea area, std::string_view key) {
  return put(area, key, std::nullopt);
}

std::uint64_t StoreWriter::put(StoreArea area, std::string_view key, std::optional<std::string> value) {
  key_.assign(1, static_cast<char>(area)).append(key);
  const auto [place, is_new] = places_.try_emplace(key_, next_.size());
  if (is_new) {
    next_.push_back({area, std::string(key), std::move(value)});
  } else {
    next_[place->second].value = std::move(value);
  }
  return ++last_;
}

void StoreWriter::end_of_turn(Now now) {
  if (under_way_ != 0 || next_.empty() || now.mono < not_before_) return;
  under_way_ = last_;
  places_.clear();
  disk_.store(std::exchange(next_, {}));
}

void StoreWriter::stored(StoreOutcome outcome, Now now) {
  const std::uint64_t number = std::exchange(under_way_, 0);
  if (outcome.result) {
    durable_ = number;
    if (std::exchange(failing_, false)) log_.warning("The disk takes changes again");
    return;
  }
  if (!std::exchange(failing_, true)) {
    log_.critical("Changes are not durable: {}. They are kept in memory and tried again",
                  outcome.result.error().message);
  }
  not_before_ = now.mono + retry_pause;
  // In their old order, behind them what has changed since.
  StoreBatch since = std::exchange(next_, std::move(outcome.unwritten));
  places_.clear();
  for (std::size_t i = 0; i < next_.size(); ++i) {
    key_.assign(1, static_cast<char>(next_[i].area)).append(next_[i].key);
    places_[key_] = i;
  }
  const std::uint64_t last = last_;
  for (StoreChange& change : since) put(change.area, change.key, std::move(change.value));
  last_ = last;
}

}  // namespace meshmq::node
