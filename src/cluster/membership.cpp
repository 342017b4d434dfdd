#include "cluster/membership.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "cluster/wire.hpp"

namespace meshmq::cluster {

namespace {

constexpr std::uint32_t image_magic = 0x4D4D5131;  // "MMQ1"

}  // namespace

bool Membership::is_member(std::string_view node) const {
  const auto it = records_.find(std::string(node));
  return it != records_.end() && it->second.member;
}

bool Membership::alone() const {
  return std::none_of(records_.begin(), records_.end(),
                      [this](const auto& item) { return item.second.member && item.first != self_; });
}

std::vector<std::string> Membership::others() const {
  std::vector<std::string> result;
  for (const auto& [name, record] : records_) {
    if (record.member && name != self_) result.push_back(name);
  }
  return result;
}

void Membership::set(const std::string& node, bool member, Stamp stamp) {
  MemberRecord& record = records_[node];
  MESHMQ_ASSERT(record.stamp < stamp, "a row is never set with an older stamp");
  record = {.member = member, .stamp = std::move(stamp)};
}

bool Membership::merge(const MemberRecords& records) {
  bool changed = false;
  for (const auto& [name, incoming] : records) {
    const auto [it, inserted] = records_.try_emplace(name, incoming);
    if (inserted) {
      changed = true;
    } else if (it->second.stamp < incoming.stamp) {
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
  left_[id_] = std::move(when);
  if (sent_away) removed_from_.insert(id_);
  stays_out_ = sent_away;
  while (left_.size() > left_max) {
    auto oldest = left_.begin();
    for (auto it = left_.begin(); it != left_.end(); ++it) {
      if (it->second < oldest->second) oldest = it;
    }
    removed_from_.erase(oldest->first);
    left_.erase(oldest);
  }
  id_ = fresh;
  records_.clear();
  records_[self_] = {.member = true, .stamp = {}};
}

const Stamp* Membership::left(ClusterId id) const {
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
  for (const auto& [id, stamp] : left_) {
    w.u64(id.value);
    wire::write(w, stamp);
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
    result.left_[id] = wire::read_stamp(r);
  }
  if (!r.at_end()) {  // images of earlier versions end here
    result.stays_out_ = r.u8() != 0;
    const std::size_t removed = r.u16();
    for (std::size_t i = 0; i < removed && r.ok(); ++i) result.removed_from_.insert(ClusterId(r.u64()));
  }
  if (!r.ok() || !r.at_end()) return fail(Errc::malformed, "membership image is cut short");
  return result;
}

}  // namespace meshmq::cluster
