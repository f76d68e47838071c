-- SPDX-License-Identifier: Apache-2.0
UPDATE chain SET epoch = ?1, seq = ?2, head = ?3, acked = ?4, acked_head = ?5
WHERE one = 1;
