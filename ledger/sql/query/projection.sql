-- SPDX-License-Identifier: Apache-2.0
SELECT size FROM projection WHERE log_id = $1
