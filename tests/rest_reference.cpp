// Prints the reference of the management API as docs/rest-api.md holds it.

#include <cstdio>

#include "rest/openapi.hpp"

int main() {
  std::fputs(meshmq::rest::describe_routes().c_str(), stdout);
  return 0;
}
