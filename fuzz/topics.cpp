// Topic names and filters: the table finds exactly what a plain comparison level by level finds.

#include <algorithm>
#include <map>
#include <vector>

#include "fuzz.hpp"
#include "topic/delayed_topic.hpp"
#include "topic/filter.hpp"
#include "topic/rewrite.hpp"
#include "topic/shared_filter.hpp"
#include "topic/topic_table.hpp"

namespace meshmq::fuzz {
namespace {

std::vector<std::string_view> levels(std::string_view topic) {
  std::vector<std::string_view> all;
  for (;;) {
    const std::size_t end = topic.find('/');
    all.push_back(topic.substr(0, end));
    if (end == std::string_view::npos) return all;
    topic.remove_prefix(end + 1);
  }
}

/// [MQTT5 4.7] in the plainest words.
bool plainly_matches(std::string_view filter, std::string_view name) {
  if (name.front() == '$' && (filter.front() == '+' || filter.front() == '#')) return false;
  const auto wanted = levels(filter);
  const auto found = levels(name);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == "#") return true;  // `a/#` matches `a` too
    if (i == found.size()) return false;
    if (wanted[i] != "+" && wanted[i] != found[i]) return false;
  }
  return wanted.size() == found.size();
}

bool plainly_valid_filter(std::string_view filter) {
  if (filter.empty() || filter.size() > 65535 || !topic::is_valid_utf8(filter)) return false;
  const auto all = levels(filter);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].find('#') != std::string_view::npos && (all[i] != "#" || i + 1 != all.size())) return false;
    if (all[i].find('+') != std::string_view::npos && all[i] != "+") return false;
  }
  return true;
}

void check_text(std::string_view text) {
  const bool is_filter = topic::is_valid_filter(text);
  FUZZ_CHECK(is_filter == plainly_valid_filter(text));
  FUZZ_CHECK(topic::is_valid_name(text) == (is_filter && text.find_first_of("+#") == std::string_view::npos));
  if (is_filter) FUZZ_CHECK(topic::level_count(text) == levels(text).size());
  const auto shared = topic::parse_shared(text);
  if (!shared) return;
  FUZZ_CHECK(topic::is_shared(text));
  FUZZ_CHECK(topic::is_valid_filter(shared->filter) && !topic::is_shared(shared->filter));
  FUZZ_CHECK(!shared->group.empty() && shared->group.find_first_of("+#/") == std::string_view::npos);
}

/// What EMQ X's extensions make of it is a topic or filter again, and a name stays a name.
void check_extensions(std::string_view text) {
  constexpr WallMillis now = 1'700'000'000'000;
  if (const auto delayed = topic::parse_delayed(text, now)) {
    FUZZ_CHECK(topic::is_valid_name(delayed->topic) && !topic::is_delayed(delayed->topic));
    FUZZ_CHECK(delayed->due <= now + topic::delay_s_max * 1000);
    FUZZ_CHECK(topic::final_topic(text) == delayed->topic);
  }
  if (!topic::is_valid_filter(text)) return;
  static const topic::Rewrites rules = [] {
    std::vector<topic::RewriteRule> all;
    for (const std::string_view rule : {"# ^(.*)$ $1/$1", "a/# (.)/(.*)$ $2%c/$1", "+/b ^(.+)/b$ $1/%u/#"})
      all.push_back(std::move(*topic::RewriteRule::parse(rule)));
    return topic::Rewrites(std::move(all));
  }();
  std::string storage;
  const std::string_view other = rules.apply(text, {text, "u"}, storage);
  FUZZ_CHECK(topic::is_valid_filter(other));
  FUZZ_CHECK(!topic::is_valid_name(text) || topic::is_valid_name(other));
}

/// Lines: `-filter` takes it out of the table, `=name` looks up, other text goes into the table.
void run(Input input) {
  topic::TopicTable<int> table(7);
  std::map<std::string, int, std::less<>> model;
  std::string_view all = input.rest();
  for (int number = 1; !all.empty() && number < 200; ++number) {
    const ExactCopy copy(all.substr(0, all.find('\n')));
    all.remove_prefix(std::min(copy.bytes().size() + 1, all.size()));
    std::string_view text = copy.bytes();
    const char what = text.empty() ? ' ' : text.front();
    if (what == '-' || what == '=') text.remove_prefix(1);
    check_text(text);
    check_extensions(text);
    if (what == '=') {
      if (!topic::is_valid_name(text)) continue;
      std::vector<int> found;
      std::vector<int> expected;
      table.match(text, [&](int value) { found.push_back(value); });
      for (const auto& [filter, value] : model) {
        const bool matches = plainly_matches(filter, text);
        FUZZ_CHECK(matches == topic::matches(filter, text));
        if (matches) expected.push_back(value);
      }
      std::sort(found.begin(), found.end());
      std::sort(expected.begin(), expected.end());
      FUZZ_CHECK(found == expected);
    } else if (topic::is_valid_filter(text)) {
      if (what == '-') {
        const auto at = model.find(text);
        FUZZ_CHECK(table.erase(text) == (at != model.end()));
        if (at != model.end()) model.erase(at);
      } else {
        table.insert(text).first = number;
        model[std::string(text)] = number;
      }
    }
  }
}

}  // namespace
}  // namespace meshmq::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  meshmq::fuzz::run(meshmq::fuzz::Input(data, size));
  return 0;
}
