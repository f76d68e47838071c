-- SPDX-License-Identifier: Apache-2.0
UPDATE log_head SET size = $4, chain = $5,
	last_epoch = coalesce($6, last_epoch)
WHERE log_id = $1 AND size = $2 AND term = $3
RETURNING size
