-- SPDX-License-Identifier: Apache-2.0
-- What an organisation may read by the event's own word, where it may read
-- much: no list of its entries. CASE as in the policy (0019).
AND CASE WHEN position(@reader IN e.readers) > 0 THEN true
	ELSE position(@public IN e.readers) > 0 END
