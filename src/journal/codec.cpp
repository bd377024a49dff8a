#include "winnow/journal/codec.hpp"

#include "journal/verdict_bytes.hpp"

#include <zstd.h>

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
