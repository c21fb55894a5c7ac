// SPDX-License-Identifier: MIT OR Apache-2.0
// Every assertion of the proofs goes through this macro, so that another tool can give it another
// meaning.
`define RECROSS_ASSERT(label, condition) label: assert (condition)
