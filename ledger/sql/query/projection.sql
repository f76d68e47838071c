-- SPDX-License-Identifier: Apache-2.0
SELECT size, snapshot FROM projection WHERE log_id = $1
