-- SPDX-License-Identifier: Apache-2.0
-- What is SET LOCAL after this, Citus tells the nodes that have the rows.
SET LOCAL citus.propagate_set_commands = 'local'
