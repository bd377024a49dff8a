#pragma once

/// @file
/// First answers to REST requests that carried an Idempotency-Key, inside one tenant's transaction.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/ports/journal_store.hpp"

#include <string>

namespace winnow::ports {

/// Not thread-safe: lives and dies with its transaction.
class ReceiptStore {
public:
    ReceiptStore() = default;
    ReceiptStore(const ReceiptStore&) = delete;
    ReceiptStore& operator=(const ReceiptStore&) = delete;
    virtual ~ReceiptStore() = default;

    /// Claims the key (1 to 255 characters) for this transaction; waits for another one that is just claiming it.
    /// `scope` is the user or integration, `body_sha256` 32 bytes. `fresh`: do the work, then call `answer` before the
    /// commit; a roll-back gives the key free again.
    [[nodiscard]] virtual Result<ReceiptAnswer> claim(const Uuid& scope, const std::string& key,
                                                      const std::string& body_sha256) = 0;

    /// What to say again where the key comes again.
    [[nodiscard]] virtual Result<Done> answer(const Uuid& scope, const std::string& key, int status,
                                              const std::string& body) = 0;
};

}  // namespace winnow::ports
