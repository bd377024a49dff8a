#include "winnow/audit/chain.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace winnow::audit {

namespace {

constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kSaltBytes = 16;
constexpr std::string_view kHexDigits = "0123456789abcdef";
/// A record's last member is its commitment: `,"x":"<64 digits>"}`.
constexpr std::string_view kCommitmentBegins = ",\"x\":\"";
constexpr std::string_view kCommitmentEnds = "\"}";

std::string hex(std::string_view bytes)
{
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += kHexDigits[byte >> 4U];
        text += kHexDigits[byte & 0x0FU];
    }
    return text;
}

/// "" where the record has none.
std::string_view commitment_of(std::string_view record)
{
    constexpr auto kLength = kCommitmentBegins.size() + 2 * kHashBytes + kCommitmentEnds.size();
    if (record.size() < kLength) return {};
    auto end = record.substr(record.size() - kLength);
    if (!end.starts_with(kCommitmentBegins) || !end.ends_with(kCommitmentEnds)) return {};
    end.remove_prefix(kCommitmentBegins.size());
    end.remove_suffix(kCommitmentEnds.size());
    return end;
}

}  // namespace

std::string first_previous()
{
    return std::string(kHashBytes, '\0');
}

std::string link_hash(Sha256 sha256, const Uuid& tenant, std::int64_t seq, std::string_view previous,
                      std::string_view record)
{
    constexpr std::string_view kForm{"winnow-audit/1\0", 15};
    constexpr unsigned kBitsOfAByte = 8;
    std::string text(kForm);
    text.reserve(kForm.size() + sizeof(Uuid) + sizeof seq + 2 * kHashBytes);
    text.append(tenant.bytes().begin(), tenant.bytes().end());
    for (unsigned i = sizeof seq; i-- > 0;) {
        const auto byte = static_cast<std::uint64_t>(seq) >> (kBitsOfAByte * i);
        text += static_cast<char>(static_cast<unsigned char>(byte & 0xFFU));
    }
    text += previous;
    text += sha256(record);
    return sha256(text);
}

std::string head_text(const Uuid& tenant, std::int64_t seq, std::string_view hash_hex, std::string_view signed_at)
{
    std::string text = "winnow-audit-head/1\n" + tenant.str() + '\n' + std::to_string(seq) + '\n';
    text += hash_hex;
    text += '\n';
    text += signed_at;
    return text;
}

std::string_view to_string(Fault fault) noexcept
{
    switch (fault) {
        case Fault::changed: return "changed";
        case Fault::missing: return "missing";
        case Fault::inserted: return "inserted";
        case Fault::reordered: return "reordered";
        case Fault::cut: return "cut";
        case Fault::forged_anchor: return "forged anchor";
    }
    return "changed";
}

void Verifier::found(Fault fault, std::int64_t seq, std::int64_t until)
{
    if (verdict_.finding) return;
    verdict_.finding = Finding{.fault = fault, .seq = seq, .until = std::max(seq, until)};
}

void Verifier::add_anchor(Anchor anchor)
{
    if (check_ &&
        !check_(anchor.key_id, head_text(tenant_, anchor.seq, hex(anchor.hash), anchor.signed_at), anchor.signature)) {
        return found(Fault::forged_anchor, anchor.seq);
    }
    anchors_.insert_or_assign(anchor.seq, std::move(anchor));
}

/// Where the first link that is there may stand.
void Verifier::begin(const Link& link)
{
    begun_ = true;
    next_anchor_ = anchors_.begin();
    if (link.seq <= 1) return;
    const auto before = anchors_.find(link.seq - 1);
    if (before == anchors_.end() || before != anchors_.begin()) return;  // retention leaves no anchor before that one
    next_ = cut_to_ = link.seq;
    previous_ = before->second.hash;
    verdict_.last_anchored = before->first;
    next_anchor_ = std::next(before);
}

std::string Verifier::hash_here(std::string_view record) const
{
    return link_hash(sha256_, tenant_, next_, previous_, record);
}

void Verifier::add(const Link& link)
{
    if (!begun_) begin(link);
    if (doubt_ != Doubt::none) return classify(link);
    if (verdict_.finding) return;
    check_place(link);
}

void Verifier::check_place(const Link& link)
{
    if (link.seq < cut_to_) return found(Fault::reordered, 1);  // it was not cut: what came first is out of place
    if (link.seq < next_) return found(Fault::inserted, link.seq);
    if (link.seq > next_) {
        found(Fault::missing, next_);
        doubt_ = Doubt::rest;  // it may stand further down
        return;
    }
    if (hash_here(link.record) != link.hash) {
        found(Fault::changed, next_);
        doubt_ = Doubt::next_link;  // that may be the one that belongs here
        return;
    }
    const bool is_signed = next_anchor_ != anchors_.end() && next_anchor_->first == link.seq;
    if (is_signed && next_anchor_->second.hash != link.hash) {
        // Who has no key has made all anew from somewhere on, or put this one before the one that was signed.
        found(Fault::changed, verdict_.last_anchored + 1, link.seq);
        doubt_ = Doubt::next_link;
        return;
    }
    accept(link);
    if (!is_signed) return;
    verdict_.last_anchored = link.seq;
    ++verdict_.anchors;
    ++next_anchor_;
}

/// What the first fault is, by what stands behind it.
void Verifier::classify(const Link& link)
{
    if (doubt_ == Doubt::next_link) {
        doubt_ = Doubt::none;
        if (hash_here(link.record) != link.hash) return;
        verdict_.finding = Finding{.fault = Fault::inserted, .seq = next_, .until = next_};
    } else if (link.seq == next_) {
        doubt_ = Doubt::none;
        verdict_.finding->fault = Fault::reordered;
    }
}

void Verifier::accept(const Link& link)
{
    check_detail(link);
    if (verdict_.first == 0) verdict_.first = link.seq;
    verdict_.last = link.seq;
    previous_ = link.hash;
    ++next_;
}

void Verifier::check_detail(const Link& link)
{
    if (!link.detail) {
        ++verdict_.emptied;
        return;
    }
    std::string committed(link.salt);
    committed += *link.detail;
    if (link.salt.size() != kSaltBytes || hex(sha256_(committed)) != commitment_of(link.record)) {
        found(Fault::changed, link.seq);
    }
}

Verdict Verifier::finish(std::optional<std::int64_t> head)
{
    std::int64_t told = head.value_or(0);
    if (!anchors_.empty()) told = std::max(told, anchors_.rbegin()->first);
    if (!begun_ && head && anchors_.contains(*head) && anchors_.size() == 1) {
        next_ = *head + 1;  // retention has taken all of it
    }
    if (next_ <= told) found(Fault::cut, next_, told);
    verdict_.head = previous_;
    return std::move(verdict_);
}

}  // namespace winnow::audit
