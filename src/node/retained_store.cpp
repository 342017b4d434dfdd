#include "node/retained_store.hpp"

#include <algorithm>
#include <utility>

#include "node/lww_rows.hpp"

namespace meshmq::node {

bool TopicOrder::operator()(std::string_view a, std::string_view b) const {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (y == b.end()) return false;
  if (x == a.end()) return true;
  // Levels end at '/': it sorts before everything else, as if it were NUL (which no topic contains).
  const unsigned char left = *x == '/' ? 0 : static_cast<unsigned char>(*x);
  const unsigned char right = *y == '/' ? 0 : static_cast<unsigned char>(*y);
  return left < right;
}

std::optional<WallMillis> RetainedStore::end_of(const Row& row) const {
  if (!row.message) return written_at(row.stamp) + LwwRows::tombstone_keep.count();
  const std::uint32_t expiry_s = row.message->expiry_s();
  if (expiry_s != mqtt::Message::no_expiry)
    return row.message->created_at() + static_cast<WallMillis>(expiry_s) * 1000;
  if (lifetime_ == Duration{}) return std::nullopt;
  return row.message->created_at() + lifetime_.count();
}

bool RetainedStore::put(std::string_view topic, cluster::RowStamp stamp, mqtt::MessagePtr message) {
  std::uint64_t& digest = digests_[cluster::bucket_of(topic)];
  auto it = messages_.find(topic);
  if (it == messages_.end()) {
    it = messages_.emplace(std::string(topic), Row{}).first;
  } else if (stamp <= it->second.stamp) {
    return false;
  } else {
    digest ^= cluster::row_digest(topic, it->second.stamp);
    live_ -= it->second.message ? 1 : 0;
    if (const auto end = end_of(it->second)) ends_.erase({*end, it->first});
  }
  live_ += message ? 1 : 0;
  digest ^= cluster::row_digest(topic, stamp);
  it->second = {stamp, std::move(message)};
  if (const auto end = end_of(it->second)) ends_.emplace(*end, it->first);
  return true;
}

bool RetainedStore::store(const mqtt::MessagePtr& message, cluster::RowStamp stamp) {
  return put(message->topic(), stamp, message->payload().empty() ? mqtt::MessagePtr() : message);
}

bool RetainedStore::apply(std::string_view key, cluster::RowStamp stamp, std::string_view value) {
  if (value.empty()) return put(key, stamp, {});
  auto message = mqtt::Message::decode(value);
  return message && put(key, stamp, std::move(*message));
}

void RetainedStore::for_each(const cluster::BucketSet& buckets, const Visit& visit) const {
  std::string value;
  for (const auto& [topic, row] : messages_) {
    if (!buckets[cluster::bucket_of(topic)]) continue;
    value.clear();
    if (row.message) row.message->encode(value);
    visit(topic, row.stamp, value);
  }
}

mqtt::MessagePtr RetainedStore::find(std::string_view topic) const {
  const auto it = messages_.find(topic);
  return it == messages_.end() ? mqtt::MessagePtr() : it->second.message;
}

void RetainedStore::collect_below(const std::string& prefix,
                                  std::vector<Messages::const_iterator>& found) const {
  // prefix is "" (everything) or ends in '/'.
  for (auto it = messages_.lower_bound(prefix); it != messages_.end() && it->first.starts_with(prefix);
       ++it) {
    if (prefix.empty() && it->first.starts_with('$')) continue;  // [MQTT-4.7.2-1]
    found.push_back(it);
  }
}

void RetainedStore::collect(std::string& prefix, std::string_view filter,
                            std::vector<Messages::const_iterator>& found) const {
  const std::size_t slash = filter.find('/');
  const std::string_view level = filter.substr(0, slash);
  const bool last = slash == std::string_view::npos;
  const std::size_t base = prefix.size();
  if (level == "#") {
    // `a/#` matches `a` itself too.
    if (base > 0) {
      const auto parent = messages_.find(std::string_view(prefix).substr(0, base - 1));
      if (parent != messages_.end()) found.push_back(parent);
    }
    return collect_below(prefix, found);
  }
  if (level != "+") {
    prefix += level;
    if (last) {
      const auto it = messages_.find(prefix);
      if (it != messages_.end()) found.push_back(it);
    } else {
      prefix += '/';
      collect(prefix, filter.substr(slash + 1), found);
    }
    prefix.resize(base);
    return;
  }
  auto it = messages_.lower_bound(prefix);
  while (it != messages_.end() && it->first.starts_with(prefix)) {
    const std::string& topic = it->first;
    const std::size_t end = std::min(topic.find('/', base), topic.size());
    const bool hidden = base == 0 && topic.starts_with('$');
    prefix.append(topic, base, end - base);
    if (!hidden && last) {
      const auto exact = messages_.find(prefix);
      if (exact != messages_.end()) found.push_back(exact);
    } else if (!hidden) {
      prefix += '/';
      collect(prefix, filter.substr(slash + 1), found);
      prefix.pop_back();
    }
    // The smallest byte behind '/' in this order leads past everything below this level.
    prefix += '\x01';
    it = messages_.lower_bound(prefix);
    prefix.resize(base);
  }
}

std::vector<RetainedStore::Messages::const_iterator> RetainedStore::lookup(std::string_view filter) const {
  std::vector<Messages::const_iterator> found;
  std::string prefix;
  collect(prefix, filter, found);
  return found;
}

std::vector<mqtt::MessagePtr> RetainedStore::match(std::string_view filter, WallMillis now) const {
  std::vector<mqtt::MessagePtr> result;
  for (const auto& it : lookup(filter)) {
    const Row& row = it->second;
    if (row.message && now < end_of(row).value_or(WallMillis{INT64_MAX})) result.push_back(row.message);
  }
  return result;
}

void RetainedStore::expire(WallMillis now, const Forgotten& forgotten) {
  while (!ends_.empty() && ends_.begin()->first <= now) {
    const auto it = messages_.find(ends_.begin()->second);
    ends_.erase(ends_.begin());
    const Row& row = it->second;
    live_ -= row.message ? 1 : 0;
    digests_[cluster::bucket_of(it->first)] ^= cluster::row_digest(it->first, row.stamp);
    forgotten(it->first);
    messages_.erase(it);
  }
}

}  // namespace meshmq::node
