-- SPDX-License-Identifier: Apache-2.0
DELETE FROM event WHERE log_id = $1
