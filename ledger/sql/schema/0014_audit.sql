-- SPDX-License-Identifier: Apache-2.0
-- An audit of what is new reads the rows of a stretch of the log; their keys
-- begin with other columns. Rows come in the order of idx, as in 0005.
CREATE INDEX item_idx ON item USING brin (idx)
	WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX device_entry_idx ON device_entry USING brin (idx)
	WITH (pages_per_range = 32, autosummarize = on);
