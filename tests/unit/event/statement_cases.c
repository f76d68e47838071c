/* SPDX-License-Identifier: Apache-2.0 */
#include "statement_parts.h"

#include "base/banned.h"

/* A row a vector: what is changed in the good message, and what a reader of
 * formats.md must answer. Rows of data, so the file is longer than others. */
const struct part_case statement_cases[] = {
	{ "smallest", ERR_OK, NULL, false, { { PART_TAIL, NULL } } },
	{ "product", ERR_OK, NULL, false,
	    { { PART_SUB, "\"https://id.gs1.org/01/09506000134352/21/A1" },
		{ PART_PAYLOAD,
		    "'{\"@context\":[\"https://ref.gs1.org/standards/epcis/"
		    "2.0.0/"
		    "epcis-context.jsonld\"],\"type\":\"EPCISDocument\","
		    "\"schemaVersion\":\"2.0\",\"creationDate\":\"2025-11-"
		    "25T13:02:56Z\",\"epcisBody\":{\"eventList\":[{\"type\":"
		    "\"ObjectEvent\",\"eventTime\":\"2025-11-25T13:02:56."
		    "123Z\",\"eventTimeZoneOffset\":\"+00:00\",\"epcList\":["
		    "\"https://id.gs1.org/01/09506000134352/21/"
		    "A1\"],\"action\":\"ADD\",\"bizStep\":\"commissioning\","
		    "\"disposition\":\"active\",\"readPoint\":{\"id\":\"https:/"
		    "/id.gs1.org/414/9506000111117\"}}]}}" } } },
	{ "registry", ERR_OK, NULL, false,
	    { { PART_TYPE, "\"application/vnd.countermark.registry+json" },
		{ PART_SUB, "\"line-1" },
		{ PART_PAYLOAD, "'{\"type\":\"heartbeat\",\"id\":\"line-1\","
				"\"op\":\"set\",\"from\":1764075776123}" } } },
	{ "seen", ERR_OK, NULL, false,
	    { { PART_CLAIMS, "ab" }, { PART_SEEN_KEY, "\"seen" },
		{ PART_SEEN, "82182a5820bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
			     "bbbbbbbbbbbbbbbbbbbbbbbbb" } } },
	{ "seen index of 64 bits", ERR_OK, NULL, false,
	    { { PART_CLAIMS, "ab" }, { PART_SEEN_KEY, "\"seen" },
		{ PART_SEEN, "821bffffffffffffffff5820bbbbbbbbbbbbbbbbbbbbbbbbb"
			     "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" } } },
	{ "no clock", ERR_OK, NULL, false,
	    { { PART_IAT, "00" }, { PART_WALL, "00" }, { PART_CLOCK, "00" } } },
	{ "clock rtc", ERR_OK, NULL, false, { { PART_CLOCK, "01" } } },
	{ "clock authenticated", ERR_OK, NULL, false,
	    { { PART_CLOCK, "03" } } },
	{ "clock ntp at wall 0", ERR_OK, NULL, false,
	    { { PART_IAT, "00" }, { PART_WALL, "00" } } },
	{ "wall below a second", ERR_OK, NULL, false,
	    { { PART_IAT, "00" }, { PART_WALL, "1903e7" } } },
	{ "seq 23", ERR_OK, NULL, false, { { PART_SEQ, "17" } } },
	{ "seq 24", ERR_OK, NULL, false, { { PART_SEQ, "1818" } } },
	{ "seq 255", ERR_OK, NULL, false, { { PART_SEQ, "18ff" } } },
	{ "seq 256", ERR_OK, NULL, false, { { PART_SEQ, "190100" } } },
	{ "seq 65535", ERR_OK, NULL, false, { { PART_SEQ, "19ffff" } } },
	{ "seq 65536", ERR_OK, NULL, false, { { PART_SEQ, "1a00010000" } } },
	{ "seq 4294967295", ERR_OK, NULL, false,
	    { { PART_SEQ, "1affffffff" } } },
	{ "seq 4294967296", ERR_OK, NULL, false,
	    { { PART_SEQ, "1b0000000100000000" } } },
	{ "seq 18446744073709551615", ERR_OK, NULL, false,
	    { { PART_SEQ, "1bffffffffffffffff" } } },
	{ "epoch 24", ERR_OK, NULL, false, { { PART_EPOCH, "1818" } } },
	{ "mono 0", ERR_OK, NULL, false, { { PART_MONO, "00" } } },
	{ "mono of 64 bits", ERR_OK, NULL, false,
	    { { PART_MONO, "1bffffffffffffffff" } } },
	{ "prev", ERR_OK, NULL, false,
	    { { PART_SEQ, "02" },
		{ PART_PREV, "5820ababababababababababababababababababababababa"
			     "bababababababababab" } } },
	{ "sub empty", ERR_OK, NULL, false, { { PART_SUB, "60" } } },
	{ "sub beyond ASCII", ERR_OK, NULL, false,
	    { { PART_SUB, "\"urn:x:grüß-中-😀" } } },
	{ "payload empty", ERR_OK, NULL, false, { { PART_PAYLOAD, "40" } } },
	{ "payload no JSON", ERR_OK, NULL, false,
	    { { PART_PAYLOAD, "'cm:sealed {" } } },
	{ "payload cut JSON with cm:sealed", ERR_OK, NULL, false,
	    { { PART_PAYLOAD, "'{\"cm:sealed\":{}" } } },
	{ "payload trailing text after cm:sealed", ERR_OK, NULL, false,
	    { { PART_PAYLOAD, "'{\"cm:sealed\":{}} x" } } },
	{ "payload array with cm:sealed", ERR_OK, NULL, false,
	    { { PART_PAYLOAD, "'[{\"cm:sealed\":{}}]" } } },
	{ "payload cm:sealed below the top", ERR_OK, NULL, false,
	    { { PART_PAYLOAD, "'{\"a\":{\"cm:sealed\":{}}}" } } },
	{ "payload cm:sealed as a value", ERR_OK, NULL, false,
	    { { PART_PAYLOAD, "'{\"a\":\"cm:sealed\"}" } } },
	{ "payload longer name", ERR_OK, NULL, false,
	    { { PART_PAYLOAD, "'{\"cm:sealedX\":1,\"xcm:sealed\":2}" } } },
	{ "payload name in other case", ERR_OK, NULL, false,
	    { { PART_PAYLOAD, "'{\"cm:Sealed\":1,\"\\u0043m:sealed\":2}" } } },
	{ "payload escapes without it", ERR_OK, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"a\\n\":\"\\\"}{\",\"b\":[1,{\"c\":\"]\"}]}" } } },
	{ "no tag", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_TAG, "" } } },
	{ "tag 17", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_TAG, "d1" } } },
	{ "tag 98", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_TAG, "d862" } } },
	{ "tag 18 in a long form", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_TAG, "d812" } } },
	{ "two tags", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_TAG, "d2d2" } } },
	{ "array of 3", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_ARRAY, "83" } } },
	{ "array of 5", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_ARRAY, "85" }, { PART_TAIL, "00" } } },
	{ "array in a long form", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_ARRAY, "9804" } } },
	{ "array of indefinite length", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_ARRAY, "9f" }, { PART_TAIL, "ff" } } },
	{ "array with a huge count", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_ARRAY, "9bffffffffffffffff" } } },
	{ "map in place of the array", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_ARRAY, "a4" } } },
	{ "header no byte string", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_HEADER, "a0" } } },
	{ "header of indefinite length", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_HEADER, "5fff" } } },
	{ "header longer than the input", ERR_BAD_ENCODING, "formats 1.1",
	    false, { { PART_HEADER, "5b7fffffffffffffff" } } },
	{ "header length of 64 bits", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_HEADER, "5bffffffffffffffff" } } },
	{ "header length in a long form", ERR_BAD_ENCODING, "formats 1.1",
	    false, { { PART_HEADER, "590001a0" } } },
	{ "header empty", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_HEADER, "40" } } },
	{ "openings empty", ERR_BAD_ENCODING, "formats 1.6", false,
	    { { PART_UNPROTECTED, "a1686f70656e696e6773a0" } } },
	{ "openings", ERR_BAD_ENCODING, "formats 1.6", false,
	    { { PART_UNPROTECTED,
		"a1686f70656e696e6773a1622f618258201111111111111111111111111111"
		"1111111111111111111111111111111111116178" } } },
	{ "unprotected kid", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_UNPROTECTED, "a1044101" } } },
	{ "unprotected text label", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_UNPROTECTED, "a1617800" } } },
	{ "unprotected of indefinite length", ERR_BAD_ENCODING, "formats 1.1",
	    false, { { PART_UNPROTECTED, "bfff" } } },
	{ "unprotected in a long form", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_UNPROTECTED, "b800" } } },
	{ "unprotected no map", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_UNPROTECTED, "80" } } },
	{ "unprotected null", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_UNPROTECTED, "f6" } } },
	{ "payload detached", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_PAYLOAD, "f6" } } },
	{ "payload text", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_PAYLOAD, "\"{}" } } },
	{ "payload in a long form", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_PAYLOAD, "58027b7d" } } },
	{ "payload of indefinite length", ERR_BAD_ENCODING, "formats 1.1",
	    false, { { PART_PAYLOAD, "5f427b7dff" } } },
	{ "signature of 63 bytes", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_SIGNATURE, "583f111111111111111111111111111111111111111111"
				"1111111111111111111111111111111111111111111111"
				"11111111111111111111111111111111111111" } } },
	{ "signature of 65 bytes", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_SIGNATURE,
		"58411111111111111111111111111111111111111111111111111111111111"
		"11111111111111111111111111111111111111111111111111111111111111"
		"1111111111" } } },
	{ "signature text", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_SIGNATURE,
		"78403131313131313131313131313131313131313131313131313131313131"
		"31313131313131313131313131313131313131313131313131313131313131"
		"31313131" } } },
	{ "signature cut", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_SIGNATURE, "5840111111111111111111111111111111111111111111"
				"1111111111111111111111111111111111111111111111"
				"11111111111111111111111111111111111111" } } },
	{ "signature missing", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_SIGNATURE, "" } } },
	{ "trailing byte", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_TAIL, "00" } } },
	{ "header map of 3", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_MAP, "a3" } } },
	{ "header map of 5", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_MAP, "a5" } } },
	{ "header map in a long form", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_MAP, "b804" } } },
	{ "header map of indefinite length", ERR_BAD_ENCODING, "formats 1.2",
	    false, { { PART_MAP, "bf" }, { PART_HEADER_TAIL, "ff" } } },
	{ "alg ES256", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_ALG, "26" } } },
	{ "alg positive", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_ALG, "08" } } },
	{ "alg text", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_ALG, "\"EdDSA" } } },
	{ "alg in a long form", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_ALG, "3807" } } },
	{ "labels out of order", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_ALG_LABEL, "03" }, { PART_ALG, "\"application/ld+json" },
		{ PART_TYPE_LABEL, "01" }, { PART_TYPE, "27" } } },
	{ "label twice", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_TYPE_LABEL, "01" }, { PART_TYPE, "27" } } },
	{ "label in a long form", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_ALG_LABEL, "1801" } } },
	{ "label negative", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_ALG_LABEL, "20" } } },
	{ "label crit", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_ALG_LABEL, "02" } } },
	{ "content type number", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_TYPE, "1832" } } },
	{ "content type text/plain", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_TYPE, "\"text/plain" } } },
	{ "content type of receipts", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_TYPE, "\"application/vnd.countermark.receipt+json" } } },
	{ "content type with a parameter", ERR_BAD_ENCODING, "formats 1.2",
	    false, { { PART_TYPE, "\"application/ld+json;charset=utf-8" } } },
	{ "content type in capitals", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_TYPE, "\"application/LD+JSON" } } },
	{ "content type empty", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_TYPE, "60" } } },
	{ "content type bad UTF-8", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_TYPE, "62c328" } } },
	{ "kid of 31 bytes", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_KID, "581f111111111111111111111111111111111111111111111111"
			  "11111111111111" } } },
	{ "kid of 33 bytes", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_KID, "5821111111111111111111111111111111111111111111111111"
			  "111111111111111111" } } },
	{ "kid text", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_KID, "7820313131313131313131313131313131313131313131313131"
			  "3131313131313131" } } },
	{ "claims under label 16", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_CLAIMS_LABEL, "10" } } },
	{ "claims label text", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_CLAIMS_LABEL, "\"cwt" } } },
	{ "trailing byte in the header", ERR_BAD_ENCODING, "formats 1.2", false,
	    { { PART_HEADER_TAIL, "00" } } },
	{ "claims of 9", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLAIMS, "a9" } } },
	{ "claims of 11 without seen", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLAIMS, "ab" } } },
	{ "claims of 12", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLAIMS, "ac" } } },
	{ "claims in a long form", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLAIMS, "b80a" } } },
	{ "claims array", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLAIMS, "8a" } } },
	{ "claims cut", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_EPOCH, "" } } },
	{ "iss bytes", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_ISS, "'did:web:x" } } },
	{ "iss bad UTF-8", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_ISS, "62c328" } } },
	{ "iss surrogate", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_ISS, "63eda080" } } },
	{ "iss of 401 bytes", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_ISS,
		"\"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
		"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
		"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
		"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
		"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
		"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
		"ddddddddddddddddddddddddddddddd" } } },
	{ "iss label 2", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_ISS_LABEL, "02" } } },
	{ "sub number", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SUB, "01" } } },
	{ "sub bad UTF-8", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SUB, "61ff" } } },
	{ "sub of 2049 bytes", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SUB,
		"\"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"sssss" } } },
	{ "sub label 3", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SUB_LABEL, "03" } } },
	{ "iat label 7", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_IAT_LABEL, "07" } } },
	{ "iat 0", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_IAT, "00" } } },
	{ "iat a second late", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_IAT, "1a6925a901" } } },
	{ "iat in milliseconds", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_IAT, "1b0000019abb1c287b" } } },
	{ "iat negative", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_IAT, "20" } } },
	{ "iat of 64 bits", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_IAT, "1bffffffffffffffff" } } },
	{ "iat float", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_IAT, "fb41da496a40000000" } } },
	{ "seq 0", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SEQ, "00" } } },
	{ "seq negative", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SEQ, "20" } } },
	{ "seq text", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SEQ, "\"1" } } },
	{ "seq in a form of 2 bytes", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SEQ, "1801" } } },
	{ "seq in a form of 3 bytes", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SEQ, "190001" } } },
	{ "seq in a form of 5 bytes", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SEQ, "1a00000001" } } },
	{ "seq in a form of 9 bytes", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SEQ, "1b0000000000000001" } } },
	{ "seq in a reserved form", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SEQ, "1c" } } },
	{ "seq key in capitals", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SEQ_KEY, "\"SEQ" } } },
	{ "seq key bytes", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SEQ_KEY, "'seq" } } },
	{ "keys out of order", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SEQ_KEY, "\"boot" }, { PART_SEQ, "'0123456789abcdef" },
		{ PART_BOOT_KEY, "\"seq" }, { PART_BOOT, "01" } } },
	{ "boot of 15 bytes", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_BOOT, "'0123456789abcde" } } },
	{ "boot of 17 bytes", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_BOOT, "'0123456789abcdefg" } } },
	{ "boot text", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_BOOT, "\"0123456789abcdef" } } },
	{ "boot key twice", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_MONO_KEY, "\"boot" } } },
	{ "mono negative", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_MONO, "20" } } },
	{ "mono bignum", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_MONO, "c249010000000000000000" } } },
	{ "prev of 31 bytes", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_PREV, "581f00000000000000000000000000000000000000000000000"
			   "000000000000000" } } },
	{ "prev null", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_PREV, "f6" } } },
	{ "prev key", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_PREV_KEY, "\"past" } } },
	{ "seen of 1", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLAIMS, "ab" }, { PART_SEEN_KEY, "\"seen" },
		{ PART_SEEN, "8100" } } },
	{ "seen of 3", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLAIMS, "ab" }, { PART_SEEN_KEY, "\"seen" },
		{ PART_SEEN, "83005820bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
			     "bbbbbbbbbbbbbbbbbbbbbbb00" } } },
	{ "seen leaf of 31 bytes", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLAIMS, "ab" }, { PART_SEEN_KEY, "\"seen" },
		{ PART_SEEN, "8200581fbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
			     "bbbbbbbbbbbbbbbbbbbbb" } } },
	{ "seen leaf text", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLAIMS, "ab" }, { PART_SEEN_KEY, "\"seen" },
		{ PART_SEEN, "8200782062626262626262626262626262626262626262626"
			     "26262626262626262626262" } } },
	{ "seen index negative", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLAIMS, "ab" }, { PART_SEEN_KEY, "\"seen" },
		{ PART_SEEN, "82205820bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
			     "bbbbbbbbbbbbbbbbbbbbbbb" } } },
	{ "seen map", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLAIMS, "ab" }, { PART_SEEN_KEY, "\"seen" },
		{ PART_SEEN, "a1005820bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
			     "bbbbbbbbbbbbbbbbbbbbbbb" } } },
	{ "seen key", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLAIMS, "ab" }, { PART_SEEN_KEY, "\"sene" },
		{ PART_SEEN, "82005820bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
			     "bbbbbbbbbbbbbbbbbbbbbbb" } } },
	{ "seen in 10 claims", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_SEEN_KEY, "\"seen" },
		{ PART_SEEN, "82005820bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
			     "bbbbbbbbbbbbbbbbbbbbbbb" } } },
	{ "wall text", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_WALL, "\"now" } } },
	{ "wall key", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_WALL_KEY, "\"time" } } },
	{ "wall without a clock", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLOCK, "00" } } },
	{ "clock 4", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLOCK, "04" } } },
	{ "clock true", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLOCK, "f5" } } },
	{ "clock key", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_CLOCK_KEY, "\"clocK" } } },
	{ "epoch 0", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_EPOCH, "00" } } },
	{ "epoch negative", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_EPOCH, "20" } } },
	{ "epoch key", ERR_BAD_ENCODING, "formats 1.4", false,
	    { { PART_EPOCH_KEY, "\"epochs" } } },
	{ "cm:sealed", ERR_BAD_ENCODING, "formats 1.6", false,
	    { { PART_PAYLOAD,
		"'{\"type\":\"EPCISDocument\",\"cm:sealed\":{}}" } } },
	{ "cm:sealed in a registry payload", ERR_BAD_ENCODING, "formats 1.6",
	    false,
	    { { PART_TYPE, "\"application/vnd.countermark.registry+json" },
		{ PART_PAYLOAD, "'{\"cm:sealed\":{\"/"
				"name\":\"x\"},\"type\":\"place\"}" } } },
	{ "cm:sealed among blanks", ERR_BAD_ENCODING, "formats 1.6", false,
	    { { PART_PAYLOAD, "' {\n\t\"a\" : [ {\"b\":\"\\\\\"} , 1 ] ,\r "
			      "\"cm:sealed\" : 1 } " } } },
	{ "cm:sealed with escapes", ERR_BAD_ENCODING, "formats 1.6", false,
	    { { PART_PAYLOAD, "'{\"a\":null,\"cm\\u003asea\\u006cED\":0,"
			      "\"\\u0063m\\u003Asealed\":true}" } } },
	{ "signature of zero bytes", ERR_BAD_SIGNATURE, "formats 1.5", false,
	    { { PART_SIGNATURE,
		"58400000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000000000"
		"00000000" } } },
	{ "kid of another key", ERR_BAD_SIGNATURE, "formats 1.5", false,
	    { { PART_KID, "58208139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a2"
			  "5df60f5b8fc9b394" } } },
	{ "kid no point", ERR_BAD_SIGNATURE, "formats 1.5", false,
	    { { PART_KID, "5820ffffffffffffffffffffffffffffffffffffffffffffffff"
			  "ffffffffffffffff" } } },
	{ "payload changed after signing", ERR_BAD_SIGNATURE, "formats 1.5",
	    true, { { PART_PAYLOAD, "'{\"type\":\"EPCISDocumenu\"}" } } },
	{ "seq changed after signing", ERR_BAD_SIGNATURE, "formats 1.5", true,
	    { { PART_SEQ, "02" } } },
	{ "iss changed after signing", ERR_BAD_SIGNATURE, "formats 1.5", true,
	    { { PART_ISS, "\"did:web:example.com:device:line-2" } } },
	{ "content type changed after signing", ERR_BAD_SIGNATURE,
	    "formats 1.5", true,
	    { { PART_TYPE, "\"application/vnd.countermark.registry+json" } } },
};

const size_t statement_case_count =
    sizeof(statement_cases) / sizeof(statement_cases[0]);

const struct part_case receipt_cases[] = {
	{ "receipt", ERR_OK, NULL, false, { { PART_TAIL, NULL } } },
	{ "before any statement", ERR_OK, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":0,\"head\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"index\":0,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[]"
		"}" } } },
	{ "unknown member", ERR_OK, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}],\"more\":[1]}" } } },
	{ "every code", ERR_OK, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":0,\"code\":\"bad_encoding\",\"detail\":\"\"},{\"seq\":"
		"1,\"code\":\"bad_signature\",\"detail\":\"\"},{\"seq\":2,"
		"\"code\":\"unknown_device\",\"detail\":\"\"},{\"seq\":3,"
		"\"code\":\"revoked\",\"detail\":\"\"},{\"seq\":4,\"code\":"
		"\"epoch\",\"detail\":\"\"},{\"seq\":5,\"code\":\"fork\","
		"\"detail\":\"\"},{\"seq\":6,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":7,\"code\":\"schema\",\"detail\":\"\"},{\"seq\":8,"
		"\"code\":\"forbidden\",\"detail\":\"\"},{\"seq\":9,\"code\":"
		"\"too_large\",\"detail\":\"\"},{\"seq\":10,\"code\":"
		"\"suspended\",\"detail\":\"\"}]}" } } },
	{ "no tag", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_TAG, "" } } },
	{ "trailing byte", ERR_BAD_ENCODING, "formats 1.1", false,
	    { { PART_TAIL, "00" } } },
	{ "openings", ERR_BAD_ENCODING, "formats 1.6", false,
	    { { PART_UNPROTECTED, "a1686f70656e696e6773a0" } } },
	{ "header map of 4", ERR_BAD_ENCODING, "formats 3.2", false,
	    { { PART_MAP, "a4" } } },
	{ "alg ES256", ERR_BAD_ENCODING, "formats 3.2", false,
	    { { PART_ALG, "26" } } },
	{ "header with claims", ERR_BAD_ENCODING, "formats 3.2", false,
	    { { PART_MAP, "a4" }, { PART_CLAIMS_LABEL, "0f" },
		{ PART_CLAIMS, "a0" } } },
	{ "trailing byte in the header", ERR_BAD_ENCODING, "formats 3.2", false,
	    { { PART_HEADER_TAIL, "00" } } },
	{ "content type of statements", ERR_BAD_ENCODING, "formats 3.2", false,
	    { { PART_TYPE, "\"application/ld+json" } } },
	{ "kid of another key", ERR_BAD_SIGNATURE, "formats 3.2", false,
	    { { PART_KID, "58208139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a2"
			  "5df60f5b8fc9b394" } } },
	{ "signature of zero bytes", ERR_BAD_SIGNATURE, "formats 3.2", false,
	    { { PART_SIGNATURE,
		"58400000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000000000"
		"00000000" } } },
	{ "upto_seq changed after signing", ERR_BAD_SIGNATURE, "formats 3.2",
	    true,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":8,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "no JSON", ERR_JSON, NULL, false, { { PART_PAYLOAD, "'{" } } },
	{ "trailing text", ERR_JSON, NULL, false,
	    { { PART_PAYLOAD, "'{} x" } } },
	{ "member twice", ERR_JSON, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}],\"epoch\":1,\"epoch\":1}" } } },
	{ "bad UTF-8", ERR_UTF8, NULL, false,
	    { { PART_PAYLOAD, "44227bff22" } } },
	{ "nested 33 deep", ERR_LIMIT, NULL, false,
	    { { PART_PAYLOAD, "'[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]"
			      "]]]]]]]]]]]]]]]]]]]" } } },
	{ "no object", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD, "'[]" } } },
	{ "without log", ERR_SCHEMA, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"device\":\"line-1\",\"epoch\":1,\"upto_seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "without device", ERR_SCHEMA, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"epoch\":1,\"upto_seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "without epoch", ERR_SCHEMA, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"upto_seq\":7,"
		"\"head\":\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\","
		"\"index\":42,\"at\":1764075776500,\"log_epoch\":{\"index\":40,"
		"\"leaf\":\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},"
		"\"nacks\":[{\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "without upto", ERR_SCHEMA, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "without head", ERR_SCHEMA, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"index\":42,\"at\":1764075776500,\"log_epoch\":{"
		"\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "without index", ERR_SCHEMA, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"at\":"
		"1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "without at", ERR_SCHEMA, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "without log_epoch", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"nacks\":[{\"seq\":3,\"code\":"
		"\"schema\",\"detail\":\"no eventTime\"}]}" } } },
	{ "without nacks", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"}}" } } },
	{ "log in capitals", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"Demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "log a number", ERR_SCHEMA, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":1,\"device\":\"line-1\",\"epoch\":1,\"upto_seq\":7,"
		"\"head\":\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\","
		"\"index\":42,\"at\":1764075776500,\"log_epoch\":{\"index\":40,"
		"\"leaf\":\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},"
		"\"nacks\":[{\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "device empty", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"\",\"epoch\":1,\"upto_seq\":7,"
		"\"head\":\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\","
		"\"index\":42,\"at\":1764075776500,\"log_epoch\":{\"index\":40,"
		"\"leaf\":\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},"
		"\"nacks\":[{\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "device of 64 bytes", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":"
		"\"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
		"dddd\",\"epoch\":1,\"upto_seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "epoch 0", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":0,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "epoch text", ERR_SCHEMA, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":\"1\","
		"\"upto_seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "epoch with a fraction", ERR_SCHEMA, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1.5,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "upto_seq negative", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":-1,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "head of 31 bytes", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqg="
		"=\",\"index\":42,\"at\":1764075776500,\"log_epoch\":{"
		"\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "head no base64", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":\"?\",\"index\":42,\"at\":1764075776500,"
		"\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "index negative", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":-1,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "at negative", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":-1,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "log_epoch array", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":[],\"nacks\":[{\"seq\":3,"
		"\"code\":\"schema\",\"detail\":\"no eventTime\"}]}" } } },
	{ "log_epoch without index", ERR_SCHEMA, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":3,\"code\":\"schema\",\"detail\":\"no "
		"eventTime\"}]}" } } },
	{ "log_epoch leaf short", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":1,\"leaf\":\"uw="
		"=\"},\"nacks\":[{\"seq\":3,\"code\":\"schema\",\"detail\":"
		"\"no eventTime\"}]}" } } },
	{ "nacks object", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":{}"
		"}" } } },
	{ "65 nacks", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,"
		"\"code\":\"gap\",\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\","
		"\"detail\":\"\"},{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"},"
		"{\"seq\":1,\"code\":\"gap\",\"detail\":\"\"}]}" } } },
	{ "nack no object", ERR_SCHEMA, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":["
		"1]}" } } },
	{ "nack code unknown", ERR_SCHEMA, "formats 3.3", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":1,\"code\":\"json\",\"detail\":\"\"}]}" } } },
	{ "nack code missing", ERR_SCHEMA, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":1,\"detail\":\"\"}]}" } } },
	{ "nack detail missing", ERR_SCHEMA, NULL, false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":1,\"code\":\"gap\"}]}" } } },
	{ "nack seq negative", ERR_SCHEMA, "formats 3.2", false,
	    { { PART_PAYLOAD,
		"'{\"log\":\"demo\",\"device\":\"line-1\",\"epoch\":1,\"upto_"
		"seq\":7,\"head\":"
		"\"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\",\"index\":42,"
		"\"at\":1764075776500,\"log_epoch\":{\"index\":40,\"leaf\":"
		"\"u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=\"},\"nacks\":[{"
		"\"seq\":-1,\"code\":\"gap\",\"detail\":\"\"}]}" } } },
};

const size_t receipt_case_count =
    sizeof(receipt_cases) / sizeof(receipt_cases[0]);
