-- SPDX-License-Identifier: Apache-2.0
DELETE FROM map_snapshot WHERE log_id = $1 AND covered <> $2
