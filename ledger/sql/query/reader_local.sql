-- SPDX-License-Identifier: Apache-2.0
SET LOCAL countermark.reader =
