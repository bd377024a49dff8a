#pragma once

/// @file
/// Tickets at random, by the table of their fields: one that is added there is filled by itself.

#include "winnow/tickets/ticket_fields.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace winnow::forms {

class RandomTickets {
public:
    explicit RandomTickets(std::uint64_t seed) : random_(seed) {}

    domain::Ticket ticket()
    {
        domain::Ticket ticket;
        for (const auto& field : tickets::ticket_fields()) fill(ticket, field.member);
        return ticket;
    }

    /// Gives a field another value than it has.
    void change(domain::Ticket& ticket, const tickets::TicketMember& member)
    {
        const auto before = ticket;
        const auto same = [&](auto at) {
            return ticket.*at == before.*at;
        };
        while (std::visit(same, member)) fill(ticket, member);
    }

private:
    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

    void fill(domain::Ticket& ticket, const tickets::TicketMember& member)
    {
        std::visit([&](auto at) { set(ticket.*at); }, member);
    }

    void set(std::string& text)
    {
        static constexpr std::array<std::string_view, 6> kTexts{"x",       "日本語", "a \"quoted\" \\ text",
                                                                "a, b; c", "=1+1",   "caf\u00e9 \U0001F600"};
        text = kTexts.at(below(kTexts.size()));
    }
    void set(std::int64_t& number) { number = 1 + static_cast<std::int64_t>(below(1'000'000)); }
    void set(std::int32_t& number) { number = 1 + static_cast<std::int32_t>(below(1'000)); }
    void set(bool& flag) { flag = below(2) == 0; }
    void set(domain::TicketState& state) { state = domain::ticket_states()[below(domain::ticket_states().size())]; }
    void set(domain::Severity& severity) { severity = static_cast<domain::Severity>(1 + below(4)); }
    void set(Timestamp& at) { at = Timestamp(std::chrono::milliseconds(1'700'000'000'000 + below(100'000'000))); }
    void set(domain::Labels& labels)
    {
        labels = {};
        for (const auto* name : {"env", "k8s.io/name", "日本"}) {
            if (below(2) == 0) set(labels, name);
        }
    }
    void set(domain::Labels& labels, const std::string& name)
    {
        std::string value;
        set(value);
        labels.set(name, std::move(value));
    }
    template <typename Tag>
    void set(StrongId<Tag>& id)
    {
        id = StrongId<Tag>(Uuid::from_words(random_(), random_()));
    }
    template <typename Value>
    void set(std::optional<Value>& value)
    {
        value.reset();
        if (below(4) > 0) set(value.emplace());
    }
    template <typename Id>
    void set(std::vector<Id>& ids)
    {
        ids.resize(below(3));
        for (auto& id : ids) set(id);
    }

    std::mt19937_64 random_;
};

}  // namespace winnow::forms
