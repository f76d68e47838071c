-- SPDX-License-Identifier: Apache-2.0
UPDATE home SET place = ?1, moves = ?2 WHERE one = 1;
