// Prints the table of configuration keys as docs/configuration.md holds it.

#include <cstdio>

#include "config/schema.hpp"

int main() {
  std::fputs(meshmq::config::describe_keys().c_str(), stdout);
  return 0;
}
