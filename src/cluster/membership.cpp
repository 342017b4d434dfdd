#include "cluster/membership.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "cluster/wire.hpp"

namespace meshmq::cluster {

namespace {

constexpr std::uint32_t image_magic = 0x4D4D5132;  // "MMQ2"

}  // namespace

bool supersedes(const MemberRecord& a, const MemberRecord& b) {
  if (a.term != b.term) return a.term > b.term;
  const bool a_removed = a.standing == Standing::removed;
  const bool b_removed = b.standing == Standing::removed;
  if (a_removed != b_removed) return a_removed;
  return b.stamp < a.stamp;
}

bool Membership::is_member(std::string_view node) const {
  const auto it = records_.find(std::string(node));
  return it != records_.end() && it->second.is_member();
}

bool Membership::is_cleaned(std::string_view node) const {
  const auto it = records_.find(std::string(node));
  return it != records_.end() && it->second.standing == Standing::cleaned;
}

bool Membership::is_removed(std::string_view node) const {
  const auto it = records_.find(std::string(node));
  return it != records_.end() && it->second.standing == Standing::removed;
}

bool Membership::alone() const {
  return std::none_of(records_.begin(), records_.end(),
                      [this](const auto& item) { return item.second.is_member() && item.first != self_; });
}

std::vector<std::string> Membership::others() const {
  std::vector<std::string> result;
  for (const auto& [name, record] : records_) {
    if (record.is_member() && name != self_) result.push_back(name);
  }
  return result;
}

std::vector<std::string> Membership::cleaned() const {
  std::vector<std::string> result;
  for (const auto& [name, record] : records_) {
    if (record.standing == Standing::cleaned) result.push_back(name);
  }
  return result;
}

void Membership::set(const std::string& node, Standing standing, std::uint32_t term, Stamp stamp) {
  MemberRecord& record = records_[node];
  MESHMQ_ASSERT(record.stamp < stamp, "a row is never set with an older stamp");
  record = {.standing = standing, .term = term, .stamp = std::move(stamp)};
}

void Membership::join(const std::string& node, Stamp stamp) {
  const auto known = records_.find(node);
  set(node, Standing::member, known == records_.end() ? 1 : known->second.term + 1, std::move(stamp));
}

void Membership::remove(const std::string& node, Stamp stamp) {
  set(node, Standing::removed, records_.at(node).term, std::move(stamp));
}

void Membership::clean(const std::string& node, Stamp stamp) {
  MESHMQ_ASSERT(is_member(node), "only members are cleaned away");
  set(node, Standing::cleaned, records_.at(node).term, std::move(stamp));
}

void Membership::revive(const std::string& node, Stamp stamp) {
  MESHMQ_ASSERT(is_cleaned(node), "only who was cleaned away is revived");
  set(node, Standing::member, records_.at(node).term, std::move(stamp));
}

bool Membership::merge(const MemberRecords& records) {
  bool changed = false;
  for (const auto& [name, incoming] : records) {
    const auto [it, inserted] = records_.try_emplace(name, incoming);
    if (inserted) {
      changed = true;
    } else if (supersedes(incoming, it->second)) {
      it->second = incoming;
      changed = true;
    }
  }
  return changed;
}

void Membership::adopt(ClusterId id, const MemberRecords& records) {
  id_ = id;
  records_ = records;
  left_.erase(id);
  removed_from_.erase(id);
  stays_out_ = false;
}

void Membership::stand_alone(ClusterId fresh, Stamp when, bool sent_away) {
  left_[id_] = {std::move(when), records_.at(self_).term};
  if (sent_away) removed_from_.insert(id_);
  stays_out_ = sent_away;
  while (left_.size() > left_max) {
    auto oldest = left_.begin();
    for (auto it = left_.begin(); it != left_.end(); ++it) {
      if (it->second.when < oldest->second.when) oldest = it;
    }
    removed_from_.erase(oldest->first);
    left_.erase(oldest);
  }
  id_ = fresh;
  records_.clear();
  records_[self_] = {.standing = Standing::member};
}

const Membership::LeftCluster* Membership::left(ClusterId id) const {
  const auto it = left_.find(id);
  return it == left_.end() ? nullptr : &it->second;
}

std::string Membership::image() const {
  std::string out;
  ByteWriter w(out);
  w.u32(image_magic);
  w.bytes16(self_);
  w.u64(id_.value);
  wire::write(w, records_);
  w.u16(static_cast<std::uint16_t>(left_.size()));
  for (const auto& [id, left] : left_) {
    w.u64(id.value);
    wire::write(w, left.when);
    w.u32(left.term);
  }
  w.u8(stays_out_ ? 1 : 0);
  w.u16(static_cast<std::uint16_t>(removed_from_.size()));
  for (const ClusterId id : removed_from_) w.u64(id.value);
  w.u64(hash_bytes(out));
  return out;
}

Result<Membership> Membership::restore(std::string_view image, const std::string& self) {
  if (image.size() < 8) return fail(Errc::malformed, "membership image is cut short");
  const std::string_view body = image.substr(0, image.size() - 8);
  if (ByteReader(image.substr(body.size())).u64() != hash_bytes(body)) {
    return fail(Errc::malformed, "membership image is damaged (checksum)");
  }
  ByteReader r(body);
  if (r.u32() != image_magic) return fail(Errc::malformed, "membership image has an unknown format");
  const std::string_view owner = r.bytes16();
  if (owner != self) {
    return fail(Errc::invalid_argument, "membership image belongs to node '" + std::string(owner) + "'");
  }
  Membership result(self, ClusterId(r.u64()));
  result.records_ = wire::read_records(r);
  const std::size_t count = r.u16();
  for (std::size_t i = 0; i < count && r.ok(); ++i) {
    const ClusterId id(r.u64());
    LeftCluster& left = result.left_[id];
    left.when = wire::read_stamp(r);
    left.term = r.u32();
  }
  result.stays_out_ = r.u8() != 0;
  const std::size_t removed = r.u16();
  for (std::size_t i = 0; i < removed && r.ok(); ++i) result.removed_from_.insert(ClusterId(r.u64()));
  if (!r.ok() || !r.at_end()) return fail(Errc::malformed, "membership image is cut short");
  return result;
}

}  // namespace meshmq::cluster
