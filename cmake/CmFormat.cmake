# SPDX-License-Identifier: Apache-2.0
# Targets `format` and `format-check` over the tracked C files.
find_program(CM_CLANG_FORMAT clang-format)
if(CM_CLANG_FORMAT)
	add_custom_target(format
		COMMAND bash -c "git ls-files -z '*.c' '*.h' | xargs -0 ${CM_CLANG_FORMAT} -i"
		WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
	add_custom_target(format-check
		COMMAND ${PROJECT_SOURCE_DIR}/tests/lint/format.sh
		WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
endif()
