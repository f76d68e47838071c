/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stddef.h>

#include "base/banned.h"

struct row {
	enum err code;
	const char *name;
	const char *advice;
};

static const struct row rows[] = {
	{ ERR_OK, "ok", "nothing to do" },
	{ ERR_USAGE, "usage", "call it as the manual page says" },
	{ ERR_STATE, "state", "report this as a defect of the program" },
	{ ERR_SPACE, "space", "report this as a defect of the program" },
	{ ERR_TOO_LARGE, "too_large", "split the input and send it again" },
	{ ERR_BAD_ENCODING, "bad_encoding",
	    "compare the sender's encoding with formats.md section 1" },
	{ ERR_JSON, "json", "correct the JSON at the offset named" },
	{ ERR_UTF8, "utf8", "send the text as UTF-8" },
	{ ERR_CONFIG, "config", "correct the line of the file named" },
	{ ERR_SYNTAX, "syntax", "correct the text at the place named" },
	{ ERR_CHECK_DIGIT, "check_digit",
	    "scan again; a wrong check digit is a reading or typing error" },
	{ ERR_CHARSET, "charset", "use the characters GS1 allows here" },
	{ ERR_LENGTH, "length", "use the length GS1 allows here" },
	{ ERR_UNKNOWN_AI, "unknown_ai",
	    "use application identifiers of the GS1 General Specifications" },
	{ ERR_TRUNCATED, "truncated", "scan or send the whole code again" },
	{ ERR_SYMBOLOGY, "symbology", "set the scanner to send AIM prefixes" },
	{ ERR_DATE, "date", "use a date that the calendar has" },
	{ ERR_UNSUPPORTED, "unsupported", "use a form the manual lists" },
	{ ERR_GS_MISSING, "gs_missing",
	    "set the scanner to transmit FNC1 as GS (byte 1D)" },
	{ ERR_BAD_SIGNATURE, "bad_signature",
	    "check which key the device holds and which is enrolled" },
	{ ERR_UNKNOWN_DEVICE, "unknown_device", "enrol the device" },
	{ ERR_REVOKED, "revoked", "enrol the device again under a new key" },
	{ ERR_EPOCH, "epoch", "use the newest key epoch of the device" },
	{ ERR_FORK, "fork",
	    "stop the device: two different statements hold one place" },
	{ ERR_GAP, "gap", "send the missing statements first" },
	{ ERR_SCHEMA, "schema", "correct the member named and send again" },
	{ ERR_FORBIDDEN, "forbidden", "ask the authority for this right" },
	{ ERR_SUSPENDED, "suspended",
	    "ask the authority to look at the device" },
	{ ERR_PROOF, "proof", "do not trust the data; run the audit" },
	{ ERR_EXISTS, "exists",
	    "choose another name, or end or remove what has it" },
	{ ERR_NOT_FOUND, "not_found", "check the name" },
	{ ERR_FENCED, "fenced", "wait as standby; another process is writing" },
	{ ERR_REWIND, "rewind",
	    "do not start: restore a newer copy, this one is older than what "
	    "was signed" },
	{ ERR_MOVED, "moved",
	    "one machine exports, the next imports; only the last one runs" },
	{ ERR_GCP_UNKNOWN, "gcp_unknown",
	    "use the Digital Link form, or give a newer list of GS1 company "
	    "prefix lengths" },
	{ ERR_IO, "io", "check the file, its rights and the space left" },
	{ ERR_DB, "db", "check the database and its log" },
	{ ERR_MQTT, "mqtt", "check the broker, its log and the credentials" },
	{ ERR_NET, "net", "check the address and the network" },
	{ ERR_TIMEOUT, "timeout",
	    "try again; check the load of the other side" },
	{ ERR_CLOCK, "clock", "set the clock and keep it synchronised" },
	{ ERR_NOMEM, "nomem", "give the program more memory" },
	{ ERR_FULL, "full", "wait until the queue or the disk has room" },
	{ ERR_LIMIT, "limit", "stay below the limit named" },
};

static const struct row *
row_of(enum err e)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].code == e)
			return &rows[i];
	}
	return NULL;
}

const char *
err_name(enum err e)
{
	const struct row *r = row_of(e);

	return r != NULL ? r->name : "unknown";
}

const char *
err_advice(enum err e)
{
	const struct row *r = row_of(e);

	return r != NULL ? r->advice : "report this as a defect of the program";
}

int
err_category(enum err e)
{
	return (int)e / 100 * 100;
}
