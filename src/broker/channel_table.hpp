#pragma once
// The connections of one worker.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/assert.hpp"
#include "broker/channel.hpp"

namespace meshmq::broker {

/// By ConnId, which the shell keeps dense. Thread rule: one owner.
class ChannelTable {
 public:
  Channel& open(ConnId conn) {
    if (conn.value >= channels_.size()) channels_.resize(conn.value + 1);
    MESHMQ_ASSERT(!channels_[conn.value], "a ConnId is reused only after closed()");
    channels_[conn.value] = std::make_unique<Channel>();
    Channel& channel = *channels_[conn.value];
    channel.conn = conn;
    channel.generation = ++last_generation_;
    ++size_;
    return channel;
  }
  void erase(ConnId conn) {
    channels_[conn.value].reset();
    --size_;
  }
  Channel* find(ConnId conn) const {
    return conn.value < channels_.size() ? channels_[conn.value].get() : nullptr;
  }
  /// nullptr as well if the ConnId belongs to another connection by now.
  Channel* find(ConnId conn, std::uint32_t generation) const {
    Channel* channel = find(conn);
    return channel != nullptr && channel->generation == generation ? channel : nullptr;
  }
  std::size_t size() const { return size_; }
  /// In the order of ConnIds. `visit` may close channels, not erase them.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      if (channels_[i]) visit(*channels_[i]);
    }
  }

 private:
  std::vector<std::unique_ptr<Channel>> channels_;
  std::size_t size_ = 0;
  std::uint32_t last_generation_ = 0;
};

}  // namespace meshmq::broker
