#pragma once

/// @file
/// Verifying a chain of audit records, link by link. Pure: hashing and signatures are given.

#include "winnow/base/uuid.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::audit {

/// 32 bytes.
using Sha256 = std::string (*)(std::string_view);

/// A link as it is stored or exported. Views are valid for as long as whoever made them says.
struct Link {
    std::int64_t seq = 0;
    std::string_view hash;  ///< 32 bytes.
    std::string_view record;
    std::optional<std::string_view> detail;  ///< nullopt: emptied.
    std::string_view salt;                   ///< 16 bytes where there is a detail.
};

/// A head that was signed.
struct Anchor {
    std::int64_t seq = 0;
    std::string hash;       ///< 32 bytes.
    std::string signed_at;  ///< RFC 3339, as it was signed.
    std::string key_id;
    std::string signature;  ///< 64 bytes.
};

/// Before the first link: 32 bytes of zero.
[[nodiscard]] std::string first_previous();

/// SHA-256 ("winnow-audit/1" ‖ 0x00 ‖ tenant 16 ‖ seq u64be ‖ previous 32 ‖ SHA-256 (record)).
[[nodiscard]] std::string link_hash(Sha256 sha256, const Uuid& tenant, std::int64_t seq, std::string_view previous,
                                    std::string_view record);

/// What is signed of a head: "winnow-audit-head/1", tenant, seq, hash (hexadecimal), time; a line feed between each
/// two.
[[nodiscard]] std::string head_text(const Uuid& tenant, std::int64_t seq, std::string_view hash_hex,
                                    std::string_view signed_at);

enum class Fault : std::uint8_t { changed, missing, inserted, reordered, cut, forged_anchor };
[[nodiscard]] std::string_view to_string(Fault fault) noexcept;

/// The first thing that is wrong.
struct Finding {
    Fault fault = Fault::changed;
    std::int64_t seq = 0;    ///< The first one that is not as it was.
    std::int64_t until = 0;  ///< Where only anchors tell, somewhere from `seq` to here; else `seq`.
};

struct Verdict {
    std::optional<Finding> finding;  ///< nullopt: the chain is as it was.
    std::int64_t first = 0;          ///< The first and the last record that were seen; 0: none was.
    std::int64_t last = 0;
    std::string head;                ///< The hash of the last, 32 bytes.
    std::int64_t emptied = 0;        ///< Records whose detail was emptied.
    std::int64_t anchors = 0;        ///< Signed heads that were met on the way.
    std::int64_t last_anchored = 0;  ///< Up to here nothing can have been changed by who has no key.
};

/// Takes a chain's anchors, then its links in the order in which they stand. Where a chain begins behind its first
/// record, it must do so behind an anchor: there retention has cut it.
class Verifier {
public:
    /// Says whether `signature` is one of `text` by the key of that id.
    using CheckSignature =
        std::function<bool(std::string_view key_id, std::string_view text, std::string_view signature)>;

    /// Without `check` anchors are taken as they are.
    Verifier(const Uuid& tenant, Sha256 sha256, CheckSignature check = {})
        : tenant_(tenant), sha256_(sha256), check_(std::move(check))
    {
    }

    void add_anchor(Anchor anchor);
    void add(const Link& link);

    /// Says that a link cannot even be read.
    void add_unreadable() { found(Fault::changed, next_); }

    /// Once. `head`: up to where the chain is said to go, where anybody says so.
    [[nodiscard]] Verdict finish(std::optional<std::int64_t> head = {});

private:
    void begin(const Link& link);
    void check_place(const Link& link);
    void classify(const Link& link);
    void accept(const Link& link);
    void check_detail(const Link& link);
    void found(Fault fault, std::int64_t seq, std::int64_t until = 0);
    [[nodiscard]] std::string hash_here(std::string_view record) const;

    const Uuid tenant_;
    const Sha256 sha256_;
    const CheckSignature check_;
    std::map<std::int64_t, Anchor> anchors_;
    std::map<std::int64_t, Anchor>::const_iterator next_anchor_;
    bool begun_ = false;
    std::int64_t cut_to_ = 0;  ///< Where the chain begins, if not with its first record.
    std::int64_t next_ = 1;    ///< The number that comes next.
    std::string previous_ = first_previous();
    Verdict verdict_;
    /// What the first fault is depends on the links behind it.
    enum class Doubt : std::uint8_t { none, next_link, rest } doubt_ = Doubt::none;
};

}  // namespace winnow::audit
