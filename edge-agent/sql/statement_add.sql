-- SPDX-License-Identifier: Apache-2.0
INSERT INTO statement (seq, epoch, hash, bytes) VALUES (?1, ?2, ?3, ?4);
