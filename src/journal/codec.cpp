#include "winnow/journal/codec.hpp"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>

namespace winnow::journal {

namespace {

using domain::Verdict;

// Level 1: rows are small and written on the path to the 202; level 3 saves a few per cent for twice the time.
constexpr int kLevel = 1;

// First byte of encoded verdicts. Numbers are never reused.
constexpr char kPlainVerdicts = 1;      // the bytes, then their 32-bit FNV-1a
constexpr char kPackedVerdicts = 2;     // the bytes in a zstd frame
constexpr std::size_t kPackFrom = 192;  // below, a frame costs more than it saves
constexpr std::size_t kMaxVerdictBytes = 64U << 20U;

Error damaged()
{
    return Error(ErrorCode::internal, "a journal row is damaged");
}

ZSTD_CCtx& compressor()
{
    thread_local const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context = [] {
        std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> fresh(ZSTD_createCCtx(), ZSTD_freeCCtx);
        if (!fresh) throw std::bad_alloc();
        ZSTD_CCtx_setParameter(fresh.get(), ZSTD_c_compressionLevel, kLevel);
        ZSTD_CCtx_setParameter(fresh.get(), ZSTD_c_checksumFlag, 1);  // damage must not pass for an alert
        return fresh;
    }();
    return *context;
}

ZSTD_DCtx& decompressor()
{
    thread_local const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                                       ZSTD_freeDCtx);
    if (!context) throw std::bad_alloc();
    return *context;
}

// Appends the frame of `text` to `out`.
void pack(std::string_view text, std::string& out)
{
    const auto before = out.size();
    out.resize_and_overwrite(before + ZSTD_compressBound(text.size()), [&](char* bytes, std::size_t capacity) {
        const auto size = ZSTD_compress2(&compressor(), bytes + before, capacity - before, text.data(), text.size());
        if (ZSTD_isError(size) != 0U) throw std::runtime_error("zstd cannot compress");  // a bug: the room is enough
        return before + size;
    });
}

Result<Done> unpack(std::string_view payload, std::size_t max_bytes, std::string& text)
{
    const auto claimed = ZSTD_getFrameContentSize(payload.data(), payload.size());
    // Our frames always say how long they are; those that do not, or claim too much, are not ours.
    if (claimed == ZSTD_CONTENTSIZE_ERROR || claimed == ZSTD_CONTENTSIZE_UNKNOWN || claimed > max_bytes) {
        return damaged();
    }
    if (ZSTD_findFrameCompressedSize(payload.data(), payload.size()) != payload.size()) return damaged();
    const auto size = static_cast<std::size_t>(claimed);
    bool good = true;
    text.resize_and_overwrite(size, [&](char* bytes, std::size_t) {  // libstdc++ passes what it reserved, not `size`
        const auto written = ZSTD_decompressDCtx(&decompressor(), bytes, size, payload.data(), payload.size());
        good = ZSTD_isError(written) == 0U && written == size;
        return good ? written : 0;
    });
    if (!good) return damaged();
    return Done{};
}

Result<std::string> unpack(std::string_view payload, std::size_t max_bytes)
{
    std::string text;
    if (const auto unpacked = unpack(payload, max_bytes, text); !unpacked) return unpacked.error();
    return text;
}

std::uint32_t check_sum(std::string_view bytes) noexcept
{
    std::uint32_t hash = 2'166'136'261U;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
    return hash;
}

// LEB128: seven bits a byte, low ones first.
void put_number(std::string& out, std::uint64_t value)
{
    while (value >= 0x80) {
        out += static_cast<char>(value | 0x80U);
        value >>= 7U;
    }
    out += static_cast<char>(value);
}

void put_uuid(std::string& out, const Uuid& id)
{
    out.append(reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size());
}

// Takes from the front of what was read. After the first shortfall everything is zero and ok() false.
class Input {
public:
    explicit Input(std::string_view bytes) noexcept : bytes_(bytes) {}

    std::uint64_t number() noexcept
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(take(1).empty() ? 0 : last_);
            if (!ok_) return 0;
            value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
            if ((byte & 0x80U) == 0) return value;
        }
        ok_ = false;
        return 0;
    }

    Uuid uuid() noexcept
    {
        std::array<std::uint8_t, 16> id{};
        const auto bytes = take(id.size());
        std::ranges::transform(bytes, id.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
        return Uuid(id);
    }

    std::string_view take(std::uint64_t count) noexcept
    {
        if (!ok_ || count > bytes_.size()) {
            ok_ = false;
            return {};
        }
        const auto taken = bytes_.substr(0, static_cast<std::size_t>(count));
        bytes_.remove_prefix(taken.size());
        if (!taken.empty()) last_ = taken.back();
        return taken;
    }

    // A count of things of at least one byte each: more than there are bytes is a lie.
    std::size_t count() noexcept
    {
        const auto claimed = number();
        if (claimed > bytes_.size()) ok_ = false;
        return ok_ ? static_cast<std::size_t>(claimed) : 0;
    }

    void fail() noexcept { ok_ = false; }
    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] bool done() const noexcept { return ok_ && bytes_.empty(); }

private:
    std::string_view bytes_;
    char last_ = 0;
    bool ok_ = true;
};

// The rules that matched in a row: few, however many alerts. A repeat in it costs bytes, not truth, so a look-up goes
// back only so far.
class RuleTable {
public:
    std::size_t index_of(const domain::RuleMatch& match)
    {
        constexpr std::size_t kLookBack = 64;
        const auto oldest = entries_.size() > kLookBack ? entries_.size() - kLookBack : 0;
        for (auto i = entries_.size(); i > oldest; --i) {
            if (entries_[i - 1] == match) return i - 1;
        }
        entries_.push_back(match);
        return entries_.size() - 1;
    }

    [[nodiscard]] const std::vector<domain::RuleMatch>& entries() const noexcept { return entries_; }

private:
    std::vector<domain::RuleMatch> entries_;
};

constexpr std::uint8_t kHasTicket = 0x80;
constexpr std::uint8_t kIsOver = 0x40;

/// These alone carry what quieted them: 0 for nothing, else its kind + 1, and its id.
bool names_cause(domain::Disposition disposition) noexcept
{
    return disposition == domain::Disposition::silenced || disposition == domain::Disposition::inhibited;
}

void put_cause(std::string& out, const std::optional<domain::QuietCause>& cause)
{
    if (!cause) {
        out += '\0';
        return;
    }
    out += static_cast<char>(static_cast<std::uint8_t>(cause->kind) + 1);
    put_uuid(out, cause->id);
}

std::optional<domain::QuietCause> get_cause(Input& in)
{
    const auto kind = in.number();
    if (kind == 0) return std::nullopt;
    if (kind > static_cast<std::uint64_t>(domain::QuietKind::inhibition) + 1) {
        in.fail();
        return std::nullopt;
    }
    return domain::QuietCause{.kind = static_cast<domain::QuietKind>(kind - 1), .id = in.uuid()};
}

/// Of a held verdict: 0 for nothing, else its kind + 1, rule, count, number needed, end (0: none).
void put_held(std::string& out, const std::optional<domain::Held>& held)
{
    if (!held) {
        out += '\0';
        return;
    }
    out += static_cast<char>(static_cast<std::uint8_t>(held->kind) + 1);
    put_uuid(out, held->rule_id.value());
    put_number(out, static_cast<std::uint64_t>(held->count));
    put_number(out, static_cast<std::uint64_t>(held->needed));
    put_number(out, held->until ? static_cast<std::uint64_t>(held->until->time_since_epoch().count()) : 0);
}

std::optional<domain::Held> get_held(Input& in)
{
    const auto kind = in.number();
    if (kind == 0) return std::nullopt;
    if (kind > static_cast<std::uint64_t>(domain::HoldKind::flap) + 1) {
        in.fail();
        return std::nullopt;
    }
    domain::Held held{.kind = static_cast<domain::HoldKind>(kind - 1), .rule_id = RuleId(in.uuid())};
    held.count = static_cast<std::int32_t>(in.number());
    held.needed = static_cast<std::int32_t>(in.number());
    const auto until = static_cast<std::int64_t>(in.number());
    if (until != 0) held.until = Timestamp(std::chrono::milliseconds{until});
    return held;
}

domain::Judge get_judge(Input& in)
{
    const auto kind = in.number();
    if (kind > static_cast<std::uint64_t>(domain::JudgeKind::inhibition)) in.fail();
    return {.kind = static_cast<domain::JudgeKind>(kind), .id = in.uuid()};
}

// One verdict: 0 for a gap, else disposition + 1; effect with the high bit for a ticket and the next one for what was
// dearest; ticket; that; cause or hold; matches; dedup key.
void put_verdict(std::string& out, const Verdict& verdict, RuleTable& rules)
{
    out += static_cast<char>(static_cast<std::uint8_t>(verdict.disposition) + 1);
    const auto effect = static_cast<std::uint8_t>(verdict.effect);
    out += static_cast<char>(effect | (verdict.ticket_id ? kHasTicket : 0) | (verdict.over_budget ? kIsOver : 0));
    if (verdict.ticket_id) put_uuid(out, verdict.ticket_id->value());
    if (verdict.over_budget) put_uuid(out += static_cast<char>(verdict.over_budget->kind), verdict.over_budget->id);
    if (names_cause(verdict.disposition)) put_cause(out, verdict.quieted_by);
    if (verdict.disposition == domain::Disposition::held) put_held(out, verdict.held_by);
    // How many more there were stands where a rule's version does; older programs show a rule that they do not know.
    const domain::RuleMatch more{.rule_id = {}, .version = static_cast<std::int64_t>(verdict.more_matches)};
    put_number(out, verdict.matches.size() + (more.version > 0 ? 1 : 0));
    for (const auto& match : verdict.matches) put_number(out, rules.index_of(match));
    if (more.version > 0) put_number(out, rules.index_of(more));
    put_number(out, verdict.dedup_key.size());
    out += verdict.dedup_key;
}

std::optional<Verdict> get_verdict(Input& in, const std::vector<domain::RuleMatch>& rules)
{
    const auto kind = in.number();
    if (kind == 0) return std::nullopt;
    Verdict verdict;
    const auto effect = in.take(1);
    if (effect.empty() || kind > static_cast<std::uint64_t>(domain::Disposition::quarantined) + 1) {
        in.fail();
        return std::nullopt;
    }
    const auto bits = static_cast<std::uint8_t>(effect.front());
    verdict.disposition = static_cast<domain::Disposition>(kind - 1);
    verdict.effect = static_cast<domain::TicketEffect>(bits & ~(kHasTicket | kIsOver));
    if (verdict.effect > domain::TicketEffect::recovered) in.fail();
    if ((bits & kHasTicket) != 0) verdict.ticket_id = TicketId(in.uuid());
    if ((bits & kIsOver) != 0) verdict.over_budget = get_judge(in);
    if (names_cause(verdict.disposition)) verdict.quieted_by = get_cause(in);
    if (verdict.disposition == domain::Disposition::held) verdict.held_by = get_held(in);
    const auto matches = in.count();
    verdict.matches.reserve(matches);
    for (std::size_t i = 0; i < matches; ++i) {
        const auto index = in.number();
        if (index >= rules.size()) {
            in.fail();
            return std::nullopt;
        }
        const auto& match = rules[static_cast<std::size_t>(index)];
        if (!match.rule_id.is_nil()) verdict.matches.push_back(match);
        if (match.rule_id.is_nil()) verdict.more_matches = static_cast<std::uint64_t>(match.version);
    }
    verdict.dedup_key = in.take(in.number());
    return verdict;
}

std::string verdict_bytes(const std::vector<std::optional<Verdict>>& verdicts)
{
    constexpr std::size_t kUsual = 64;
    std::string body;
    body.reserve(verdicts.size() * kUsual);
    RuleTable rules;
    for (const auto& verdict : verdicts) {
        if (verdict) {
            put_verdict(body, *verdict, rules);
        } else {
            body += '\0';
        }
    }
    std::string bytes;
    bytes.reserve(body.size() + rules.entries().size() * 20 + 16);
    put_number(bytes, rules.entries().size());
    for (const auto& rule : rules.entries()) {
        put_uuid(bytes, rule.rule_id.value());
        put_number(bytes, static_cast<std::uint64_t>(rule.version));
    }
    put_number(bytes, verdicts.size());
    return bytes += body;
}

Result<std::string> plain_bytes(std::string_view payload)
{
    constexpr std::size_t kSum = 4;
    if (payload.size() < kSum) return damaged();
    const auto bytes = payload.substr(0, payload.size() - kSum);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < kSum; ++i) {
        sum = sum << 8U | static_cast<unsigned char>(payload[bytes.size() + i]);
    }
    if (sum != check_sum(bytes)) return damaged();
    return std::string(bytes);
}

}  // namespace

std::string encode_rows(std::string_view lines)
{
    std::string payload;
    pack(lines, payload);
    return payload;
}

Result<Done> decode_rows(std::string_view payload, std::string& lines, std::size_t max_bytes)
{
    return unpack(payload, max_bytes, lines);
}

Result<std::string> decode_rows(std::string_view payload, std::size_t max_bytes)
{
    return unpack(payload, max_bytes);
}

std::string encode_verdicts(const std::vector<std::optional<Verdict>>& verdicts)
{
    const auto bytes = verdict_bytes(verdicts);
    std::string payload;
    if (bytes.size() >= kPackFrom) {
        payload += kPackedVerdicts;
        pack(bytes, payload);
        return payload;
    }
    payload += kPlainVerdicts;
    payload += bytes;
    const auto sum = check_sum(bytes);
    for (unsigned shift = 32; shift > 0; shift -= 8) payload += static_cast<char>(sum >> (shift - 8));
    return payload;
}

Result<std::vector<std::optional<Verdict>>> decode_verdicts(std::string_view payload)
{
    if (payload.empty()) return damaged();
    const auto rest = payload.substr(1);
    auto bytes = payload.front() == kPlainVerdicts    ? plain_bytes(rest)
                 : payload.front() == kPackedVerdicts ? unpack(rest, kMaxVerdictBytes)
                                                      : Result<std::string>(damaged());
    if (!bytes) return bytes.error();

    Input in(*bytes);
    std::vector<domain::RuleMatch> rules(in.count());
    for (auto& rule : rules) {
        rule.rule_id = RuleId(in.uuid());
        rule.version = static_cast<std::int64_t>(in.number());
    }
    std::vector<std::optional<Verdict>> verdicts(in.count());
    for (auto& verdict : verdicts) {
        verdict = get_verdict(in, rules);
        if (!in.ok()) return damaged();
    }
    if (!in.done()) return damaged();
    return verdicts;
}

}  // namespace winnow::journal
