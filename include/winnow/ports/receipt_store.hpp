#pragma once

/// @file
/// First answers to REST requests that carried an Idempotency-Key. Ingestion keeps its own, with the journal row
/// (ports/journal_store.hpp, KeyedReceipt), in the same table.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"

#include <optional>
#include <string>

namespace winnow::ports {

/// What is kept of a request and its answer. Scope: the user or integration whose key it is.
struct StoredAnswer {
    std::string body_sha256;  ///< 32 bytes: over method, path and body.
    int status = 0;           ///< 0: claimed, not answered yet (never seen outside the claiming transaction).
    std::string answer;       ///< Opaque to the store: valid UTF-8 without U+0000.
};

/// Part of a TenantSession: the receipt stands or falls with the transaction that did the work.
class ReceiptStore {
public:
    ReceiptStore() = default;
    ReceiptStore(const ReceiptStore&) = delete;
    ReceiptStore& operator=(const ReceiptStore&) = delete;
    virtual ~ReceiptStore() = default;

    /// Claims the key for this transaction: nullopt where it is ours now. Waits for a concurrent transaction that
    /// holds the same key, so that the second of two simultaneous repeats sees the first's answer.
    /// @param key  1 to 255 characters.
    [[nodiscard]] virtual Result<std::optional<StoredAnswer>> claim(const Uuid& scope, const std::string& key,
                                                                    const std::string& body_sha256) = 0;

    /// Completes a claim with the answer that repeats will get.
    [[nodiscard]] virtual Result<Done> complete(const Uuid& scope, const std::string& key, int status,
                                                const std::string& answer) = 0;
};

}  // namespace winnow::ports
