# SPDX-License-Identifier: Apache-2.0
# Third-party libraries. Each is linked PRIVATE by the one library whose
# adapter file includes its header (tests/lint/includes.sh checks that).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
pkg_check_modules(mosquitto REQUIRED IMPORTED_TARGET libmosquitto>=2.0.11)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
pkg_check_modules(cjson REQUIRED IMPORTED_TARGET libcjson>=1.7.15)
pkg_check_modules(inih REQUIRED IMPORTED_TARGET inih)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq>=15)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(microhttpd REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl>=7.85)
if(CM_BUILD_TESTS)
	pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka>=1.1.5)
endif()
