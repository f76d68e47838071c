-- SPDX-License-Identifier: Apache-2.0
-- Entries that may change the roster or say who holds a right; '0' is the character after '/'.
SELECT idx FROM item
WHERE log_id = $1 AND idx >= $2 AND idx < $3
	AND subject >= 'registry/organisation/' AND subject < 'registry/organisation0'
UNION SELECT idx FROM item
WHERE log_id = $1 AND idx >= $2 AND idx < $3
	AND subject >= 'registry/device/' AND subject < 'registry/device0'
UNION SELECT idx FROM item
WHERE log_id = $1 AND idx >= $2 AND idx < $3
	AND subject >= 'registry/delegation/' AND subject < 'registry/delegation0'
UNION SELECT idx FROM item
WHERE log_id = $1 AND idx >= $2 AND idx < $3
	AND subject >= 'registry/service/' AND subject < 'registry/service0'
UNION SELECT idx FROM item
WHERE log_id = $1 AND idx >= $2 AND idx < $3
	AND subject >= 'registry/goods/' AND subject < 'registry/goods0'
UNION SELECT idx FROM item
WHERE log_id = $1 AND idx >= $2 AND idx < $3
	AND subject >= 'registry/place/' AND subject < 'registry/place0'
UNION SELECT idx FROM item
WHERE log_id = $1 AND idx >= $2 AND idx < $3
	AND subject >= 'registry/right/' AND subject < 'registry/right0'
UNION SELECT idx FROM item
WHERE log_id = $1 AND idx >= $2 AND idx < $3
	AND subject >= 'registry/licence/' AND subject < 'registry/licence0'
UNION SELECT idx FROM item
WHERE log_id = $1 AND idx >= $2 AND idx < $3
	AND subject >= 'registry/recall/' AND subject < 'registry/recall0'
UNION SELECT idx FROM item
WHERE log_id = $1 AND idx >= $2 AND idx < $3
	AND subject >= 'registry/usage/' AND subject < 'registry/usage0'
UNION SELECT idx FROM item
WHERE log_id = $1 AND idx >= $2 AND idx < $3
	AND subject >= 'registry/policy/' AND subject < 'registry/policy0'
-- Evidence of a fork (formats 4.2) touches reject/ and begins with its line.
UNION SELECT i.idx FROM item i
JOIN entry e ON e.log_id = i.log_id AND e.idx = i.idx
WHERE i.log_id = $1 AND i.idx >= $2 AND i.idx < $3 AND i.subject = 'reject/'
	AND e.log_id = $1
	AND substring(e.entry FROM 1 FOR 20) = convert_to(E'countermark/fork/v1\n', 'UTF8')
ORDER BY idx
