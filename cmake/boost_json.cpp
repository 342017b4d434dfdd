// The one translation unit that holds Boost.JSON, which comes as headers.
#include <boost/json/src.hpp>
