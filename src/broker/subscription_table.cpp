#include "broker/subscription_table.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace meshmq::broker {

SubscriberList::~SubscriberList() {
  if (capacity_ != 0) delete[] many;
}

void SubscriberList::add(Subscriber subscriber) {
  const std::uint32_t room = capacity_ == 0 ? 1 : capacity_;
  if (size_ == room) {
    const std::uint32_t capacity = room * 2;
    auto* larger = new Subscriber[capacity];
    std::copy_n(data(), size_, larger);
    if (capacity_ != 0) delete[] many;
    many = larger;
    capacity_ = capacity;
  }
  data()[size_++] = subscriber;
}

void SubscriberList::remove(std::uint32_t index) {
  MESHMQ_ASSERT(index < size_, "no such subscriber");
  Subscriber* all_of_them = data();
  const Subscriber last = all_of_them[--size_];
  if (index != size_) {
    all_of_them[index] = last;
    last.session->subscriptions[last.position].index = index;
  }
  if (capacity_ < 8 || size_ > capacity_ / 4) return;
  const std::uint32_t capacity = capacity_ / 2;
  auto* smaller = new Subscriber[capacity];
  std::copy_n(many, size_, smaller);
  delete[] many;
  many = smaller;
  capacity_ = capacity;
}

SubscriptionTable::Subscribed SubscriptionTable::subscribe(Session& session, std::string_view filter,
                                                           SubscriptionOptions options) {
  SubscriberList& list = table_.insert(filter).first;
  if (Subscriber* known = find(session, list)) {
    known->options = options;
    return {list, false};
  }
  const auto position = static_cast<std::uint32_t>(session.subscriptions.size());
  session.subscriptions.push_back({&list, static_cast<std::uint32_t>(list.size())});
  list.add({&session, options, position});
  ++size_;
  return {list, true};
}

SubscriptionTable::Unsubscribed SubscriptionTable::unsubscribe(Session& session, std::string_view filter) {
  SubscriberList* list = table_.find(filter);
  Subscriber* subscriber = list == nullptr ? nullptr : find(session, *list);
  if (subscriber == nullptr) return Unsubscribed::not_found;
  remove(session, *subscriber);
  if (!list->empty()) return Unsubscribed::others_remain;
  table_.erase(filter);
  return Unsubscribed::was_last;
}

bool SubscriptionTable::unsubscribe_any(Session& session, std::string& last_filter) {
  const SubscriptionRef ref = session.subscriptions.back();
  remove(session, (*ref.list)[ref.index]);
  if (!ref.list->empty()) return false;
  last_filter = filter_of(*ref.list);
  table_.erase(last_filter);
  return true;
}

Subscriber* SubscriptionTable::find(Session& session, SubscriberList& list) {
  if (list.size() <= session.subscriptions.size()) {
    const auto all = list.all();
    const auto it =
        std::find_if(all.begin(), all.end(), [&](const Subscriber& s) { return s.session == &session; });
    return it == all.end() ? nullptr : &*it;
  }
  const auto it = std::find_if(session.subscriptions.begin(), session.subscriptions.end(),
                               [&](const SubscriptionRef& ref) { return ref.list == &list; });
  return it == session.subscriptions.end() ? nullptr : &list[it->index];
}

void SubscriptionTable::remove(Session& session, Subscriber& subscriber) {
  const std::uint32_t position = subscriber.position;
  SubscriptionRef& ref = session.subscriptions[position];
  ref.list->remove(ref.index);
  const SubscriptionRef last = session.subscriptions.back();
  session.subscriptions.pop_back();
  if (position != session.subscriptions.size()) {
    session.subscriptions[position] = last;
    (*last.list)[last.index].position = position;
  }
  --size_;
}

}  // namespace meshmq::broker
