# Boost.JSON comes as headers; whoever uses it links this one translation unit.
add_library(meshmq_boost_json STATIC ${CMAKE_SOURCE_DIR}/cmake/boost_json.cpp)
set_target_properties(meshmq_boost_json PROPERTIES MESHMQ_COLD ON)
target_link_libraries(meshmq_boost_json PUBLIC Boost::headers)
