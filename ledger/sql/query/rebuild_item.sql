-- SPDX-License-Identifier: Apache-2.0
DELETE FROM item WHERE log_id = $1
