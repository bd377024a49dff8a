#pragma once

/// @file
/// A chain as a file: a line of JSON each, first what it is, then its signed heads, then its records, both by their
/// numbers.
///
///     {"export":"winnow-audit/1","tenant":"<id>","head":<seq of the last record>}
///     {"anchor":<seq>,"hash":"<hex>","signed_at":"<RFC 3339>","key_id":"<id>","signature":"<hex>"}
///     {"seq":<seq>,"hash":"<hex>","record":"<text>","salt":"<hex>","detail":"<text>"}    both null: emptied

#include "winnow/audit/chain.hpp"
#include "winnow/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::audit {

// Each with its line feed. Hashes, salts and signatures are bytes.
[[nodiscard]] std::string first_line(const Uuid& tenant, std::int64_t head);
[[nodiscard]] std::string anchor_line(const Anchor& anchor);
[[nodiscard]] std::string link_line(const Link& link);

/// Reads an export line by line into a Verifier.
class ExportReader {
public:
    ExportReader(Sha256 sha256, Verifier::CheckSignature check) : sha256_(sha256), check_(std::move(check)) {}

    /// A line without its line feed. `invalid_argument` where the first one is not that of an export; what is wrong
    /// with others is part of the verdict.
    [[nodiscard]] Result<Done> read(std::string_view line);

    /// Once. `invalid_argument` where there was no line.
    [[nodiscard]] Result<Verdict> finish();

    [[nodiscard]] const Uuid& tenant() const noexcept { return tenant_; }

private:
    [[nodiscard]] Result<Done> begin(std::string_view line);
    void read_anchor(std::string_view line);
    void read_link(std::string_view line);

    const Sha256 sha256_;
    const Verifier::CheckSignature check_;
    Uuid tenant_;
    std::int64_t head_ = 0;
    std::optional<Verifier> verifier_;
    std::string hash_, record_, salt_, detail_;  ///< Of the line that is read.
};

}  // namespace winnow::audit
