#include "net/link_table.hpp"

#include <utility>

namespace meshmq::net {

struct LinkTable::Entry final : ForwardLinkEvents {
  Entry(LinkTable& owner, node::LinkId link_id, std::unique_ptr<ForwardLink> forward_link)
      : table(owner), id(link_id), link(std::move(forward_link)) {}

  void link_frame(std::string_view frame) override {
    if (down) return;
    const Now now = table.host_.turn();
    table.turn_read_ += frame.size();
    table.host_.worker().link_frame(id, frame, now);
  }
  void link_written(std::size_t queued) override {
    if (!pressed || queued >= table.pressure_bytes_) return;
    pressed = false;
    const Now now = table.host_.turn();
    table.host_.worker().link_drained(id, now);
  }
  void link_down() override {
    if (std::exchange(down, true)) return;
    const Now now = table.host_.turn();
    // Destroyed later: this is a call from within the link.
    auto node = table.links_.extract(id);
    table.down_.push_back(std::move(node.mapped()));
    table.host_.worker().link_down(id, now);
  }

  LinkTable& table;
  node::LinkId id;
  std::unique_ptr<ForwardLink> link;
  bool pressed = false;  ///< more than the limit was waiting
  bool down = false;
};

LinkTable::LinkTable(LinkHost& host, std::size_t link_bytes_max)
    : host_(host), pressure_bytes_(link_bytes_max / 2) {}

LinkTable::~LinkTable() = default;

LinkTable::Entry* LinkTable::find(node::LinkId id) {
  const auto it = links_.find(id);
  return it == links_.end() ? nullptr : it->second.get();
}

node::LinkId LinkTable::add(std::unique_ptr<ForwardLink> link) {
  const node::LinkId id(++last_id_);
  links_.emplace(id, std::make_unique<Entry>(*this, id, std::move(link)));
  return id;
}

void LinkTable::start(node::LinkId id) {
  if (Entry* entry = find(id)) entry->link->start(*entry);
}

std::size_t LinkTable::send(node::LinkId id, std::string_view frame) {
  Entry* entry = find(id);
  if (entry == nullptr) return 0;
  const std::size_t queued = entry->link->send(frame);
  if (queued >= pressure_bytes_) entry->pressed = true;
  return queued;
}

void LinkTable::close(node::LinkId id) {
  if (Entry* entry = find(id)) entry->link->close();
}

void LinkTable::reap() {
  down_.clear();
}

void LinkTable::clear() {
  links_.clear();
  down_.clear();
}

}  // namespace meshmq::net
