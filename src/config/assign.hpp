#pragma once
// Values into fields, for the tables of keys.

#include <string>
#include <type_traits>

#include "base/time.hpp"
#include "config/value.hpp"

namespace meshmq::config {

inline void assign(std::string& field, const Value& v) {
  field = v.text;
}
inline void assign(bool& field, const Value& v) {
  field = v.number != 0;
}
inline void assign(Duration& field, const Value& v) {
  field = Duration(v.number);
}
template <class Number>
requires std::is_integral_v<Number>
void assign(Number& field, const Value& v) {
  field = static_cast<Number>(v.number);  // the key's range fits the field
}

}  // namespace meshmq::config
