# SPDX-License-Identifier: Apache-2.0
# How a library, a program and a test are declared: one place, so that every
# target has the same warnings, visibility and checks.

add_library(cm_warnings INTERFACE)
target_compile_options(cm_warnings INTERFACE
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual
	-Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wformat=2
	-Wwrite-strings)

# GNU C library interfaces (ppoll, getrandom, accept4) without compiler extensions.
add_compile_definitions(_GNU_SOURCE)

# cm_library(<name> HEADERS h... SOURCES c... [LINKS lib...] [PRIVATE lib...])
# A static library cm::<name> with its public headers in include/.
function(cm_library name)
	cmake_parse_arguments(A "" "" "HEADERS;SOURCES;LINKS;PRIVATE" ${ARGN})
	string(REPLACE "-" "_" target "cm_${name}")
	add_library(${target} STATIC ${A_SOURCES})
	add_library(cm::${name} ALIAS ${target})
	target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS include
		FILES ${A_HEADERS})
	target_link_libraries(${target} PUBLIC ${A_LINKS}
		PRIVATE cm_warnings ${A_PRIVATE})
endfunction()

# cm_program_library(<name> SOURCES c... [LINKS lib...] [PRIVATE lib...])
# Everything of a program but its main.c, so that tests can link it.
function(cm_program_library name)
	cmake_parse_arguments(A "" "" "SOURCES;LINKS;PRIVATE" ${ARGN})
	string(REPLACE "-" "_" target "cm_${name}")
	add_library(${target} STATIC ${A_SOURCES})
	add_library(cm::${name} ALIAS ${target})
	target_include_directories(${target} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
	target_link_libraries(${target} PUBLIC ${A_LINKS}
		PRIVATE cm_warnings ${A_PRIVATE})
endfunction()

# cm_program(<executable> SOURCES main.c [LINKS lib...])
function(cm_program name)
	cmake_parse_arguments(A "" "" "SOURCES;LINKS" ${ARGN})
	add_executable(${name} ${A_SOURCES})
	target_link_libraries(${name} PRIVATE ${A_LINKS} cm_warnings)
	set_target_properties(${name} PROPERTIES
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
	install(TARGETS ${name} COMPONENT ${name})
endfunction()

# cm_test(<folder>.<module> LABEL label SOURCES c... [LINKS lib...]
#         [FIXTURES name...] [ARGS a...] [TIMEOUT s] [PROCESSORS n])
# A test program; exit code 77 is a skip.
function(cm_test name)
	cmake_parse_arguments(A "" "LABEL;TIMEOUT;PROCESSORS"
		"SOURCES;LINKS;FIXTURES;ARGS;ENVIRONMENT" ${ARGN})
	string(REPLACE "." "_" target "test_${name}")
	add_executable(${target} ${A_SOURCES})
	target_link_libraries(${target} PRIVATE ${A_LINKS} PkgConfig::cmocka
		cm_warnings)
	add_test(NAME ${name} COMMAND ${target} ${A_ARGS})
	cm_test_properties(${name} LABEL ${A_LABEL} FIXTURES ${A_FIXTURES}
		TIMEOUT ${A_TIMEOUT} PROCESSORS ${A_PROCESSORS}
		ENVIRONMENT ${A_ENVIRONMENT})
endfunction()

# cm_script_test(<name> LABEL label COMMAND c a... [FIXTURES name...] ...)
function(cm_script_test name)
	cmake_parse_arguments(A "" "LABEL;TIMEOUT;PROCESSORS"
		"COMMAND;FIXTURES;ENVIRONMENT" ${ARGN})
	add_test(NAME ${name} COMMAND ${A_COMMAND})
	cm_test_properties(${name} LABEL ${A_LABEL} FIXTURES ${A_FIXTURES}
		TIMEOUT ${A_TIMEOUT} PROCESSORS ${A_PROCESSORS}
		ENVIRONMENT ${A_ENVIRONMENT})
endfunction()

function(cm_test_properties name)
	cmake_parse_arguments(A "" "LABEL;TIMEOUT;PROCESSORS"
		"FIXTURES;ENVIRONMENT" ${ARGN})
	set_tests_properties(${name} PROPERTIES LABELS "${A_LABEL}"
		SKIP_RETURN_CODE 77 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
	if(A_TIMEOUT)
		set_tests_properties(${name} PROPERTIES TIMEOUT ${A_TIMEOUT})
	endif()
	if(A_PROCESSORS)
		set_tests_properties(${name} PROPERTIES PROCESSORS ${A_PROCESSORS})
	endif()
	if(A_FIXTURES)
		set_tests_properties(${name} PROPERTIES
			FIXTURES_REQUIRED "${A_FIXTURES}")
	endif()
	if(A_ENVIRONMENT)
		set_tests_properties(${name} PROPERTIES
			ENVIRONMENT "${A_ENVIRONMENT}")
	endif()
endfunction()

# cm_fuzz(<module> SOURCES c... [LINKS lib...]): a libFuzzer target and a short
# run of it over tests/fuzz/corpus/<module> with the label fuzz.
function(cm_fuzz name)
	cmake_parse_arguments(A "" "" "SOURCES;LINKS" ${ARGN})
	if(NOT CM_FUZZ)
		return()
	endif()
	add_executable(fuzz_${name} ${A_SOURCES})
	target_link_libraries(fuzz_${name} PRIVATE ${A_LINKS} cm_warnings)
	target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
	set(seeds ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
	file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/corpus/${name})
	set(seconds $ENV{CM_FUZZ_SECONDS})
	if(NOT seconds)
		set(seconds 5)
	endif()
	add_test(NAME fuzz.${name} COMMAND fuzz_${name} -max_total_time=${seconds}
		-max_len=70000 -rss_limit_mb=1024 -timeout=10
		-artifact_prefix=${CMAKE_BINARY_DIR}/fuzz_${name}-
		${CMAKE_BINARY_DIR}/corpus/${name} ${seeds})
	set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz)
endfunction()
