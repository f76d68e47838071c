/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEDGER_CLI_GATEWAY_H
#define LEDGER_CLI_GATEWAY_H

#include "base/buf.h"
#include "event/receipt.h"

/* The gateway's Unix socket (interface.md, Signing), blocking with a
 * deadline. */
struct cli_put {
	char device[NAME_BYTES];
	uint64_t epoch, seq;
};

/*
 * Has identity sign a registry payload and waits for the receipt that covers
 * it. ERR_TIMEOUT (deadline_ms, monotonic; the statement may be receipted
 * later), ERR_NET (no gateway), the gateway's refusal or the ledger's nack
 * with its text.
 */
enum err cli_gateway_register(struct cli_put *out, const char *socket_path,
    const char *identity, struct span payload, int64_t deadline_ms,
    struct diag *d) CM_MUST_USE;

#endif
