-- SPDX-License-Identifier: Apache-2.0
COPY item (log_id, subject, idx) FROM STDIN (FORMAT binary)
