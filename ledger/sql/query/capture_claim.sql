-- SPDX-License-Identifier: Apache-2.0
-- With the job, in the order of keys, so that two of these wait for each other
-- and never both at once. A key that is taken fails the transaction.
INSERT INTO capture_event (log_id, key, digest, job)
SELECT $1::int, t.key, t.digest, $2::text
FROM unnest($3::bytea[], $4::bytea[]) AS t (key, digest)
WHERE EXISTS (SELECT FROM capture_job WHERE log_id = $1::int AND id = $2::text)
ORDER BY t.key
