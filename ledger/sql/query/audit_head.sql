-- SPDX-License-Identifier: Apache-2.0
-- Without a look at derived tables, which may be damaged.
SELECT size, chain, last_epoch FROM log_head WHERE log_id = $1
