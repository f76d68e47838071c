-- SPDX-License-Identifier: Apache-2.0
DELETE FROM master WHERE log_id = $1
