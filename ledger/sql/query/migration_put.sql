-- SPDX-License-Identifier: Apache-2.0
INSERT INTO migration (number, name) VALUES ($1, $2)
