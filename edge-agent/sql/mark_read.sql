-- SPDX-License-Identifier: Apache-2.0
SELECT seq FROM mark WHERE mark = ?1;
