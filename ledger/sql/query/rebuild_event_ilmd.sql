-- SPDX-License-Identifier: Apache-2.0
DELETE FROM event_ilmd WHERE log_id = $1
