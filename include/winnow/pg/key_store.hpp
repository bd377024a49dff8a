#pragma once

/// @file
/// ports::KeyStore on PostgreSQL.

#include "winnow/pg/options.hpp"
#include "winnow/ports/vault/key_store.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace winnow::pg {

/// As the role winnow_vault, with at most `sessions` at once. It gives up on a vault that does not answer within a few
/// seconds: others wait behind whoever asks.
[[nodiscard]] std::unique_ptr<ports::KeyStore> make_key_store(const std::string& conninfo, std::size_t sessions);

}  // namespace winnow::pg
