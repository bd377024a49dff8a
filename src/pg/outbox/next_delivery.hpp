#pragma once

/// @file
/// When the next delivery is due, for whoever claims and for the board. Private to pg.

/// An instant; null where none waits. Both are the first entries of their indexes: what is to be attempted, and what
/// was given to somebody of whom nothing was heard.
// clang-format off
#define WINNOW_NEXT_DELIVERY R"sql(
least((select min(next_attempt_at) from deliveries where state = 'pending'),
      (select min(lease_until) from deliveries where state = 'sending')))sql"
// clang-format on
