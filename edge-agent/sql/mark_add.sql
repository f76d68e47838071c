-- SPDX-License-Identifier: Apache-2.0
INSERT INTO mark (mark, seq) VALUES (?1, ?2);
