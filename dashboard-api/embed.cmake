# SPDX-License-Identifier: Apache-2.0
# cmake -DIN=file -DOUT=header -DNAME=array -P embed.cmake
file(READ ${IN} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))"
	"\t\\1\n" bytes "${bytes}")
file(WRITE ${OUT}
	"/* Generated from ${NAME}. */\nstatic const unsigned char ${NAME}[] = {\n${bytes}\n};\n")
