/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H
/* Functions with a known way to overflow, race or give silently wrong values.
 * Included last by every .c file; using one is a build error. */
/* glibc's stdlib.h brings this one as a macro. */
#undef alloca
#pragma GCC poison strcpy strcat strncpy sprintf vsprintf gets strtok atoi
/* glibc makes it a macro */
#undef alloca
#pragma GCC poison gmtime localtime alloca system popen
#endif
