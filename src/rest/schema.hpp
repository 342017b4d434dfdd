#pragma once
// What JSON values look like, as data: the answers' document is made from it.

#include <span>
#include <string>
#include <string_view>

namespace meshmq::rest {

/// Types are words: `string`, `integer`, `number`, `boolean`, `any`, `counters` (an object of integers), the
/// name of a Shape, `[X]` a list of X, `X|Y` one of both.
struct Field {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  bool optional = false;
};

/// An object with these members and no others.
struct Shape {
  std::string_view name;
  std::string_view help;
  std::span<const Field> fields;
};

/// All shapes that routes name, sorted by name.
std::span<const Shape> shapes();

/// As JSON Schema; shapes are references below `#/components/schemas/`.
std::string schema_of(std::string_view type);
std::string schema_of(const Shape& shape);

}  // namespace meshmq::rest
