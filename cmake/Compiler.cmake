# Flags that hold for every file. Warnings are errors from the first commit.

set(MESHMQ_FUZZ OFF CACHE BOOL "Only the pure libraries and the fuzzers; needs clang")
set(MESHMQ_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
add_compile_definitions(
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_REGEX BOOST_ASIO_DISABLE_BOOST_DATE_TIME FMT_ENFORCE_COMPILE_STRING=0)

if(MESHMQ_SANITIZE)
  # Sanitized code is slow to optimise: what runs rarely (tests, command lines) is compiled as it stands.
  add_compile_options(-fsanitize=${MESHMQ_SANITIZE} -fno-omit-frame-pointer
                      $<IF:$<BOOL:$<TARGET_PROPERTY:MESHMQ_COLD>>,-O0,-O1>)
  add_link_options(-fsanitize=${MESHMQ_SANITIZE})
  if(MESHMQ_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
    if(NOT MESHMQ_FUZZ)
      # A quarter of the compiler's time, for what ASan sees too or x86 does not mind. The fuzzers keep them.
      add_compile_options(-fno-sanitize=null,alignment,vptr)
    endif()
  endif()
  if(MESHMQ_SANITIZE MATCHES "thread")
    # g++ warns that TSan does not model atomic_thread_fence; the project uses none, Asio's are never reached.
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(MESHMQ_FUZZ)
  # The compiler of everyday is g++; clang's other opinions shall not stop the fuzzers.
  add_compile_options(-fsanitize=fuzzer-no-link -Wno-error)
endif()

# Files of heavy templates and little work: never optimised under sanitizers.
function(meshmq_cold_sources)
  if(MESHMQ_SANITIZE)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -O0)
  endif()
endfunction()

find_program(LLD_PROGRAM ld.lld)
if(LLD_PROGRAM)
  add_link_options(-fuse-ld=lld)
endif()
