-- SPDX-License-Identifier: Apache-2.0
-- scope.sql for one transaction; the scope follows as a literal.
SET LOCAL countermark.org =
