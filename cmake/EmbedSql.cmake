# SPDX-License-Identifier: Apache-2.0
# cm_embed_sql(<target> <header> FILES sql...): one constant `sql_<name>` for
# each file, in a header that is generated anew when a file changes. Also run
# as a script (cmake -P) with HEADER and FILES to do the writing.
if(CMAKE_SCRIPT_MODE_FILE)
	set(text "/* Generated from .sql files. */\n")
	foreach(file IN LISTS FILES)
		get_filename_component(name ${file} NAME_WE)
		file(READ ${file} sql)
		string(REGEX REPLACE "--[^\n]*\n" "" sql "${sql}")
		string(REPLACE "\\" "\\\\" sql "${sql}")
		string(REPLACE "\"" "\\\"" sql "${sql}")
		string(REPLACE "\n" "\\n\"\n\t\"" sql "${sql}")
		string(APPEND text
			"static const char sql_${name}[] =\n\t\"${sql}\";\n")
	endforeach()
	file(WRITE ${HEADER} "${text}")
	return()
endif()

set(CM_EMBED_SQL_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(cm_embed_sql target header)
	cmake_parse_arguments(A "" "" "FILES" ${ARGN})
	set(paths "")
	foreach(file IN LISTS A_FILES)
		list(APPEND paths ${CMAKE_CURRENT_SOURCE_DIR}/${file})
	endforeach()
	set(out ${CMAKE_CURRENT_BINARY_DIR}/${header})
	add_custom_command(OUTPUT ${out}
		COMMAND ${CMAKE_COMMAND} "-DHEADER=${out}" "-DFILES=${paths}"
			-P ${CM_EMBED_SQL_SCRIPT}
		DEPENDS ${paths} ${CM_EMBED_SQL_SCRIPT} VERBATIM)
	target_sources(${target} PRIVATE ${out})
	target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
