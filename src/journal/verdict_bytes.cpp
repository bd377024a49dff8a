#include "journal/verdict_bytes.hpp"

#include <chrono>
#include <cstdint>

namespace winnow::journal {

namespace {

using domain::Verdict;

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

}  // namespace

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

}  // namespace winnow::journal
