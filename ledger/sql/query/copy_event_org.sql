-- SPDX-License-Identifier: Apache-2.0
COPY event_org (log_id, org, idx) FROM STDIN (FORMAT binary)
