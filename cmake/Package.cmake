# The Debian package: `make package`. What is installed where, and what dpkg needs to know of it.

set(MESHMQ_PACKAGE_VERSION "${PROJECT_VERSION}" CACHE STRING "Version of the package, see tools/package_version.sh")
set(packaging ${CMAKE_SOURCE_DIR}/packaging/deb)
set(made ${CMAKE_BINARY_DIR}/package)

# ---- manual pages and completion, written by the program that knows the tables
set(pages meshmq.1 meshmq_ctl.1 meshmq.conf.5)
list(TRANSFORM pages PREPEND ${made}/ OUTPUT_VARIABLE page_files)
list(TRANSFORM page_files APPEND .gz OUTPUT_VARIABLE page_archives)
set(completions ${made}/meshmq.bash ${made}/_meshmq ${made}/_meshmq_ctl)
add_custom_command(
  OUTPUT ${page_archives} ${completions}
  COMMAND meshmq_write_manual ${made}
  COMMAND gzip -9nf ${page_files}
  DEPENDS meshmq_write_manual
  VERBATIM)
add_custom_target(package_files DEPENDS dashboard meshmq meshmq_ctl meshmq_bench ${page_archives} ${completions})

# ---- the configuration with the package's directories
file(READ ${CMAKE_SOURCE_DIR}/etc/meshmq.conf configuration)
foreach(change "node.data_dir = data|node.data_dir = /var/lib/meshmq" "#log.dir = log|log.dir = /var/log/meshmq"
        "#acl_file = etc/acl.conf|acl_file = /etc/meshmq/acl.conf")
  string(REPLACE "|" ";" change "${change}")
  list(GET change 0 from)
  list(GET change 1 to)
  string(FIND "${configuration}" "\n${from}\n" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "etc/meshmq.conf has no line '${from}': cmake/Package.cmake changes it")
  endif()
  string(REPLACE "\n${from}\n" "\n${to}\n" configuration "${configuration}")
endforeach()
file(WRITE ${made}/meshmq.conf "${configuration}")

# ---- files
install(TARGETS meshmq meshmq_ctl meshmq_bench RUNTIME DESTINATION bin COMPONENT package)
install(FILES ${made}/meshmq.1.gz ${made}/meshmq_ctl.1.gz DESTINATION share/man/man1 COMPONENT package)
install(FILES ${made}/meshmq.conf.5.gz DESTINATION share/man/man5 COMPONENT package)
install(FILES ${made}/meshmq.bash DESTINATION share/bash-completion/completions RENAME meshmq COMPONENT package)
install(FILES ${made}/meshmq.bash DESTINATION share/bash-completion/completions RENAME meshmq_ctl COMPONENT package)
install(FILES ${made}/_meshmq ${made}/_meshmq_ctl DESTINATION share/zsh/vendor-completions COMPONENT package)
install(FILES ${packaging}/copyright DESTINATION share/doc/meshmq COMPONENT package)
install(FILES ${made}/changelog.gz DESTINATION share/doc/meshmq COMPONENT package)
install(FILES ${packaging}/lintian-overrides DESTINATION share/lintian/overrides RENAME meshmq COMPONENT package)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/systemd/meshmq.service DESTINATION /lib/systemd/system COMPONENT package)
install(FILES ${made}/meshmq.conf ${CMAKE_SOURCE_DIR}/etc/acl.conf ${CMAKE_SOURCE_DIR}/etc/ssl_dist.conf
        DESTINATION /etc/meshmq COMPONENT package)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/etc/plugins DESTINATION /etc/meshmq COMPONENT package)

# ---- dpkg
set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};${PROJECT_NAME};package;/")
set(CPACK_PACKAGE_NAME meshmq)
set(CPACK_PACKAGE_VERSION ${MESHMQ_PACKAGE_VERSION})
set(CPACK_PACKAGE_CONTACT "MeshMQ <meshmq@meshmq.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "clustered MQTT broker for versions 3.1, 3.1.1 and 5.0")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "One node or a cluster of equals: nodes find each other and authenticate as
Erlang nodes do, keep EMQ X 4.3's configuration keys and command words, and
acknowledge messages between each other. Clients connect over TCP, TLS,
WebSocket and Unix sockets.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${packaging}/postinst ${packaging}/prerm ${packaging}/postrm
                                       ${packaging}/conffiles)
include(CPack)
