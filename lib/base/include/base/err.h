/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ERR_H
#define BASE_ERR_H
/*
 * The one list of results. Numbers are explicit and never reused; hundreds are
 * categories that decide the reaction (HTTP status, quarantine, retry, exit).
 * err_name() of the 3xx codes and of ERR_TOO_LARGE, ERR_BAD_ENCODING are the
 * words of formats.md 3.3 and travel in receipts.
 */
#define CM_MUST_USE __attribute__((warn_unused_result))
#define CM_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum err {
	ERR_OK = 0,
	/* 100: the caller's bug */
	ERR_USAGE = 100,
	ERR_STATE = 101,
	ERR_SPACE = 102, /* output space too small */
	/* 200: malformed input */
	ERR_TOO_LARGE = 200,
	ERR_BAD_ENCODING = 201,
	ERR_JSON = 202,
	ERR_UTF8 = 203,
	ERR_CONFIG = 204,
	ERR_SYNTAX = 205,
	ERR_CHECK_DIGIT = 206,
	ERR_CHARSET = 207,
	ERR_LENGTH = 208,
	ERR_UNKNOWN_AI = 209,
	ERR_TRUNCATED = 210,
	ERR_SYMBOLOGY = 211,
	ERR_DATE = 212,
	ERR_UNSUPPORTED = 213,
	ERR_GS_MISSING = 214,
	/* 300: the input is well formed and the answer is no */
	ERR_BAD_SIGNATURE = 300,
	ERR_UNKNOWN_DEVICE = 301,
	ERR_REVOKED = 302,
	ERR_EPOCH = 303,
	ERR_FORK = 304,
	ERR_GAP = 305,
	ERR_SCHEMA = 306,
	ERR_FORBIDDEN = 307,
	ERR_SUSPENDED = 308,
	ERR_PROOF = 309, /* a hash, path, chain or root does not fit */
	/* 400: conflict with what is there */
	ERR_EXISTS = 400,
	ERR_NOT_FOUND = 401,
	ERR_FENCED = 402, /* another sequencer holds the log */
	ERR_REWIND = 403, /* ours is behind or beside the high-water mark */
	ERR_MOVED = 404,  /* it goes on at another place */
	ERR_GCP_UNKNOWN = 405, /* nobody says how long its company prefix is */
	/* 500: the outside world */
	ERR_IO = 500,
	ERR_DB = 501,
	ERR_MQTT = 502,
	ERR_NET = 503,
	ERR_TIMEOUT = 504,
	ERR_CLOCK = 505,
	/* 900: exhausted */
	ERR_NOMEM = 900,
	ERR_FULL = 901,
	ERR_LIMIT = 902,
};

/* Stable lower-case word of a code ("bad_encoding"); "unknown" otherwise. */
const char *err_name(enum err e);

/* One sentence of advice for whoever reads the log. Never NULL. */
const char *err_advice(enum err e);

/* The hundred of a code: 0, 100, 200, … */
int err_category(enum err e);

#endif
