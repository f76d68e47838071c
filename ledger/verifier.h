/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_H
#define VERIFIER_H

/* countermark-verify: checks a proof bundle against a policy and tells what it
 * proves. The exit code of formats 7.4. */
#define VERIFIER_GENUINE 0
#define VERIFIER_OTHERWISE 1
#define VERIFIER_NOT_PROVEN 2
#define VERIFIER_USAGE 3

int verifier_run(int argc, char **argv);

#endif
