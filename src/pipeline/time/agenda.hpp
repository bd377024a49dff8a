#pragma once

/// @file
/// What a worker of the Timekeeper does next. Private to pipeline. Pure: who owns one locks it, and brings the time.

#include "winnow/base/error.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/fair/setbacks.hpp"
#include "winnow/ports/time/due_kind.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

namespace winnow::pipeline {

/// Kinds take turns, and tenants within each. A kind's round: its tenants that are due are asked for, each is tried
/// once, without waiting for whoever else is at it; those that somebody else is at are tried again in the next round.
/// So that a tenant that is folded without a pause comes to its turn all the same, each round ends with a short wait
/// for one of them: the one that has waited longest. A round does not wait for the turns under way: who takes long is
/// passed over by the next ones until it is done. One for which a kind fails again and again is left out by that kind:
/// three times it is tried at once, then after a minute, then after two, up to ten. What is nobody's own (a nil tenant)
/// is tried again at its kind's pace.
///
/// Of the tasks that may take as long as the database does only so many are handed out at once: somebody is there for
/// the board and for what never waits, whoever hangs.
///
/// While nothing is due the board is looked at once in `look`, and nothing else is asked for.
class Agenda {
public:
    using Instant = std::chrono::steady_clock::time_point;

    static constexpr std::chrono::milliseconds kPatience{200};
    /// However often it is poked: an idle moment between two looks.
    static constexpr std::chrono::milliseconds kBetweenPokes{100};

    /// What became of a turn.
    enum class End : std::uint8_t {
        done,
        busy,    ///< Somebody else is at the tenant.
        failed,  ///< It cannot be done, for what is the tenant's own.
        away,    ///< The database did not answer, which says nothing about the tenant.
    };

    struct Look {};  ///< At the board. Answer with looked() or look_failed().
    struct Find {    ///< The tenants of a kind that have something due. Answer with found() or find_failed().
        std::size_t kind = 0;
    };
    struct Take {  ///< A tenant's turn. Answer with took().
        std::size_t kind = 0;
        TenantId tenant;
        std::chrono::milliseconds patience{0};
    };
    struct Wait {  ///< Nothing before then, unless another worker's answer or a poke changes that.
        Instant until;
    };
    using Task = std::variant<Look, Find, Take, Wait>;

    /// The first kinds come first where all else is equal. `look`: how long the board is left alone at most. `slow`: so
    /// many Find and Take are handed out at once, not counting kinds that never wait; not 0.
    Agenda(const std::vector<ports::DueTraits>& kinds, std::chrono::milliseconds look, Instant now,
           std::size_t slow = static_cast<std::size_t>(-1));

    /// Hands it out: nobody else gets the same.
    [[nodiscard]] Task next(Instant now);

    /// `in`: in how long the earliest of each kind is due; nullopt: nothing waits.
    void looked(const std::vector<std::optional<std::chrono::milliseconds>>& in, Instant now);
    void look_failed(Instant now);
    void found(std::size_t kind, const std::vector<TenantId>& tenants, Instant now);
    void find_failed(std::size_t kind, Instant now);
    /// How long the tenant is left out from now on; 0: not at all.
    std::chrono::milliseconds took(const Take& turn, End end, const ports::DueDone& done, Instant now);

    /// Something may be due that was not when the board was looked at.
    void poke(Instant now);

    /// For how long the earliest of a kind has been due, as the last look had it; of a kind with `every`, for how long
    /// its latest turn. 0: it is not, or nobody knows.
    [[nodiscard]] std::chrono::milliseconds lateness(std::size_t kind, Instant now) const;
    [[nodiscard]] std::size_t left_out(std::size_t kind, Instant now) const;
    /// Something is due that nobody is at, or that somebody is at.
    [[nodiscard]] bool is_behind(Instant now) const;

private:
    struct Kind {
        ports::DueTraits traits;
        Instant find_at = kNever;
        Instant not_before;          ///< The next round, after one that left something.
        std::optional<Instant> due;  ///< Since or from when, by the board, or by its own interval.
        bool finding = false;
        bool in_round = false;
        bool waited = false;  ///< The round has had its wait.
        bool more = false;    ///< What can be done at once is left.
        std::optional<std::chrono::milliseconds> again_in;
        std::vector<TenantId> at;    ///< Whose turns are under way, also of rounds that are over.
        std::deque<TenantId> queue;  ///< Yet to be tried.
        std::deque<TenantId> busy;   ///< Refused at their last try; the one that has waited longest for its wait first.
        /// Somebody may be waiting for a message: it is tried again at once, three times, and no pause is longer.
        fair::Setbacks setbacks{{.most = std::chrono::minutes{10}, .at_once = 3}};
        std::uint64_t served = 0;  ///< The higher the later.
    };

    static constexpr auto kNever = Instant::max();

    [[nodiscard]] std::optional<Task> task_of(std::size_t index, Instant now);
    [[nodiscard]] bool is_its_turn(const Kind& kind) const;
    [[nodiscard]] bool is_free(const Kind& kind, TenantId tenant) const;
    [[nodiscard]] std::optional<TenantId> first_free(const Kind& kind, const std::deque<TenantId>& tenants) const;
    [[nodiscard]] bool has_all_tried(const Kind& kind) const;
    [[nodiscard]] Instant next_look() const { return std::min(look_at_, wanted_at_); }
    void end_round(Kind& kind, Instant now);
    void set_next_round(Kind& kind, Instant now);

    std::vector<Kind> kinds_;
    const std::chrono::milliseconds look_;
    const std::size_t slow_;
    Instant look_at_;
    Instant wanted_at_ = kNever;  ///< A look, by what came after the last one was begun.
    Instant looked_at_;
    bool looking_ = false;
    std::uint64_t turns_ = 0;
};

/// Of what a kind answered that did nothing. Where the database is away nobody is left out for it. `board_answers`: the
/// board was looked at while the call was under way, so that whatever cut it was not the database's absence.
[[nodiscard]] inline Agenda::End end_of(const Error& error, bool board_answers = false) noexcept
{
    if (error.code() == ErrorCode::conflict) return Agenda::End::busy;
    const bool away = error.code() == ErrorCode::unavailable && !board_answers;
    return away ? Agenda::End::away : Agenda::End::failed;
}

}  // namespace winnow::pipeline
