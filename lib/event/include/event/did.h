/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENT_DID_H
#define EVENT_DID_H

#include "base/buf.h"
#include "base/crypto.h"

#define DID_KEY_CHARS 56 /* did:key:z6Mk… without NUL (formats 2.1) */
#define DID_WEB_CHARS 400
#define NAME_CHARS 63

/* did:key of an Ed25519 public key. out needs DID_KEY_CHARS + 1. */
void did_key_print(char *out, const uint8_t pub[KEY_BYTES]);
/* ERR_SYNTAX: alphabet, length 34, prefix ED 01. */
enum err did_key_parse(uint8_t pub[KEY_BYTES], struct span did) CM_MUST_USE;
/* A key as people give it: 64 hex digits or did:key. */
enum err did_key_or_hex(uint8_t pub[KEY_BYTES], struct span text) CM_MUST_USE;

/* did:web of the authority ("host", a port written %3A), of a device or an
 * organisation. host: as in `example.com` or `localhost:8080`. */
enum err did_web_authority(struct buf *out, const char *host) CM_MUST_USE;
enum err did_web_device(
    struct buf *out, const char *host, struct span name) CM_MUST_USE;
enum err did_web_org(
    struct buf *out, const char *host, struct span name) CM_MUST_USE;
/* The name in `did:web:<host>:device:<name>` of that host; ERR_SYNTAX. */
enum err did_web_device_name(
    struct span *name, const char *host, struct span did) CM_MUST_USE;

#endif
